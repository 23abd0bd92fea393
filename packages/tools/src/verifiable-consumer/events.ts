import type { ConsumerRecord } from '../client/consumed';
import { partitionText, type TopicPartition } from '../client/partitions';
import { hashMapOrder, topicPartitionHash } from '../java-order';

/** What one poll brought of a partition, as far as it counts. */
export interface RecordsOfPartition extends TopicPartition {
  readonly records: readonly ConsumerRecord[];
}

/**
 * The records of a poll by partition, in the order in which Java's consumer gives them, cut off after `limit` records:
 * what a poll brings beyond --max-messages does not count.
 */
export function byPartition(records: readonly ConsumerRecord[], limit: number): RecordsOfPartition[] {
  const groups = new Map<string, ConsumerRecord[]>();
  for (const record of records) {
    const group = groups.get(partitionText(record));
    if (group) group.push(record);
    else groups.set(partitionText(record), [record]);
  }
  const ordered = hashMapOrder([...groups.values()], ([first]) => topicPartitionHash(first!.topic, first!.partition));
  let left = limit;
  return ordered.flatMap((group) => {
    const taken = group.slice(0, left);
    left -= taken.length;
    const { topic, partition } = group[0]!;
    return taken.length === 0 ? [] : [{ topic, partition, records: taken }];
  });
}

const names = ({ topic, partition }: TopicPartition) => ({ topic, partition });

/** `partitions_assigned` and `partitions_revoked`: sorted, as Java's consumer tells of them. */
export const partitionsEvent = (partitions: readonly TopicPartition[]) => ({
  partitions: [...partitions]
    .sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1))
    .map(names),
});

/** `records_consumed`: the count is that of the whole poll. */
export const consumedEvent = (count: number, groups: readonly RecordsOfPartition[]) => ({
  count,
  partitions: groups.map((group) => ({
    ...names(group),
    count: group.records.length,
    minOffset: group.records[0]!.offset,
    maxOffset: group.records.at(-1)!.offset,
  })),
});

const text = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');

/** `record_data`. */
export const recordEvent = ({ key, value, topic, partition, offset }: ConsumerRecord) => ({
  key: text(key),
  value: text(value),
  topic,
  partition,
  offset,
});

/** The offsets that a poll's commit commits. */
export const offsetsAfter = (groups: readonly RecordsOfPartition[]): (TopicPartition & { offset: number })[] =>
  hashMapOrder(
    groups.map((group) => ({ ...names(group), offset: group.records.at(-1)!.offset + 1 })),
    ({ topic, partition }) => topicPartitionHash(topic, partition),
  );
