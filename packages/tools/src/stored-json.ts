import type { Message } from '@odradek/protocol/schema/api';
import type { Field, Fields, FieldType } from '@odradek/protocol/schema/fields';
import { includesVersion, parseVersions } from '@odradek/protocol/schema/versions';
import { MalformedMessageError } from '@odradek/protocol/wire/errors';
import { Reader } from '@odradek/protocol/wire/reader';
import { ToolError } from './tool-error';

const VERSION_BYTES = 2;

/** A stored record as Kafka's generated JSON converters write it: the fields of its version, bytes in base64. */
export function messageJson(fields: Fields, value: Record<string, unknown>, version: number): Record<string, unknown> {
  const json: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    if (!includesVersion(parseVersions((field as Field).versions), version)) continue;
    json[name] = fieldJson((field as Field).type, value[name], version);
  }
  return json;
}

function fieldJson(type: FieldType, value: unknown, version: number): unknown {
  if (value === null || value === undefined) return null;
  if (Buffer.isBuffer(value)) return value.toString('base64');
  switch (type.kind) {
    case 'array':
      return (value as unknown[]).map((item) => fieldJson(type.element, item, version));
    case 'struct':
      return messageJson(type.fields, value as Record<string, unknown>, version);
    default:
      return value;
  }
}

/** The version that a stored key or value begins with; undefined where it is too short. */
export const storedVersion = (bytes: Buffer): number | undefined =>
  bytes.length < VERSION_BYTES ? undefined : bytes.readInt16BE();

/** The version that a stored key or value begins with. Throws `ToolError` as java.nio does where it is too short. */
export function versionOf(bytes: Buffer): number {
  const version = storedVersion(bytes);
  if (version === undefined) throw new ToolError('java.nio.BufferUnderflowException', null);
  return version;
}

/**
 * A stored key or value decoded, or undefined where its version is not one of the message's. Throws `ToolError` where the
 * bytes end too early.
 */
export function decodeStored<F extends Fields>(message: Message<F>, bytes: Buffer) {
  const version = storedVersion(bytes);
  if (version === undefined || !includesVersion(message.range, version)) return undefined;
  try {
    return { version, data: message.codec(version).decode(new Reader(bytes, VERSION_BYTES)) };
  } catch (thrown) {
    if (!(thrown instanceof MalformedMessageError)) throw thrown;
    throw new ToolError('java.nio.BufferUnderflowException', null);
  }
}

/** As `decodeStored`, but as the JSON that Kafka prints. */
export function storedJson<F extends Fields>(message: Message<F>, bytes: Buffer): Record<string, unknown> | undefined {
  const stored = decodeStored(message, bytes);
  return stored && messageJson(message.fields, stored.data as Record<string, unknown>, stored.version);
}

/**
 * A stored value that Kafka's coordinators read. Throws `ToolError` as they do where it is too short or of a version that
 * they do not know: `unknown` says what it is that has it.
 */
export function coordinatorsValue<F extends Fields>(
  message: Message<F>,
  bytes: Buffer,
  unknown: (v: number) => string,
) {
  const version = versionOf(bytes);
  const stored = decodeStored(message, bytes);
  if (!stored) throw new ToolError('java.lang.IllegalStateException', unknown(version));
  return stored;
}

/** TransactionLog.readTxnRecordValue. */
export const transactionOf = <F extends Fields>(message: Message<F>, bytes: Buffer) =>
  coordinatorsValue(message, bytes, (version) => `Unknown version ${version} from the transaction log message value`);
