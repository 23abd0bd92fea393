import { KafkaError } from '@odradek/protocol/errors';
import { DeleteRecords } from '@odradek/protocol/messages/delete-records';
import { isInternalTopic } from '../cluster/topic-names';
import type { Partition } from '../replication/partition';
import { DelayedRequest } from '../replication/wait-list';
import { type Handler, handler } from './handler';
import type { Services } from './services';

const UNKNOWN_LOW_WATERMARK = -1;

interface Deletion {
  readonly topic: string;
  readonly index: number;
  readonly partition: Partition | null;
  readonly upTo: number;
  /** As it was at first while the replicas are waited for. */
  lowWatermark: number;
  error: KafkaError | null;
}

/** Moves log starts forward (KIP-107) and answers once every live replica has followed. */
export function deleteRecords(services: Services): Handler<typeof DeleteRecords> {
  function begin(topic: string, index: number, offset: number): Deletion {
    try {
      if (!services.metadata.contains(topic, index)) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION');
      if (isInternalTopic(topic)) throw new KafkaError('INVALID_TOPIC_EXCEPTION');
      const partition = services.replicas.get(topic, index);
      const upTo = partition.deleteRecordsUpTo(offset);
      return { topic, index, partition, upTo, lowWatermark: partition.lowWatermark(), error: null };
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      return { topic, index, partition: null, upTo: -1, lowWatermark: UNKNOWN_LOW_WATERMARK, error };
    }
  }

  function isDone(deletion: Deletion): boolean {
    if (deletion.error || !deletion.partition) return true;
    try {
      const lowWatermark = deletion.partition.lowWatermark();
      if (lowWatermark < deletion.upTo) return false;
      deletion.lowWatermark = lowWatermark;
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      deletion.error = error;
      deletion.lowWatermark = UNKNOWN_LOW_WATERMARK;
    }
    return true;
  }

  function respond(deletions: readonly Deletion[]) {
    const topics = new Map<
      string,
      { name: string; partitions: { partitionIndex: number; lowWatermark: number; errorCode: number }[] }
    >();
    for (const deletion of deletions) {
      const entry = topics.get(deletion.topic) ?? { name: deletion.topic, partitions: [] };
      topics.set(deletion.topic, entry);
      if (!deletion.error && !isDone(deletion)) deletion.error = new KafkaError('REQUEST_TIMED_OUT');
      entry.partitions.push({
        partitionIndex: deletion.index,
        lowWatermark: deletion.lowWatermark,
        errorCode: deletion.error?.code ?? 0,
      });
    }
    return { topics: [...topics.values()] };
  }

  return handler({
    api: DeleteRecords,
    handle({ topics, timeoutMs }) {
      const deletions = topics.flatMap(({ name, partitions }) =>
        partitions.map(({ partitionIndex, offset }) => begin(name, partitionIndex, offset)),
      );
      if (deletions.every(isDone)) return respond(deletions);
      return new Promise((resolve, reject) => {
        const lists = deletions.flatMap(({ partition }) => (partition ? [partition.fetchers] : []));
        const attempt = (): boolean => {
          if (!deletions.every(isDone)) return false;
          resolve(respond(deletions));
          return true;
        };
        const timedOut = (): void => resolve(respond(deletions));
        new DelayedRequest(lists, attempt, timedOut, reject).start(services.clock, timeoutMs);
      });
    },
    fail: ({ code }, request) => ({
      topics: request.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({
          partitionIndex,
          lowWatermark: UNKNOWN_LOW_WATERMARK,
          errorCode: code,
        })),
      })),
    }),
  });
}
