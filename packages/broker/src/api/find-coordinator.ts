import { ERRORS, type ErrorName, KafkaError } from '@odradek/protocol/errors';
import { FindCoordinator } from '@odradek/protocol/messages/find-coordinator';
import type { ResponseInit } from '@odradek/protocol/schema/api';
import { GROUP_OFFSETS_TOPIC, TRANSACTION_STATE_TOPIC } from '../cluster/topic-names';
import { type Handler, handler, type RequestContext } from './handler';
import type { Services } from './services';
import { quotaClientOf } from './throttle';

/** What a key names. */
const GROUP = 0;
const TRANSACTION = 1;
const SHARE = 2;

/** How many replicas coordinators' topics are to have: more than there are brokers is what most clusters of one begin with. */
const FACTORS: Readonly<Record<string, string>> = {
  [GROUP_OFFSETS_TOPIC]: 'offsets.topic.replication.factor',
  [TRANSACTION_STATE_TOPIC]: 'transaction.state.log.replication.factor',
};

const FIRST_BATCHED_VERSION = 4;
const FIRST_SHARE_VERSION = 6;
/** Clients ask ten times a second: why they get no coordinator is said when it changes, and as often as this. */
const COMPLAINT_PERIOD_MS = 60_000;
/** How long the first answers may take to become true; nobody waits for it. */
const CREATION_WAIT_MS = 5000;

interface Coordinator {
  readonly error: ErrorName;
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

const none = (error: ErrorName): Coordinator => ({ error, nodeId: -1, host: '', port: -1 });

/**
 * Says which broker coordinates a group, or a transactional id: the leader of its partition of `__consumer_offsets`, or
 * `__transaction_state`, which the first question makes.
 */
export function findCoordinator(services: Services): Handler<typeof FindCoordinator> {
  const logger = services.loggers.logger(
    'kafka.server.DefaultAutoTopicCreationManager',
    `[AutoTopicCreationManager broker=${services.brokerId}] `,
  );

  const lastComplaints = new Map<string, { readonly message: string; readonly atMs: number }>();

  function complain(topic: string, error: Error): void {
    const nowMs = services.clock.monotonicMs();
    const last = lastComplaints.get(topic);
    if (last?.message === error.message && nowMs - last.atMs < COMPLAINT_PERIOD_MS) return;
    lastComplaints.set(topic, { message: error.message, atMs: nowMs });
    if (error instanceof KafkaError && error.error === 'INVALID_REPLICATION_FACTOR') {
      const setting = FACTORS[topic];
      logger.error(
        `Topic ${topic} could not be created: ${error.message} Until it is there nobody gets a coordinator. To mend it, set ${setting} to no more than there are brokers, and start them again, or start more of them.`,
      );
    } else logger.warn(`Topic ${topic} could not be created: ${error.message}`);
  }

  /** Clients ask again until it is there (AutoTopicCreationManager). */
  function create(topic: string, context: RequestContext): void {
    const { take } = services.quotas.controllerMutation.permissive(quotaClientOf(context));
    services.topicAdmin.autoCreate(topic, CREATION_WAIT_MS, take).catch((error: Error) => {
      if (error instanceof KafkaError && error.error === 'LEADER_NOT_AVAILABLE') return;
      complain(topic, error);
    });
  }

  function coordinatorOf(key: string, keyType: number, context: RequestContext): Coordinator {
    const { apiVersion, listenerName } = context;
    if (keyType === SHARE && apiVersion < FIRST_SHARE_VERSION) return none('INVALID_REQUEST');
    // Share groups need KRaft.
    if (keyType === SHARE) return none('COORDINATOR_NOT_AVAILABLE');
    if (keyType !== GROUP && keyType !== TRANSACTION) throw new KafkaError('INVALID_REQUEST');
    const { image } = services.metadata;
    const [name, coordinator] =
      keyType === GROUP
        ? ([GROUP_OFFSETS_TOPIC, services.groups] as const)
        : ([TRANSACTION_STATE_TOPIC, services.transactions] as const);
    const topic = image.topics.get(name);
    if (topic === undefined) {
      create(name, context);
      return none('COORDINATOR_NOT_AVAILABLE');
    }
    const partition = topic.partitions.get(coordinator.partitionFor(key));
    const endpoint = partition && image.brokers.get(partition.leader)?.endpoints.get(listenerName);
    if (!endpoint) return none('COORDINATOR_NOT_AVAILABLE');
    return { error: 'NONE', nodeId: partition.leader, host: endpoint.host, port: endpoint.port };
  }

  return handler({
    api: FindCoordinator,
    handle(request, context) {
      const { keyType } = request;
      if (context.apiVersion < FIRST_BATCHED_VERSION) {
        const { error, ...node } = coordinatorOf(request.key, keyType, context);
        const errorMessage = error === 'NONE' ? 'NONE' : ERRORS[error].message;
        return { errorCode: ERRORS[error].code, errorMessage, ...node };
      }
      const coordinators = request.coordinatorKeys.map((key) => {
        const { error, ...node } = coordinatorOf(key, keyType, context);
        return { key, errorCode: ERRORS[error].code, ...node };
      });
      return { coordinators };
    },
    fail({ code: errorCode, message: errorMessage }, request, { apiVersion }): ResponseInit<typeof FindCoordinator> {
      const failure = { errorCode, errorMessage, nodeId: -1, host: '', port: -1 };
      if (apiVersion < FIRST_BATCHED_VERSION) return failure;
      return { coordinators: request.coordinatorKeys.map((key) => ({ key, ...failure })) };
    },
  });
}
