import { ERRORS } from '@odradek/protocol/errors';
import { AlterPartition } from '@odradek/protocol/messages/alter-partition';
import type { RequestOf, ResponseInit } from '@odradek/protocol/schema/api';
import type { AlterPartitionOrder, AlterPartitionOutcome } from '../controller/alter-partition';
import { type Handler, handler } from './handler';
import type { Services } from './services';

const FIRST_TOPIC_ID_VERSION = 2;
/** From this version on the in-sync replicas come with broker epochs, of which only KRaft makes use (KIP-903). */
const ISR_WITH_EPOCHS_VERSION = 3;
const LAST_RECOVERY_STATE = 1;

type TopicAnswer = NonNullable<ResponseInit<typeof AlterPartition>['topics']>[number];

function orderOf(request: RequestOf<typeof AlterPartition>, version: number): AlterPartitionOrder {
  return {
    brokerId: request.brokerId,
    brokerEpoch: request.brokerEpoch,
    usesTopicIds: version >= FIRST_TOPIC_ID_VERSION,
    topics: request.topics.map(({ topicName, topicId, partitions }) => ({
      topicName,
      topicId,
      partitions: partitions.map(({ partitionIndex, newIsr, newIsrWithEpochs, ...proposed }) => {
        if (proposed.leaderRecoveryState < 0 || proposed.leaderRecoveryState > LAST_RECOVERY_STATE) {
          throw new Error(`Value ${proposed.leaderRecoveryState} is not a valid leader recovery state`);
        }
        const isr = version >= ISR_WITH_EPOCHS_VERSION ? newIsrWithEpochs.map(({ brokerId }) => brokerId) : newIsr;
        return { ...proposed, partition: partitionIndex, isr };
      }),
    })),
  };
}

function answerOf(outcome: AlterPartitionOutcome): NonNullable<TopicAnswer['partitions']>[number] {
  const { partition: partitionIndex } = outcome;
  if ('error' in outcome) {
    return {
      partitionIndex,
      errorCode: ERRORS[outcome.error].code,
      leaderId: 0,
      leaderEpoch: 0,
      isr: [],
      partitionEpoch: 0,
    };
  }
  const { leader: leaderId, leaderEpoch, isr, leaderRecoveryState, partitionEpoch } = outcome.state;
  return { partitionIndex, errorCode: 0, leaderId, leaderEpoch, isr, leaderRecoveryState, partitionEpoch };
}

/** A leader asks the controller to change the in-sync replicas of its partitions (KIP-497). */
export function alterPartition(services: Services): Handler<typeof AlterPartition> {
  return handler({
    api: AlterPartition,
    async handle(request, { apiVersion }) {
      const outcomes = await services.controller.alterPartitions(orderOf(request, apiVersion));
      return {
        errorCode: 0,
        topics: outcomes.map(({ topicName, topicId, partitions }) => ({
          topicName,
          topicId,
          partitions: partitions.map(answerOf),
        })),
      };
    },
    fail: ({ code }) => ({ errorCode: code, topics: [] }),
  });
}
