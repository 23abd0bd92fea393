import { ERRORS, type ErrorName, KafkaError } from '@odradek/protocol/errors';
import { Metadata } from '@odradek/protocol/messages/metadata';
import type { RequestOf, ResponseInit } from '@odradek/protocol/schema/api';
import { ZERO_UUID } from '@odradek/protocol/wire/uuid';
import type { BrokerNode, MetadataImage, PartitionMetadata, TopicMetadata } from '../cluster/metadata';
import { isInternalTopic, isValidTopicName } from '../cluster/topic-names';
import { CLUSTER_OPERATIONS, NOT_ASKED, TOPIC_OPERATIONS } from './authorized-operations';
import { type Handler, handler, type RequestContext } from './handler';
import type { Services } from './services';
import { quotaClientOf } from './throttle';
import { mapInTurns } from './turns';

type Request = RequestOf<typeof Metadata>;
type Response = ResponseInit<typeof Metadata>;
type TopicEntry = NonNullable<Response['topics']>[number];

/** How long an answer waits for the leader of a topic that it has created. Clients retry at 100 ms, users lose patience. */
const AUTO_CREATE_WAIT_MS = 5000;
/** How many topics one request makes at a time: it may name a million. */
const AUTO_CREATIONS = 32;

interface View {
  readonly image: MetadataImage;
  readonly listener: string;
  readonly version: number;
}

function failedTopic(error: ErrorName, name: string | null, topicId = ZERO_UUID): TopicEntry {
  return {
    errorCode: ERRORS[error].code,
    name,
    topicId,
    isInternal: name !== null && isInternalTopic(name),
    partitions: [],
  };
}

const reachable = (view: View, id: number): boolean =>
  view.image.brokers.get(id)?.endpoints.has(view.listener) === true;

function partitionEntry(view: View, partition: PartitionMetadata) {
  // Version 0 lists only live replicas, and calls a partition that has others REPLICA_NOT_AVAILABLE.
  const listed = (ids: readonly number[]): readonly number[] =>
    view.version === 0 ? ids.filter((id) => reachable(view, id)) : ids;
  const replicaNodes = listed(partition.replicas);
  const isrNodes = listed(partition.isr);
  let error: ErrorName = 'NONE';
  let { leader } = partition;
  if (!reachable(view, leader)) {
    const listenerMissing = view.image.brokers.has(leader) && view.version >= 6;
    error = listenerMissing ? 'LISTENER_NOT_FOUND' : 'LEADER_NOT_AVAILABLE';
    leader = -1;
  } else if (replicaNodes.length < partition.replicas.length || isrNodes.length < partition.isr.length) {
    error = 'REPLICA_NOT_AVAILABLE';
  }
  return {
    errorCode: ERRORS[error].code,
    partitionIndex: partition.partition,
    leaderId: leader,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes,
    isrNodes,
    offlineReplicas: partition.offlineReplicas,
  };
}

function topicEntry(view: View, topic: TopicMetadata): TopicEntry {
  return {
    errorCode: 0,
    name: topic.name,
    topicId: topic.topicId,
    isInternal: isInternalTopic(topic.name),
    partitions: [...topic.partitions.values()].map((partition) => partitionEntry(view, partition)),
  };
}

/** Also of a name that stands for no topic (yet); not of an id. */
function withOperations(topic: TopicEntry): TopicEntry {
  if (topic.errorCode === ERRORS.UNKNOWN_TOPIC_ID.code) return topic;
  return { ...topic, topicAuthorizedOperations: TOPIC_OPERATIONS };
}

function brokerEntries(view: View) {
  const nodes: BrokerNode[] = [...view.image.brokers.values()];
  return nodes.flatMap(({ id, rack, endpoints }) => {
    const endpoint = endpoints.get(view.listener);
    return endpoint ? [{ nodeId: id, host: endpoint.host, port: endpoint.port, rack }] : [];
  });
}

function checkTopics({ topics }: Request, version: number): void {
  for (const { name, topicId } of topics ?? []) {
    if (name === null && version < 12) {
      throw new KafkaError('INVALID_REQUEST', `Topic name can not be null for version ${version}`);
    }
    if (topicId !== ZERO_UUID && version < 12) {
      throw new KafkaError('INVALID_REQUEST', `Topic IDs are not supported in requests for version ${version}`);
    }
    // Kafka trips over it, and says so.
    if (name === null && topicId === ZERO_UUID) throw new KafkaError('UNKNOWN_SERVER_ERROR');
  }
}

/**
 * Creates what is missing, a few at a time, and waits until it has leaders; what is not begun after a bounded time the
 * client will ask for again. Returns why topics are not there.
 */
async function autoCreate(
  services: Services,
  context: RequestContext,
  names: readonly string[],
): Promise<Map<string, ErrorName>> {
  const { clock, topicAdmin } = services;
  const errors = new Map<string, ErrorName>();
  const deadlineMs = clock.monotonicMs() + AUTO_CREATE_WAIT_MS;
  const permits = services.quotas.controllerMutation.permissive(quotaClientOf(context));
  await mapInTurns(clock, names, AUTO_CREATIONS, async (name) => {
    const leftMs = deadlineMs - clock.monotonicMs();
    if (!isValidTopicName(name)) errors.set(name, 'INVALID_TOPIC_EXCEPTION');
    else if (leftMs <= 0) errors.set(name, 'LEADER_NOT_AVAILABLE');
    else {
      try {
        await topicAdmin.autoCreate(name, leftMs, permits.take);
      } catch (error) {
        errors.set(name, error instanceof KafkaError ? error.error : 'UNKNOWN_SERVER_ERROR');
      }
    }
  });
  return errors;
}

const nameError = (name: string): ErrorName =>
  isValidTopicName(name) ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'INVALID_TOPIC_EXCEPTION';

/** Topics by name or id, with partitions, leaders and the brokers as the client's own listener sees them. */
export function metadata(services: Services): Handler<typeof Metadata> {
  async function answer(request: Request, context: RequestContext): Promise<Response> {
    const { apiVersion: version, listenerName: listener } = context;
    checkTopics(request, version);
    const wantsAll = request.topics === null || (version === 0 && request.topics.length === 0);
    const topics: TopicEntry[] = [];
    const operations = version >= 8 && request.includeTopicAuthorizedOperations;
    let view: View = { image: services.metadata.image, listener, version };
    if (wantsAll) {
      for (const topic of view.image.topics.values()) topics.push(topicEntry(view, topic));
    } else {
      const names: string[] = [];
      for (const { name, topicId } of request.topics!) {
        const known = topicId === ZERO_UUID ? name : view.image.topicNames.get(topicId);
        if (known === undefined) topics.push(failedTopic('UNKNOWN_TOPIC_ID', null, topicId));
        else if (known !== null) names.push(known);
      }
      const unique = [...new Set(names)];
      const missing = unique.filter((name) => !view.image.topics.has(name));
      const create =
        missing.length > 0 && request.allowAutoTopicCreation && services.config().values.autoCreateTopicsEnable;
      const errors = create
        ? await autoCreate(services, context, missing)
        : new Map(missing.map((name) => [name, nameError(name)]));
      view = { ...view, image: services.metadata.image };
      for (const name of unique) {
        const topic = view.image.topics.get(name);
        if (topic) topics.push(topicEntry(view, topic));
        else topics.push(failedTopic(errors.get(name) ?? 'LEADER_NOT_AVAILABLE', name));
      }
    }
    const clusterOperations = version >= 8 && version <= 10 && request.includeClusterAuthorizedOperations;
    return {
      brokers: brokerEntries(view),
      clusterId: services.clusterId,
      controllerId: view.image.controllerId ?? -1,
      topics: operations ? topics.map(withOperations) : topics,
      clusterAuthorizedOperations: clusterOperations ? CLUSTER_OPERATIONS : NOT_ASKED,
    };
  }
  return handler({
    api: Metadata,
    handle: answer,
    fail: ({ code }, request) => ({
      brokers: [],
      topics: (request.topics ?? []).map(({ name, topicId }) => ({
        errorCode: code,
        name: name ?? '',
        topicId,
        isInternal: false,
        partitions: [],
      })),
    }),
  });
}
