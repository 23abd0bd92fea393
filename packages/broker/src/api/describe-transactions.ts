import { KafkaError } from '@odradek/protocol/errors';
import { DescribeTransactions } from '@odradek/protocol/messages/describe-transactions';
import { type Handler, handler } from './handler';
import type { Services } from './services';

/** Of an id that cannot be described. */
const NOTHING = {
  transactionState: '',
  transactionTimeoutMs: 0,
  transactionStartTimeMs: 0,
  producerId: 0,
  producerEpoch: 0,
  topics: [],
};

/** The state of transactional ids (KIP-664). */
export function describeTransactions(services: Services): Handler<typeof DescribeTransactions> {
  function describe(transactionalId: string) {
    try {
      const metadata = services.transactions.describe(transactionalId);
      return {
        errorCode: 0,
        transactionalId,
        transactionState: metadata.state,
        transactionTimeoutMs: metadata.timeoutMs,
        transactionStartTimeMs: metadata.startTimestamp,
        producerId: metadata.producerId,
        producerEpoch: metadata.producerEpoch,
        topics: Array.from(metadata.partitions, ([topic, partitions]) => ({ topic, partitions: [...partitions] })),
      };
    } catch (error) {
      if (error instanceof KafkaError) return { ...NOTHING, errorCode: error.code, transactionalId };
      throw error;
    }
  }

  return handler({
    api: DescribeTransactions,
    handle: ({ transactionalIds }) => ({ transactionStates: transactionalIds.map(describe) }),
    fail: ({ code: errorCode }, { transactionalIds }) => ({
      transactionStates: transactionalIds.map((transactionalId) => ({ ...NOTHING, errorCode, transactionalId })),
    }),
  });
}
