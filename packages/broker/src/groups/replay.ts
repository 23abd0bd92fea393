import { forEachBatch, isControlAt, isTransactionalAt, magicAt, producerIdAt } from '@odradek/protocol/records/batch';
import { parseEndTxnMarker } from '@odradek/protocol/records/control';
import { type KafkaRecord, readRecords, recordCursor } from '@odradek/protocol/records/record';
import type { DamagedRecord } from '../replication/replay-losses';
import { GroupOffsets, type OffsetCommit } from './offsets';
import { type CommittedOffset, type OffsetsKey, parseKey, parseOffsetValue } from './records';

/** What the records of one group come to. */
export interface ReplayedGroup {
  /** The value of its last record, or null where it has none or a tombstone. */
  metadata: Buffer | null;
  readonly offsets: GroupOffsets;
}

/** Where a record's key and value lie; a length of -1 is null. */
interface RecordPlace {
  readonly offset: number;
  readonly bytes: Buffer;
  readonly keyStart: number;
  readonly keyLength: number;
  readonly valueStart: number;
  readonly valueLength: number;
}

const NO_BYTES = Buffer.alloc(0);

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
    if (magicAt(batches, at) < 2) {
      for (const record of readRecords(batches, at)) this.take(placeOf(record), null, record.offset);
      return;
    }
    const producerId = isTransactionalAt(batches, at) ? producerIdAt(batches, at) : null;
    const records = recordCursor(batches, at);
    let batchOffset = -1;
    while (records.next()) {
      if (batchOffset === -1) batchOffset = records.offset;
      this.take(records, producerId, batchOffset);
    }
  }

  private take(record: RecordPlace, producerId: number | null, batchOffset: number): void {
    this.recordCount++;
    try {
      this.addRecord(record, producerId, batchOffset);
    } catch (error) {
      this.damaged.push({ offset: record.offset, reason: (error as Error).message });
    }
  }

  private addRecord(record: RecordPlace, producerId: number | null, recordOffset: number): void {
    const { bytes, valueStart } = record;
    const valueEnd = record.valueLength < 0 ? null : valueStart + record.valueLength;
    const key = this.keyOf(record);
    switch (key.type) {
      case 'offset': {
        const { topic, partition } = key;
        const { offsets } = this.groupOf(key.group);
        const commit =
          valueEnd === null
            ? null
            : commitOf(topic, partition, recordOffset, parseOffsetValue(bytes, valueStart, valueEnd));
        if (producerId === null) {
          if (commit === null) offsets.delete(topic, partition);
          else offsets.apply(commit);
        } else if (commit === null) offsets.deleteTransactional(producerId, topic, partition);
        else this.addTransactional(producerId, offsets, commit);
        return;
      }
      case 'group':
        // The chunk that the value lies in is not kept.
        this.groupOf(key.group).metadata = valueEnd === null ? null : Buffer.from(bytes.subarray(valueStart, valueEnd));
        return;
      case 'unknown':
        this.unknownKeys.set(key.version, (this.unknownKeys.get(key.version) ?? 0) + 1);
        return;
      default:
        key satisfies never;
    }
  }

  private addTransactional(producerId: number, offsets: GroupOffsets, commit: OffsetCommit): void {
    offsets.applyTransactional(producerId, commit);
    const groups = this.transactional.get(producerId);
    if (groups === undefined) this.transactional.set(producerId, new Set([offsets]));
    else groups.add(offsets);
  }

  private keyOf({ bytes, keyStart, keyLength }: RecordPlace): OffsetsKey {
    if (keyLength < 0) throw new Error('a record without a key');
    const text = bytes.toString('latin1', keyStart, keyStart + keyLength);
    let parsed = this.keys.get(text);
    if (parsed === undefined) {
      parsed = this.named(parseKey(bytes.subarray(keyStart, keyStart + keyLength)));
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
function commitOf(topic: string, partition: number, recordOffset: number, value: CommittedOffset): OffsetCommit {
  const { offset, leaderEpoch, metadata, commitTimestamp, expireTimestamp } = value;
  return { topic, partition, offset, leaderEpoch, metadata, commitTimestamp, expireTimestamp, recordOffset };
}

/** A record of an old format, as one of today's would lie in its batch. */
function placeOf({ offset, key, value }: KafkaRecord): RecordPlace {
  const bytes = Buffer.concat([key ?? NO_BYTES, value ?? NO_BYTES]);
  const keyLength = key?.length ?? -1;
  return {
    offset,
    bytes,
    keyStart: 0,
    keyLength,
    valueStart: Math.max(keyLength, 0),
    valueLength: value?.length ?? -1,
  };
}
