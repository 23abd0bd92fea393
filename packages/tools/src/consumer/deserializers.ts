import type { Properties } from '../client/properties';
import { doubleText, floatText } from '../java-text';
import type { Log } from '../print';
import { illegalArgument, serializationError, ToolError } from '../tool-error';
import { listDeserializer } from './list-deserializer';

/** Turns bytes into the text that the Java deserializer's result prints. Throws `ToolError` as it would. */
export type Deserializer = (bytes: Buffer) => string;

const PACKAGE = 'org.apache.kafka.common.serialization.';

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

const UUID_LONGEST = 36;
const UUID_DIGITS = [8, 4, 4, 4, 12];

/** java.util.UUID.fromString takes less digits than there is room for, and the last of those that are too many. */
function uuidText(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (text.length > UUID_LONGEST || !/^[0-9a-f]{1,16}(-[0-9a-f]{1,16}){4}$/i.test(text)) {
    throw serializationError('Error parsing data into UUID');
  }
  const parts = text.toLowerCase().split('-');
  return parts.map((part, at) => part.padStart(UUID_DIGITS[at]!, '0').slice(-UUID_DIGITS[at]!)).join('-');
}

function refuseData(): never {
  throw illegalArgument('Data should be null for a VoidDeserializer.');
}

const DESERIALIZERS: Readonly<Record<string, Deserializer>> = {
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
  VoidDeserializer: refuseData,
};

const ASCII_END = 0x80;
const REPLACEMENT = '\ufffd';

/** Java's names for what a browser, and therefore TextDecoder, calls otherwise or not at all. */
const CHARSETS: Readonly<Record<string, Deserializer>> = {
  'iso-8859-1': (bytes) => bytes.toString('latin1'),
  latin1: (bytes) => bytes.toString('latin1'),
  'us-ascii': (bytes) =>
    Array.from(bytes, (byte) => (byte < ASCII_END ? String.fromCharCode(byte) : REPLACEMENT)).join(''),
  // Without a mark that says otherwise, the higher byte is the first.
  'utf-16': (bytes) => new TextDecoder(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-16be').decode(bytes),
  ms949: (bytes) => new TextDecoder('euc-kr').decode(bytes),
};

/** StringDeserializer, whose encoding is UTF-8 unless its configuration names another. */
function stringDeserializer(config: Properties, isKey: boolean): Deserializer {
  const name = config.get(`${isKey ? 'key' : 'value'}.deserializer.encoding`) ?? config.get('deserializer.encoding');
  if (name === undefined || /^utf-?8$/i.test(name)) return (bytes) => bytes.toString('utf8');
  const known = CHARSETS[name.toLowerCase()];
  if (known) return known;
  try {
    const decoder = new TextDecoder(name, { ignoreBOM: true });
    return (bytes) => decoder.decode(bytes);
  } catch {
    throw serializationError(`Unsupported encoding ${name}`);
  }
}

/**
 * The deserializer that properties name for a record's `field`, configured by those that begin with its name (KIP-541);
 * undefined where they name none. Throws `ToolError` where there is no such class.
 */
export function namedDeserializer(
  properties: Properties,
  field: 'key' | 'value' | 'headers',
  log: Log,
): Deserializer | undefined {
  const name = `${field}.deserializer`;
  const className = properties.get(name);
  if (className === undefined) return undefined;
  const own = [...properties].filter(([property]) => property.startsWith(`${name}.`));
  const config = own.map(([property, value]): [string, string] => [property.slice(name.length + 1), value]);
  return deserializerOf(className, new Map(config), field === 'key', log);
}

/** The deserializer of a Java class name. Throws `ToolError` where there is none. */
export function deserializerOf(className: string, config: Properties, isKey: boolean, log: Log): Deserializer {
  const name = className.startsWith(PACKAGE) ? className.slice(PACKAGE.length) : '';
  const plain = (plainName: string): Deserializer | undefined => {
    if (plainName === 'StringDeserializer') return stringDeserializer(config, isKey);
    return Object.hasOwn(DESERIALIZERS, plainName) ? DESERIALIZERS[plainName] : undefined;
  };
  // Of lists of lists Kafka's class makes no end: it gives those within the same configs.
  const inList = (entry: string): Deserializer | undefined => plain(`${entry}Deserializer`);
  if (name === 'ListDeserializer') return listDeserializer(config, isKey, log, inList);
  const deserializer = plain(name);
  if (deserializer) return deserializer;
  const isSerializer = Object.hasOwn(DESERIALIZERS, name.replace(/Serializer$/, 'Deserializer'));
  if (!isSerializer && name !== 'StringSerializer' && name !== 'ListSerializer')
    throw new ToolError('java.lang.ClassNotFoundException', className);
  const wanted = `${PACKAGE}Deserializer`;
  throw new ToolError(
    'java.lang.ClassCastException',
    `class ${className} cannot be cast to class ${wanted} (${className} and ${wanted} are in unnamed module of loader 'app')`,
  );
}
