import type { KafkaRecord } from '@odradek/protocol/records/record';
import type { Message } from '@odradek/protocol/schema/api';
import type { Fields } from '@odradek/protocol/schema/fields';
import { ConsumerProtocolAssignment, ConsumerProtocolSubscription } from '@odradek/protocol/stored/consumer-protocol';
import { GroupMetadataKey, GroupMetadataValue } from '@odradek/protocol/stored/group-metadata';
import { OffsetCommitKey, OffsetCommitValue } from '@odradek/protocol/stored/offset-commit';
import { TransactionLogKey, TransactionLogValue } from '@odradek/protocol/stored/transaction-log';
import { partitionText } from '../client/partitions';
import { scalaHashOrder, topicPartitionHash } from '../java-order';
import { type Io, println } from '../print';
import { decodeStored, storedJson, storedVersion, transactionOf } from '../stored-json';
import { ToolError } from '../tool-error';
import { TRANSACTION_STATES } from '../transaction-states';

/** A record's key and value as text; undefined: nothing to print. */
export type MessageParser = (record: KafkaRecord) => {
  readonly key: string | undefined;
  readonly payload: string | undefined;
};

type Decoder = (bytes: Buffer) => string;

const VERSION_BYTES = 2;
const PACKAGE = 'org.apache.kafka.tools.api.';
const OLD_PACKAGE = 'kafka.serializer.';

const DECODERS: Readonly<Record<string, Decoder>> = {
  StringDecoder: (bytes) => bytes.toString('utf8'),
  DefaultDecoder: (bytes) => `[B@${bytes.length.toString(16)}`,
  IntegerDecoder: (bytes) => String(enough(bytes, 4).readInt32BE()),
  LongDecoder: (bytes) => String(enough(bytes, 8).readBigInt64BE()),
};

/** Bytes as java.nio reads them: it refuses where they are too few. */
function enough(bytes: Buffer, count: number): Buffer {
  if (bytes.length < count) throw new ToolError('java.nio.BufferUnderflowException', null);
  return bytes;
}

/** The decoder of a Java class name. Throws `ToolError` where there is none. */
export function decoderOf(className: string, io: Io): Decoder {
  const isOld = className.startsWith(OLD_PACKAGE);
  const name = className.slice((isOld ? OLD_PACKAGE : PACKAGE).length);
  const known = (isOld || className.startsWith(PACKAGE)) && Object.hasOwn(DECODERS, name);
  if (!known) throw new ToolError('java.lang.ClassNotFoundException', className);
  if (isOld) println(io.stdout, `${className} is deprecated. Please use ${PACKAGE}${name} instead`);
  return DECODERS[name]!;
}

export const decoderParser =
  (key: Decoder, value: Decoder): MessageParser =>
  (record) => ({
    key: record.key ? key(record.key) : undefined,
    payload: record.value ? value(record.value) : undefined,
  });

/** Subscriptions and assignments of Java's consumers are shown decoded. */
function decodeMembers(json: Record<string, unknown>): void {
  if (json['protocolType'] !== 'consumer') return;
  for (const member of json['members'] as Record<string, unknown>[]) {
    decodeField(member, 'subscription', ConsumerProtocolSubscription);
    decodeField(member, 'assignment', ConsumerProtocolAssignment);
  }
}

function decodeField<F extends Fields>(json: Record<string, unknown>, name: string, message: Message<F>): void {
  const text = json[name];
  if (typeof text !== 'string') return;
  try {
    json[name] = storedJson(message, Buffer.from(text, 'base64')) ?? text;
  } catch {
    // Not what it should be: the bytes stay.
  }
}

/** `--offsets-decoder`. */
export const offsetsParser: MessageParser = ({ key, value, offset }) => {
  if (!key) {
    const why = 'using offset topic decoder (message had a missing key)';
    throw runtimeError(`Failed to decode message at offset ${offset} ${why}`);
  }
  try {
    const { commit, group, version } = readPart('key', key, (version) => ({
      version,
      commit: storedJson(OffsetCommitKey, key),
      group: storedJson(GroupMetadataKey, key),
    }));
    const data = commit ?? group;
    if (!data) return { key: `Unknown record type ${version} at offset ${offset}, skipping.`, payload: undefined };
    const keyText = JSON.stringify({ type: String(version), data });
    if (!value) return { key: keyText, payload: '<DELETE>' };
    const payload = readPart('value', value, (version) => {
      const json = commit ? storedJson(OffsetCommitValue, value) : storedJson(GroupMetadataValue, value);
      // Of a version to come Java reads what it can, which ends where there is no more.
      if (!json) throw new ToolError('java.nio.BufferUnderflowException', null);
      if (group) decodeMembers(json);
      return JSON.stringify({ version: String(version), data: json });
    });
    return { key: keyText, payload };
  } catch (thrown) {
    return { key: `Error at offset ${offset}, skipping. ${(thrown as Error).message}`, payload: undefined };
  }
};

/** Reads a key or a value, refused as CoordinatorRecordSerde refuses it. */
function readPart<T>(part: 'key' | 'value', bytes: Buffer, read: (version: number) => T): T {
  const version = storedVersion(bytes);
  if (version === undefined) throw runtimeError(`Could not read version from ${part}'s buffer.`);
  try {
    return read(version);
  } catch (thrown) {
    const why = (thrown as Error).message;
    throw runtimeError(`Could not read record with version ${version} from ${part}'s buffer due to: ${why}.`);
  }
}

const runtimeError = (message: string): ToolError => new ToolError('java.lang.RuntimeException', message);

/** `--transaction-log-decoder`. */
export const transactionsParser: MessageParser = ({ key, value }) => {
  const stored = key && decodeStored(TransactionLogKey, enough(key, VERSION_BYTES));
  if (!stored) return { key: `unknown::version=${key && storedVersion(key)}`, payload: undefined };
  const keyText = `transaction_metadata::transactionalId=${stored.data.transactionalId}`;
  if (!value) return { key: keyText, payload: '<DELETE>' };
  const metadata = transactionOf(TransactionLogValue, value).data;
  const partitions = (metadata.transactionPartitions ?? []).flatMap(({ topic, partitionIds }) =>
    partitionIds.map((partition) => ({ topic, partition })),
  );
  const ordered = scalaHashOrder(partitions, ({ topic, partition }) => topicPartitionHash(topic, partition));
  const payload =
    `producerId:${metadata.producerId},producerEpoch:${metadata.producerEpoch},` +
    `state=${TRANSACTION_STATES[metadata.transactionStatus]},partitions=[${ordered.map(partitionText).join(',')}],` +
    `txnLastUpdateTimestamp=${metadata.transactionLastUpdateTimestampMs},txnTimeoutMs=${metadata.transactionTimeoutMs}`;
  return { key: keyText, payload };
};
