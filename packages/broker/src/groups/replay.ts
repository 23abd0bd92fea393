import { forEachBatch, isControlAt, isTransactionalAt, producerIdAt } from '@odradek/protocol/records/batch';
import { parseEndTxnMarker } from '@odradek/protocol/records/control';
import { type KafkaRecord, readRecords } from '@odradek/protocol/records/record';
import { GroupOffsets, type OffsetCommit } from './offsets';
import { type OffsetsKey, parseKey, parseOffsetValue } from './records';

/** What the records of one group come to. */
export interface ReplayedGroup {
  /** The value of its last record, or null where it has none or a tombstone. */
  metadata: Buffer | null;
  readonly offsets: GroupOffsets;
}

/** A record that cannot be read is left out; what it said is not known. */
export interface DamagedRecord {
  readonly offset: number;
  readonly reason: string;
}

/**
 * Makes groups of the records of one `__consumer_offsets` partition, from its first batch to its last
 * (GroupMetadataManager.doLoadGroupsAndOffsets). The last record of each key counts; offsets of a transaction count from
 * its marker on.
 */
export class Replay {
  readonly groups = new Map<string, ReplayedGroup>();
  readonly damaged: DamagedRecord[] = [];
  /** How many records bear a key that this coordinator does not know, by version. */
  readonly unknownKeys = new Map<number, number>();
  recordCount = 0;
  /** A partition has far more records than keys. */
  private readonly keys = new Map<string, OffsetsKey>();
  private readonly topics = new Map<string, string>();
  /** Groups with offsets in a producer's open transaction, by its id. */
  private readonly transactional = new Map<number, Set<GroupOffsets>>();

  /** Takes whole batches in. */
  add(batches: Buffer): void {
    forEachBatch(batches, (at) => {
      if (isControlAt(batches, at)) this.addMarker(batches, at);
      else this.addBatch(batches, at);
    });
  }

  private addMarker(batches: Buffer, at: number): void {
    const [record] = readRecords(batches, at);
    const marker = record === undefined ? undefined : parseEndTxnMarker(record);
    if (marker === undefined) return;
    const producerId = producerIdAt(batches, at);
    for (const offsets of this.transactional.get(producerId) ?? []) {
      offsets.completeTransaction(producerId, marker.type === 'COMMIT');
    }
    this.transactional.delete(producerId);
  }

  private addBatch(batches: Buffer, at: number): void {
    const producerId = isTransactionalAt(batches, at) ? producerIdAt(batches, at) : null;
    let batchOffset = -1;
    for (const record of readRecords(batches, at)) {
      if (batchOffset === -1) batchOffset = record.offset;
      this.recordCount++;
      try {
        this.addRecord(record, producerId, batchOffset);
      } catch (error) {
        this.damaged.push({ offset: record.offset, reason: (error as Error).message });
      }
    }
  }

  private addRecord({ key, value }: KafkaRecord, producerId: number | null, recordOffset: number): void {
    if (key === null) throw new Error('a record without a key');
    const parsed = this.keyOf(key);
    switch (parsed.type) {
      case 'offset': {
        const { topic, partition } = parsed;
        const { offsets } = this.groupOf(parsed.group);
        const commit = value === null ? null : commitOf(topic, partition, recordOffset, value);
        if (producerId === null) {
          if (commit === null) offsets.delete(topic, partition);
          else offsets.apply(commit);
        } else if (commit === null) offsets.deleteTransactional(producerId, topic, partition);
        else this.addTransactional(producerId, offsets, commit);
        return;
      }
      case 'group':
        // The chunk that the value is a view of is not kept.
        this.groupOf(parsed.group).metadata = value === null ? null : Buffer.from(value);
        return;
      case 'unknown':
        this.unknownKeys.set(parsed.version, (this.unknownKeys.get(parsed.version) ?? 0) + 1);
        return;
      default:
        parsed satisfies never;
    }
  }

  private addTransactional(producerId: number, offsets: GroupOffsets, commit: OffsetCommit): void {
    offsets.applyTransactional(producerId, commit);
    const groups = this.transactional.get(producerId);
    if (groups === undefined) this.transactional.set(producerId, new Set([offsets]));
    else groups.add(offsets);
  }

  private keyOf(key: Buffer): OffsetsKey {
    const text = key.toString('latin1');
    let parsed = this.keys.get(text);
    if (parsed === undefined) {
      parsed = this.named(parseKey(key));
      this.keys.set(text, parsed);
    }
    return parsed;
  }

  /** Offsets of one topic share its name. */
  private named(key: OffsetsKey): OffsetsKey {
    if (key.type !== 'offset') return key;
    const topic = this.topics.get(key.topic) ?? key.topic;
    this.topics.set(topic, topic);
    return { ...key, topic };
  }

  private groupOf(groupId: string): ReplayedGroup {
    let group = this.groups.get(groupId);
    if (group === undefined) {
      group = { metadata: null, offsets: new GroupOffsets() };
      this.groups.set(groupId, group);
    }
    return group;
  }
}

/** Spelled out: what is made for every record has one shape. */
function commitOf(topic: string, partition: number, recordOffset: number, value: Buffer): OffsetCommit {
  const { offset, leaderEpoch, metadata, commitTimestamp, expireTimestamp } = parseOffsetValue(value);
  return { topic, partition, offset, leaderEpoch, metadata, commitTimestamp, expireTimestamp, recordOffset };
}
