import { ERRORS, type ErrorName, KafkaError } from '@odradek/protocol/errors';
import { WriteTxnMarkers } from '@odradek/protocol/messages/write-txn-markers';
import { NO_PRODUCER_EPOCH, NO_PRODUCER_ID } from '@odradek/protocol/records/batch';
import { buildEndTxnBatch } from '@odradek/protocol/records/control';
import type { RequestOf, ResponseInit } from '@odradek/protocol/schema/api';
import type { TopicPartition } from '../cluster/metadata';
import { GROUP_OFFSETS_TOPIC } from '../cluster/topic-names';
import { ReplicaWriter } from '../replication/replica-writer';
import { type Handler, handler } from './handler';
import type { Services } from './services';
import { settled } from './settled';
import { TopicResults } from './topic-results';

type Marker = RequestOf<typeof WriteTxnMarkers>['markers'][number];

/** What became of markers. Of a producer that is there more than once the last marker of a partition counts. */
class MarkerResults {
  private readonly byProducer = new Map<number, Map<string, TopicPartition & { readonly errorCode: number }>>();

  set({ producerId }: Marker, topic: string, partition: number, errorCode: number): void {
    const results = this.byProducer.get(producerId) ?? new Map();
    this.byProducer.set(producerId, results);
    results.set(`${topic}-${partition}`, { topic, partition, errorCode });
  }

  response(): ResponseInit<typeof WriteTxnMarkers> {
    const markers = [...this.byProducer].map(([producerId, results]) => {
      const topics = new TopicResults<{ partitionIndex: number; errorCode: number }>();
      for (const { topic, partition: partitionIndex, errorCode } of results.values()) {
        topics.add(topic, { partitionIndex, errorCode });
      }
      return { producerId, topics: topics.topics };
    });
    return { markers };
  }
}

const ALL_IN_SYNC = -1;

/**
 * Ends transactions in the logs that this broker leads: a coordinator has decided them (KIP-98). Each marker counts once
 * the in-sync replicas have it; then the groups whose offsets the transaction brought are told.
 */
export function writeTxnMarkers(services: Services): Handler<typeof WriteTxnMarkers> {
  const { clock, replicas, groups } = services;
  const logger = services.loggers.logger(
    'kafka.server.ReplicaManager',
    `[ReplicaManager broker=${services.brokerId}] `,
  );
  const writer = new ReplicaWriter(replicas, clock, logger);

  function write(marker: Marker, topic: string, partition: number, done: (error: ErrorName) => void): void {
    const { producerId, producerEpoch, coordinatorEpoch, transactionResult: isCommit } = marker;
    // Where there is no replica at all Kafka says so before it asks who leads.
    if (replicas.find(topic, partition) === undefined) {
      done('UNKNOWN_TOPIC_OR_PARTITION');
      return;
    }
    // Such a batch cannot be built: the request fails as a whole, what was written before stays.
    if (producerId === NO_PRODUCER_ID || producerEpoch === NO_PRODUCER_EPOCH)
      throw new KafkaError('UNKNOWN_SERVER_ERROR');
    const type = isCommit ? 'COMMIT' : 'ABORT';
    const batch = buildEndTxnBatch({ producerId, producerEpoch, coordinatorEpoch, type, timestamp: clock.nowMs() });
    const timeoutMs = services.config().values.requestTimeoutMs;
    const terms = { requiredAcks: ALL_IN_SYNC, timeoutMs, mayBePutOff: true };
    try {
      writer.append(topic, partition, batch, terms, (error) => {
        if (error === null && topic === GROUP_OFFSETS_TOPIC)
          groups.transactionCompleted(partition, producerId, isCommit);
        done(error ?? 'NONE');
      });
    } catch (thrown) {
      if (!(thrown instanceof KafkaError)) {
        logger.error(`Error processing append operation on partition ${topic}-${partition}`, { error: thrown });
      }
      done(thrown instanceof KafkaError ? thrown.error : 'UNKNOWN_SERVER_ERROR');
    }
  }

  return handler({
    api: WriteTxnMarkers,
    handle({ markers }) {
      const results = new MarkerResults();
      // One more than are open, until all have been begun.
      let open = 1;
      return settled((answer) => {
        const settle = (): void => {
          if (--open === 0) answer(results.response());
        };
        for (const marker of markers) {
          for (const { name, partitionIndexes } of marker.topics) {
            for (const index of new Set(partitionIndexes)) {
              open++;
              write(marker, name, index, (error) => {
                results.set(marker, name, index, ERRORS[error].code);
                settle();
              });
            }
          }
        }
        settle();
      });
    },
    fail: ({ code }, { markers }) => {
      const results = new MarkerResults();
      for (const marker of markers) {
        for (const { name, partitionIndexes } of marker.topics) {
          for (const index of partitionIndexes) results.set(marker, name, index, code);
        }
      }
      return results.response();
    },
  });
}
