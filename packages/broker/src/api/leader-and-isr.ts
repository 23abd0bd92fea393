import { LeaderAndIsr } from '@odradek/protocol/messages/leader-and-isr';
import type { RequestOf } from '@odradek/protocol/schema/api';
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
      const errors = results.map(({ topic, topicId, partition, error }) => ({
        topicId,
        entry: { topicName: topic, partitionIndex: partition, errorCode: codeOf(error) },
      }));
      if (apiVersion < FIRST_TOPIC_ID_VERSION) {
        return { errorCode: 0, partitionErrors: errors.map(({ entry }) => entry), topics: [] };
      }
      const topics = new Map<
        string,
        { topicId: string; partitionErrors: { partitionIndex: number; errorCode: number }[] }
      >();
      for (const { topicId, entry } of errors) {
        const topic = topics.get(topicId) ?? { topicId, partitionErrors: [] };
        topics.set(topicId, topic);
        topic.partitionErrors.push({ partitionIndex: entry.partitionIndex, errorCode: entry.errorCode });
      }
      return { errorCode: 0, topics: [...topics.values()] };
    },
    fail: ({ code }) => ({ errorCode: code }),
  });
}
