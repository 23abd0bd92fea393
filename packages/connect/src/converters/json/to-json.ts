import { floatText } from '@odradek/tools/java-text';
import { Decimal } from '../../data/decimal';
import { DATE, DECIMAL, daysOf, decimalBytes, millisOfDay, TIME, TIMESTAMP } from '../../data/logical';
import type { Schema, SchemaType } from '../../data/schema';
import { Struct } from '../../data/struct';
import { DataError } from '../../errors';
import { JavaDouble, JavaFloat } from '../../java/boxed';
import { classNameOf } from '../../java/class-name';
import type { JsonNode } from '../../java/json';

export type DecimalFormat = 'BASE64' | 'NUMERIC';

interface Options {
  readonly decimalFormat: DecimalFormat;
  readonly replacesNull: boolean;
}

/** A float as the decimal that its fewest digits spell: JSON shows those. */
const floatNode = (value: number): JsonNode => (Number.isFinite(value) ? new FloatText(value) : String(value));

/** JSON prints a float with its own digits. */
class FloatText extends Decimal {
  constructor(private readonly float: number) {
    super(0n, 0);
  }

  override toString(): string {
    return floatText(this.float);
  }
}

/** The payload of a value (JsonConverter.convertToJson); undefined is Java's null. Throws `DataError`. */
export function toJson(schema: Schema | null, given: unknown, options: Options): JsonNode {
  let value = given;
  if (value === null || value === undefined) {
    if (schema === null) return undefined;
    if (schema.defaultValue === null || !options.replacesNull) {
      if (schema.optional) return null;
      throw new DataError('Conversion error: null value for field that is required and has no default value');
    }
    value = schema.defaultValue;
  }
  const logical = logicalJson(schema, value, options);
  if (logical !== undefined) return logical;
  const type = schema ? schema.type : typeOf(value);
  if (type === undefined) {
    throw new DataError(`Java class class ${classNameOf(value)} does not have corresponding schema type.`);
  }
  try {
    return typedJson(type, schema, value, options);
  } catch (thrown) {
    if (!(thrown instanceof Mismatch)) throw thrown;
    throw new DataError(`Invalid type for ${schema ? schema.type : 'unknown schema'}: class ${classNameOf(value)}`);
  }
}

class Mismatch extends Error {}

function logicalJson(schema: Schema | null, value: unknown, { decimalFormat }: Options): JsonNode {
  switch (schema?.name) {
    case DECIMAL:
      if (!(value instanceof Decimal)) break;
      return decimalFormat === 'NUMERIC' ? value : decimalBytes(schema, value).toString('base64');
    case DATE:
      if (value instanceof Date) return BigInt(daysOf(schema, value));
      break;
    case TIME:
      if (value instanceof Date) return BigInt(millisOfDay(schema, value));
      break;
    case TIMESTAMP:
      if (value instanceof Date) return BigInt(value.getTime());
      break;
    default:
      return undefined;
  }
  throw new DataError(`Invalid type for ${schema!.name!.replace(/.*\./, '')}, found class ${classNameOf(value)}`);
}

/** The type of a value that has no schema (ConnectSchema.schemaType). */
function typeOf(value: unknown): SchemaType | undefined {
  switch (typeof value) {
    case 'string':
      return 'STRING';
    case 'boolean':
      return 'BOOLEAN';
    case 'bigint':
      return 'INT64';
    case 'number':
      return Number.isInteger(value) ? 'INT64' : 'FLOAT64';
    default:
      break;
  }
  if (value instanceof JavaDouble) return 'FLOAT64';
  if (value instanceof JavaFloat) return 'FLOAT32';
  if (value instanceof Uint8Array) return 'BYTES';
  if (value instanceof Struct) return 'STRUCT';
  if (Array.isArray(value)) return 'ARRAY';
  if (value instanceof Map || isPlain(value)) return 'MAP';
  return undefined;
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

function typedJson(type: SchemaType, schema: Schema | null, value: unknown, options: Options): JsonNode {
  switch (type) {
    case 'INT8':
    case 'INT16':
    case 'INT32':
    case 'INT64':
      if (typeof value === 'bigint') return value;
      if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
      throw new Mismatch();
    case 'FLOAT32':
      return floatNode(numberOf(value));
    case 'FLOAT64':
      return numberOf(value);
    case 'BOOLEAN':
      if (typeof value === 'boolean') return value;
      throw new Mismatch();
    case 'STRING':
      if (typeof value === 'string') return value;
      throw new Mismatch();
    case 'BYTES':
      if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
      throw new DataError(`Invalid type for bytes type: class ${classNameOf(value)}`);
    case 'ARRAY':
      if (!Array.isArray(value)) throw new Mismatch();
      return value.map((each) => toJson(schema?.valueSchema ?? null, each, options) ?? null);
    case 'MAP':
      return mapJson(schema, value, options);
    case 'STRUCT':
      if (!(value instanceof Struct)) throw new Mismatch();
      return structJson(schema, value, options);
    default:
      throw new DataError(`Couldn't convert ${value} to JSON.${type satisfies never}`);
  }
}

function numberOf(value: unknown): number {
  if (typeof value === 'number' || value instanceof Number) return value.valueOf();
  throw new Mismatch();
}

/** An object where all keys are strings, else an array of pairs. */
function mapJson(schema: Schema | null, value: unknown, options: Options): JsonNode {
  if (!(value instanceof Map) && !isPlain(value)) throw new Mismatch();
  const entries: [unknown, unknown][] = [...(value instanceof Map ? value : Object.entries(value))];
  const isObject = schema?.keySchema
    ? schema.keySchema.type === 'STRING'
    : entries.every(([key]) => typeof key === 'string');
  const written = entries.map(([key, each]): [JsonNode, JsonNode] => [
    toJson(schema?.keySchema ?? null, key, options) ?? null,
    toJson(schema?.valueSchema ?? null, each, options) ?? null,
  ]);
  return isObject ? new Map(written as [string, JsonNode][]) : written;
}

function structJson(schema: Schema | null, struct: Struct, options: Options): JsonNode {
  if (schema && !struct.schema.equals(schema)) throw new DataError('Mismatching schema.');
  return new Map(
    struct.schema.fields.map((field) => {
      return [field.name, toJson(field.schema, struct.getWithoutDefault(field.name), options) ?? null];
    }),
  );
}
