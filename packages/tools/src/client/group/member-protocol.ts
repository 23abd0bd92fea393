import type { Message } from '@odradek/protocol/schema/api';
import type { Encodable, Fields } from '@odradek/protocol/schema/fields';
import { ConsumerProtocolAssignment, ConsumerProtocolSubscription } from '@odradek/protocol/stored/consumer-protocol';
import { Reader } from '@odradek/protocol/wire/reader';
import { Writer } from '@odradek/protocol/wire/writer';
import { type TopicPartition, toTopics } from '../partitions';

/** What members of the protocol type `consumer` tell each other through the coordinator (ConsumerProtocol). */
export interface MemberSubscription {
  readonly topics: readonly string[];
  /** What the assignor has to say of this member to itself. */
  readonly userData: Buffer | null;
  readonly ownedPartitions: readonly TopicPartition[];
  /** The generation in which it came to own them; -1: not known. */
  readonly generationId: number;
  readonly rackId: string | null;
}

const VERSION_BYTES = 2;

/** The message in its newest version, behind that version. */
function encode<F extends Fields>(message: Message<F>, value: Encodable<F>): Buffer {
  const version = message.range.to;
  const writer = new Writer();
  writer.int16(version);
  message.codec(version).encode(writer, value);
  return writer.toBuffer();
}

/** Versions to come only add fields at the end (ConsumerProtocol.deserializeVersion). */
function decode<F extends Fields>(message: Message<F>, bytes: Buffer) {
  const version = Math.min(bytes.readInt16BE(), message.range.to);
  return message.codec(version).decode(new Reader(bytes, VERSION_BYTES));
}

const flatten = (topics: readonly { topic: string; partitions: readonly number[] }[]): TopicPartition[] =>
  topics.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })));

export function encodeSubscription(subscription: MemberSubscription): Buffer {
  const { topics, userData, ownedPartitions, generationId, rackId } = subscription;
  // Sorted, so that a member that changed nothing sends the same bytes again and causes no rebalance.
  return encode(ConsumerProtocolSubscription, {
    topics: [...topics].sort(),
    userData,
    ownedPartitions: toTopics(ownedPartitions),
    generationId,
    rackId,
  });
}

/** Throws `MalformedMessageError` or `RangeError` where the bytes are none. */
export function decodeSubscription(bytes: Buffer): MemberSubscription {
  const { topics, userData, ownedPartitions, generationId, rackId } = decode(ConsumerProtocolSubscription, bytes);
  return { topics, userData, ownedPartitions: flatten(ownedPartitions), generationId, rackId };
}

export const encodeAssignment = (partitions: readonly TopicPartition[]): Buffer =>
  encode(ConsumerProtocolAssignment, { assignedPartitions: toTopics(partitions), userData: null });

/** No bytes at all are an empty assignment: what a coordinator keeps for a member between rebalances. */
export const decodeAssignment = (bytes: Buffer): TopicPartition[] =>
  bytes.length === 0 ? [] : flatten(decode(ConsumerProtocolAssignment, bytes).assignedPartitions);
