import { LeaderAndIsr } from '@odradek/protocol/messages/leader-and-isr';
import type { RequestOf, ResponseInit } from '@odradek/protocol/schema/api';
import { ZERO_UUID } from '@odradek/protocol/wire/uuid';
import { codeOf, type TopicOrders } from '../replication/replica-manager';
import { checkBrokerEpoch } from './broker-epoch';
import { type Handler, handler } from './handler';
import type { Services } from './services';

const FIRST_TOPIC_ID_VERSION = 5;

function ordersOf(request: RequestOf<typeof LeaderAndIsr>): TopicOrders[] {
  const grouped = request.topicStates.map(({ topicName, topicId, partitionStates }) => ({
    topicName,
    topicId,
    partitionStates,
  }));
  for (const state of request.ungroupedPartitionStates) {
    grouped.push({ topicName: state.topicName, topicId: ZERO_UUID, partitionStates: [state] });
  }
  return grouped.map(({ topicName, topicId, partitionStates }) => ({
    topic: topicName,
    topicId,
    partitions: partitionStates.map(({ partitionIndex, ...state }) => ({ ...state, partition: partitionIndex })),
  }));
}

interface Outcome {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly errorCode: number;
}

function respond(errorCode: number, outcomes: readonly Outcome[], version: number): ResponseInit<typeof LeaderAndIsr> {
  const errorOf = ({ partition, errorCode }: Outcome) => ({ partitionIndex: partition, errorCode });
  if (version < FIRST_TOPIC_ID_VERSION) {
    return { errorCode, partitionErrors: outcomes.map((it) => ({ topicName: it.topic, ...errorOf(it) })) };
  }
  const byTopic = new Map<string, Outcome[]>();
  for (const outcome of outcomes) {
    const sameTopic = byTopic.get(outcome.topicId);
    if (sameTopic) sameTopic.push(outcome);
    else byTopic.set(outcome.topicId, [outcome]);
  }
  return {
    errorCode,
    topics: [...byTopic].map(([topicId, errors]) => ({ topicId, partitionErrors: errors.map(errorOf) })),
  };
}

/** The controller tells this broker which partitions it leads and follows. */
export function leaderAndIsr(services: Services): Handler<typeof LeaderAndIsr> {
  return handler({
    api: LeaderAndIsr,
    async handle(request, { apiVersion }) {
      const orders = ordersOf(request);
      // Reading comes first: nothing may be awaited between the checks and what they are for.
      const isNew = ({ topic, partitions }: TopicOrders): boolean =>
        partitions.some(({ partition }) => services.logs.get(topic, partition) === null);
      await services.configAdmin.loadTopics(orders.filter(isNew).map(({ topic }) => topic));
      checkBrokerEpoch(services, request.brokerEpoch);
      services.replicas.checkControllerEpoch(request.controllerEpoch, 'LeaderAndIsr');
      const results = services.replicas.becomeLeaderOrFollower(orders);
      const outcomes = results.map(({ error, ...replica }) => ({ ...replica, errorCode: codeOf(error) }));
      return respond(0, outcomes, apiVersion);
    },
    fail: ({ code: errorCode }, request, { apiVersion }) => {
      const outcomes = ordersOf(request).flatMap(({ topic, topicId, partitions }) =>
        partitions.map(({ partition }) => ({ topic, topicId, partition, errorCode })),
      );
      return respond(errorCode, outcomes, apiVersion);
    },
  });
}
