import { ToolError } from '@odradek/tools/tool-error';
import type { ConnectHeader } from '../data/record';
import { OPTIONAL_BYTES_SCHEMA, type ScalarType, type Schema, schemaOf } from '../data/schema';
import { DataError } from '../errors';
import { classNameOf } from '../java/class-name';
import type { Converter, HeaderConverter, Props, SchemaAndValue } from '../plugins/api';
import { PLAIN_CONVERTER_CONFIG } from './config';

/** What the converters of single values share: keys, values and headers are all the same to them. */
abstract class ScalarConverter implements Converter, HeaderConverter {
  configure(props: Props): void {
    PLAIN_CONVERTER_CONFIG.parse(props);
  }

  abstract fromConnectData(topic: string, schema: Schema | null, value: unknown): Buffer | null;
  abstract toConnectData(topic: string, bytes: Buffer | null): SchemaAndValue;

  fromConnectHeader(topic: string, { schema, value }: ConnectHeader): Buffer | null {
    return this.fromConnectData(topic, schema, value);
  }

  toConnectHeader(topic: string, _key: string, bytes: Buffer | null): SchemaAndValue {
    return this.toConnectData(topic, bytes);
  }
}

/** Bytes as they are (org.apache.kafka.connect.converters.ByteArrayConverter). */
export class ByteArrayConverter extends ScalarConverter {
  fromConnectData(_topic: string, schema: Schema | null, value: unknown): Buffer | null {
    if (schema !== null && schema.type !== 'BYTES') {
      throw new DataError(`Invalid schema type for ByteArrayConverter: ${schema.type}`);
    }
    if (value === null || value === undefined) return null;
    if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    throw new DataError(`ByteArrayConverter is not compatible with objects of type class ${classNameOf(value)}`);
  }

  toConnectData(_topic: string, bytes: Buffer | null): SchemaAndValue {
    return { schema: OPTIONAL_BYTES_SCHEMA, value: bytes };
  }
}

const serializationError = (message: string): ToolError =>
  new ToolError('org.apache.kafka.common.errors.SerializationException', message);

const OPTIONAL_BOOLEAN_SCHEMA = schemaOf('BOOLEAN', { optional: true });

/** One byte, 0 or 1 (org.apache.kafka.connect.converters.BooleanConverter). */
export class BooleanConverter extends ScalarConverter {
  fromConnectData(_topic: string, schema: Schema | null, value: unknown): Buffer | null {
    if (schema !== null && schema.type !== 'BOOLEAN') {
      throw new DataError(`Invalid schema type for BooleanConverter: ${schema.type}`);
    }
    if (value === null || value === undefined) return null;
    if (typeof value === 'boolean') return Buffer.of(value ? 1 : 0);
    throw new DataError(`BooleanConverter is not compatible with objects of type class ${classNameOf(value)}`);
  }

  toConnectData(_topic: string, bytes: Buffer | null): SchemaAndValue {
    if (bytes === null) return { schema: OPTIONAL_BOOLEAN_SCHEMA, value: null };
    const failure = 'Failed to deserialize boolean: ';
    if (bytes.length !== 1) {
      throw new DataError(failure, serializationError('Size of data received by BooleanDeserializer is not 1'));
    }
    if (bytes[0]! <= 1) return { schema: OPTIONAL_BOOLEAN_SCHEMA, value: bytes[0] === 1 };
    const value = (bytes[0]! << 24) >> 24;
    throw new DataError(failure, serializationError(`Unexpected byte received by BooleanDeserializer: ${value}`));
  }
}

interface NumberFormat {
  readonly name: string;
  readonly type: ScalarType;
  readonly bytes: number;
  readonly deserializer: string;
  read(bytes: Buffer): number | bigint;
  /** Writes, or returns false where the value is no such number. */
  write(bytes: Buffer, value: unknown): boolean;
}

/** Numbers in big-endian bytes (org.apache.kafka.connect.converters.NumberConverter). */
abstract class NumberConverter extends ScalarConverter {
  private readonly schema: Schema;

  constructor(private readonly format: NumberFormat) {
    super();
    this.schema = schemaOf(format.type, { optional: true });
  }

  fromConnectData(_topic: string, _schema: Schema | null, value: unknown): Buffer | null {
    if (value === null || value === undefined) return null;
    const bytes = Buffer.alloc(this.format.bytes);
    if (this.format.write(bytes, value)) return bytes;
    const cause = new ToolError('java.lang.ClassCastException', null);
    throw new DataError(`Failed to serialize to ${this.format.name} (was class ${classNameOf(value)}): `, cause);
  }

  toConnectData(_topic: string, bytes: Buffer | null): SchemaAndValue {
    if (bytes === null) return { schema: this.schema, value: null };
    const { bytes: size, deserializer, name } = this.format;
    if (bytes.length === size) return { schema: this.schema, value: this.format.read(bytes) };
    const cause = serializationError(`Size of data received by ${deserializer} is not ${size}`);
    throw new DataError(`Failed to deserialize ${name}: `, cause);
  }
}

/** A whole number that fits, written by `put`. */
function whole(bits: number, value: unknown, put: (value: bigint) => void): boolean {
  if (typeof value !== 'bigint' && !(typeof value === 'number' && Number.isInteger(value))) return false;
  const number = BigInt(value);
  if (BigInt.asIntN(bits, number) !== number) return false;
  put(number);
  return true;
}

function float(value: unknown, put: (value: number) => void): boolean {
  if (typeof value !== 'number' && !(value instanceof Number)) return false;
  put(value.valueOf());
  return true;
}

export class ShortConverter extends NumberConverter {
  constructor() {
    super({
      name: 'short',
      type: 'INT16',
      bytes: 2,
      deserializer: 'ShortDeserializer',
      read: (bytes) => bytes.readInt16BE(),
      write: (bytes, value) => whole(16, value, (number) => bytes.writeInt16BE(Number(number))),
    });
  }
}

export class IntegerConverter extends NumberConverter {
  constructor() {
    super({
      name: 'integer',
      type: 'INT32',
      bytes: 4,
      deserializer: 'IntegerDeserializer',
      read: (bytes) => bytes.readInt32BE(),
      write: (bytes, value) => whole(32, value, (number) => bytes.writeInt32BE(Number(number))),
    });
  }
}

export class LongConverter extends NumberConverter {
  constructor() {
    super({
      name: 'long',
      type: 'INT64',
      bytes: 8,
      deserializer: 'LongDeserializer',
      read: (bytes) => bytes.readBigInt64BE(),
      write: (bytes, value) => whole(64, value, (number) => bytes.writeBigInt64BE(number)),
    });
  }
}

export class FloatConverter extends NumberConverter {
  constructor() {
    super({
      name: 'float',
      type: 'FLOAT32',
      bytes: 4,
      deserializer: 'FloatDeserializer',
      read: (bytes) => bytes.readFloatBE(),
      write: (bytes, value) => float(value, (number) => bytes.writeFloatBE(number)),
    });
  }
}

export class DoubleConverter extends NumberConverter {
  constructor() {
    super({
      name: 'double',
      type: 'FLOAT64',
      bytes: 8,
      deserializer: 'DoubleDeserializer',
      read: (bytes) => bytes.readDoubleBE(),
      write: (bytes, value) => float(value, (number) => bytes.writeDoubleBE(number)),
    });
  }
}
