import { StopReplica } from '@odradek/protocol/messages/stop-replica';
import type { RequestOf } from '@odradek/protocol/schema/api';
import { codeOf, type StopOrder } from '../replication/replica-manager';
import { checkBrokerEpoch } from './broker-epoch';
import { type Handler, handler } from './handler';
import type { Services } from './services';

const NO_EPOCH = -1;

/** The three shapes that this request has had, as one list. */
function ordersOf(request: RequestOf<typeof StopReplica>): StopOrder[] {
  const { deletePartitions: deletePartition } = request;
  return [
    ...request.ungroupedPartitions.map(({ topicName, partitionIndex }) => ({
      topic: topicName,
      partition: partitionIndex,
      leaderEpoch: NO_EPOCH,
      deletePartition,
    })),
    ...request.topics.flatMap(({ name, partitionIndexes }) =>
      partitionIndexes.map((partition) => ({ topic: name, partition, leaderEpoch: NO_EPOCH, deletePartition })),
    ),
    ...request.topicStates.flatMap(({ topicName, partitionStates }) =>
      partitionStates.map((state) => ({
        topic: topicName,
        partition: state.partitionIndex,
        leaderEpoch: state.leaderEpoch,
        deletePartition: state.deletePartition,
      })),
    ),
  ];
}

/** The controller tells this broker to give replicas up, and whether to delete them. */
export function stopReplica(services: Services): Handler<typeof StopReplica> {
  return handler({
    api: StopReplica,
    handle(request) {
      checkBrokerEpoch(services, request.brokerEpoch);
      services.replicas.checkControllerEpoch(request.controllerEpoch, 'StopReplica');
      const results = services.replicas.stopReplicas(ordersOf(request));
      return {
        errorCode: 0,
        partitionErrors: results.map(({ topic, partition, error }) => ({
          topicName: topic,
          partitionIndex: partition,
          errorCode: codeOf(error),
        })),
      };
    },
    fail: ({ code }) => ({ errorCode: code, partitionErrors: [] }),
  });
}
