import type { CompressionType } from '@odradek/protocol/records/batch';
import { buildBatch, type RecordInit } from '@odradek/protocol/records/builder';
import type { MessageOf } from '@odradek/protocol/schema/api';
import { GroupMetadataKey, GroupMetadataValue } from '@odradek/protocol/stored/group-metadata';
import { OffsetCommitKey, OffsetCommitValue } from '@odradek/protocol/stored/offset-commit';
import { MalformedMessageError } from '@odradek/protocol/wire/errors';
import { Reader } from '@odradek/protocol/wire/reader';
import { Writer } from '@odradek/protocol/wire/writer';
import type { GroupMetadata } from './group-types';

/** What `__consumer_offsets` holds, byte for byte as Kafka's broker writes it (GroupMetadataManager). */

export const GROUP_OFFSETS_TOPIC = '__consumer_offsets';

/** A committed offset as its record has it. */
export interface CommittedOffset {
  readonly offset: number;
  /** -1 where the consumer did not tell. */
  readonly leaderEpoch: number;
  readonly metadata: string;
  readonly commitTimestamp: number;
  /** -1 unless the request set a retention of its own (OffsetCommit 2 to 4, KIP-211). */
  readonly expireTimestamp: number;
}

/** Versions 0 and 1 are of a committed offset, 2 of a group; others belong to coordinators of another kind. */
const OFFSET_KEY_VERSION = 1;
const GROUP_KEY_VERSION = 2;
/** The only version that carries an expiry; it knows no leader epoch. */
const EXPIRING_OFFSET_VERSION = 1;
const OFFSET_VERSION = 3;
const GROUP_VERSION = 3;
/** `MemoryRecords.builder` takes a sequence for offsets although no producer has an id. */
const OFFSETS_BASE_SEQUENCE = 0;

const offsetKeyCodec = OffsetCommitKey.codec(OFFSET_KEY_VERSION);
const groupKeyCodec = GroupMetadataKey.codec(GROUP_KEY_VERSION);

interface Encoder<Value> {
  encode(writer: Writer, value: Value): void;
}

function versioned<Value>(version: number, codec: Encoder<Value>, value: Value, shared?: Writer): Buffer {
  const writer = shared ?? new Writer();
  writer.int16(version);
  codec.encode(writer, value);
  return shared === undefined ? writer.toBuffer() : writer.cut();
}

/** `shared`: many keys and values may share the memory of one writer. */
export function offsetKey(group: string, topic: string, partition: number, shared?: Writer): Buffer {
  return versioned(OFFSET_KEY_VERSION, offsetKeyCodec, { group, topic, partition }, shared);
}

const PARTITION_BYTES = 4;
/** Longer ones are encoded anew: a writer refers to long bytes instead of copying them. */
const MAX_COPIED_KEY_BYTES = 512;

/** The keys of a commit, in a writer's memory. Those of one topic differ in the partition alone, which is at their end. */
export class OffsetKeys {
  private topic: string | null = null;
  private prefix: Buffer | null = null;

  constructor(
    private readonly group: string,
    private readonly shared: Writer,
  ) {}

  key(topic: string, partition: number): Buffer {
    if (topic === this.topic && this.prefix !== null) {
      this.shared.raw(this.prefix);
      this.shared.int32(partition);
      return this.shared.cut();
    }
    const key = offsetKey(this.group, topic, partition, this.shared);
    this.topic = topic;
    this.prefix = key.length <= MAX_COPIED_KEY_BYTES ? key.subarray(0, key.length - PARTITION_BYTES) : null;
    return key;
  }
}

export function groupKey(group: string): Buffer {
  return versioned(GROUP_KEY_VERSION, groupKeyCodec, { group });
}

export function offsetValue(committed: CommittedOffset, shared?: Writer): Buffer {
  const version = committed.expireTimestamp === -1 ? OFFSET_VERSION : EXPIRING_OFFSET_VERSION;
  return versioned(version, OffsetCommitValue.codec(version), committed, shared);
}

export function groupValue(group: GroupMetadata): Buffer {
  return versioned(GROUP_VERSION, GroupMetadataValue.codec(GROUP_VERSION), group);
}

/** Whose transaction a commit is part of. */
export interface TransactionalProducer {
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** The batch of one commit. */
export function offsetsBatch(
  records: readonly RecordInit[],
  compression: CompressionType,
  producer: TransactionalProducer | null = null,
): Buffer {
  const batch = { records, compression, baseSequence: OFFSETS_BASE_SEQUENCE };
  if (producer === null) return buildBatch(batch);
  const { producerId, producerEpoch } = producer;
  return buildBatch({ ...batch, producerId, producerEpoch, isTransactional: true });
}

/** The batch of a group's record, or of tombstones. */
export function recordsBatch(records: readonly RecordInit[], compression: CompressionType): Buffer {
  return buildBatch({ records, compression });
}

export type OffsetsKey =
  | { readonly type: 'offset'; readonly group: string; readonly topic: string; readonly partition: number }
  | { readonly type: 'group'; readonly group: string }
  | { readonly type: 'unknown'; readonly version: number };

/** Throws `MalformedMessageError`. */
export function parseKey(key: Buffer): OffsetsKey {
  const reader = new Reader(key);
  const version = reader.int16();
  if (version >= 0 && version <= OFFSET_KEY_VERSION) return { type: 'offset', ...offsetKeyCodec.decode(reader) };
  if (version === GROUP_KEY_VERSION) return { type: 'group', ...groupKeyCodec.decode(reader) };
  return { type: 'unknown', version };
}

interface Declared<Value> {
  readonly name: string;
  readonly range: { readonly from: number; readonly to: number };
  codec(version: number): { decode(reader: Reader): Value };
}

function parseValue<Value>(message: Declared<Value>, reader: Reader): Value {
  const version = reader.int16();
  if (version < message.range.from || version > message.range.to) {
    throw new MalformedMessageError(`Unknown version ${version} of ${message.name}`);
  }
  return message.codec(version).decode(reader);
}

/** Throws `MalformedMessageError`, also for a version that is not known. */
export function parseOffsetValue(bytes: Buffer, from = 0, to = bytes.length): CommittedOffset {
  return parseValue<MessageOf<typeof OffsetCommitValue>>(OffsetCommitValue, new Reader(bytes, from, to));
}

/** Throws `MalformedMessageError`, also for a version that is not known. Byte fields are views of `value`. */
export function parseGroupValue(value: Buffer): GroupMetadata {
  return parseValue<GroupMetadata>(GroupMetadataValue, new Reader(value));
}
