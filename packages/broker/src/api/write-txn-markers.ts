import { ERRORS, type ErrorName, KafkaError } from '@odradek/protocol/errors';
import { WriteTxnMarkers } from '@odradek/protocol/messages/write-txn-markers';
import { buildEndTxnBatch } from '@odradek/protocol/records/control';
import type { RequestOf } from '@odradek/protocol/schema/api';
import { GROUP_OFFSETS_TOPIC } from '../cluster/topic-names';
import { ReplicaWriter } from '../replication/replica-writer';
import { type Handler, handler } from './handler';
import type { Services } from './services';
import { settled } from './settled';
import { TopicResults } from './topic-results';

type Marker = RequestOf<typeof WriteTxnMarkers>['markers'][number];

interface PartitionResult {
  readonly partitionIndex: number;
  readonly errorCode: number;
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
      const byProducer = new Map<number, TopicResults<PartitionResult>>();
      // One more than are open, until all have been begun.
      let open = 1;
      return settled((answer) => {
        const settle = (): void => {
          if (--open > 0) return;
          answer({ markers: [...byProducer].map(([producerId, { topics }]) => ({ producerId, topics })) });
        };
        for (const marker of markers) {
          for (const { name, partitionIndexes } of marker.topics) {
            for (const partitionIndex of new Set(partitionIndexes)) {
              const results = byProducer.get(marker.producerId) ?? new TopicResults<PartitionResult>();
              byProducer.set(marker.producerId, results);
              open++;
              write(marker, name, partitionIndex, (error) => {
                results.add(name, { partitionIndex, errorCode: ERRORS[error].code });
                settle();
              });
            }
          }
        }
        settle();
      });
    },
    fail: ({ code: errorCode }, { markers }) => ({
      markers: markers.map(({ producerId, topics }) => ({
        producerId,
        topics: topics.map(({ name, partitionIndexes }) => ({
          name,
          partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, errorCode })),
        })),
      })),
    }),
  });
}
