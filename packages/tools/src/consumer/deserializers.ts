import { doubleText, floatText } from '../java-text';
import { ToolError } from '../tool-error';

/** Turns bytes into the text that the Java deserializer's result prints. Throws `ToolError` as it would. */
export type Deserializer = (bytes: Buffer) => string;

const PACKAGE = 'org.apache.kafka.common.serialization.';

const serializationError = (message: string): ToolError =>
  new ToolError('org.apache.kafka.common.errors.SerializationException', message);

const sized =
  (className: string, size: number, read: (bytes: Buffer) => string): Deserializer =>
  (bytes) => {
    if (bytes.length !== size) throw serializationError(`Size of data received by ${className} is not ${size}`);
    return read(bytes);
  };

/** org.apache.kafka.common.utils.Bytes.toString: printable ASCII as it is, other bytes as \xHH. */
function bytesText(bytes: Buffer): string {
  let text = '';
  for (const byte of bytes) {
    if (byte === 0x5c) text += '\\x5C';
    else if (byte >= 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
    else text += `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return text;
}

function booleanText(bytes: Buffer): string {
  if (bytes.length !== 1) throw serializationError(`Size of data received by BooleanDeserializer is not 1`);
  if (bytes[0] === 1) return 'true';
  if (bytes[0] === 0) return 'false';
  throw serializationError(`Unexpected byte received by BooleanDeserializer: ${bytes.readInt8()}`);
}

function uuidText(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (/^[0-9a-f]{1,8}(-[0-9a-f]{1,4}){3}-[0-9a-f]{1,12}$/i.test(text)) return text.toLowerCase();
  throw serializationError('Error parsing data into UUID');
}

const DESERIALIZERS: Readonly<Record<string, Deserializer>> = {
  StringDeserializer: (bytes) => bytes.toString('utf8'),
  ByteArrayDeserializer: (bytes) => `[B@${bytes.length.toString(16)}`,
  BytesDeserializer: bytesText,
  ByteBufferDeserializer: ({ length }) => `java.nio.HeapByteBuffer[pos=0 lim=${length} cap=${length}]`,
  ShortDeserializer: sized('ShortDeserializer', 2, (bytes) => String(bytes.readInt16BE())),
  IntegerDeserializer: sized('IntegerDeserializer', 4, (bytes) => String(bytes.readInt32BE())),
  LongDeserializer: sized('LongDeserializer', 8, (bytes) => String(bytes.readBigInt64BE())),
  FloatDeserializer: sized('Deserializer', 4, (bytes) => floatText(bytes.readFloatBE())),
  DoubleDeserializer: sized('Deserializer', 8, (bytes) => doubleText(bytes.readDoubleBE())),
  BooleanDeserializer: booleanText,
  UUIDDeserializer: uuidText,
};

/** The deserializer of a Java class name; undefined where there is no such class here. */
export function deserializerOf(className: string): Deserializer | undefined {
  if (!className.startsWith(PACKAGE)) return undefined;
  const name = className.slice(PACKAGE.length);
  return Object.hasOwn(DESERIALIZERS, name) ? DESERIALIZERS[name] : undefined;
}
