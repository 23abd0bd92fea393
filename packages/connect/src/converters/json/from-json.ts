import { Decimal } from '../../data/decimal';
import { DATE, DECIMAL, decimalOf, MS_PER_DAY, TIME, TIMESTAMP } from '../../data/logical';
import type { Schema, SchemaType } from '../../data/schema';
import { Struct } from '../../data/struct';
import { DataError } from '../../errors';
import { boxDouble } from '../../java/boxed';
import { JavaHashMap } from '../../java/hash-map';
import type { JsonNode } from '../../java/json';

const isMap = (node: JsonNode): node is ReadonlyMap<string, JsonNode> => node instanceof Map;
const isNumber = (node: JsonNode): node is bigint | Decimal => typeof node === 'bigint' || node instanceof Decimal;

/** com.fasterxml.jackson.databind.node.JsonNodeType, which messages name. */
function nodeType(node: JsonNode): string {
  if (node === undefined) return 'MISSING';
  if (node === null) return 'NULL';
  if (isNumber(node)) return 'NUMBER';
  if (isMap(node)) return 'OBJECT';
  return Array.isArray(node) ? 'ARRAY' : (typeof node).toUpperCase();
}

/** The value of a payload (JsonConverter.convertToConnect). Throws `DataError`. */
export function fromJson(schema: Schema | null, json: JsonNode, replacesNull: boolean): unknown {
  if (schema === null) return schemaless(json, replacesNull);
  if (json === null || json === undefined) {
    if (schema.defaultValue !== null && replacesNull) return schema.defaultValue;
    if (schema.optional) return null;
    throw new DataError(`Invalid null value for required ${schema.type} field`);
  }
  return logical(schema, json) ?? TYPED[schema.type](schema, json, replacesNull);
}

function schemaless(json: JsonNode, replacesNull: boolean): unknown {
  if (json === null || json === undefined) return null;
  if (json instanceof Decimal) return boxDouble(json.toNumber());
  if (typeof json === 'bigint') return long(json);
  if (Array.isArray(json)) return json.map((each: JsonNode) => schemaless(each, replacesNull));
  if (isMap(json)) return new JavaHashMap([...json].map(([name, value]) => [name, schemaless(value, replacesNull)]));
  return json;
}

/** A Long without a schema: a plain number where that is exact. */
function long(value: bigint): number | bigint {
  const wrapped = BigInt.asIntN(64, value);
  const plain = Number(wrapped);
  return Number.isSafeInteger(plain) ? plain : wrapped;
}

function logical(schema: Schema, json: JsonNode): unknown {
  const invalid = (what: string, wanted: string): DataError =>
    new DataError(`Invalid type for ${what}, underlying representation should be ${wanted} but was ${nodeType(json)}`);
  switch (schema.name) {
    case DECIMAL:
      if (json instanceof Decimal) return json;
      if (typeof json === 'bigint') return new Decimal(json, 0);
      if (typeof json === 'string') return decimalOf(schema, Buffer.from(json, 'base64'));
      throw invalid('Decimal', 'numeric or bytes');
    case DATE:
      if (typeof json === 'bigint') return new Date(Number(json) * MS_PER_DAY);
      throw invalid('Date', 'integer');
    case TIME:
      if (typeof json === 'bigint') return new Date(Number(json));
      throw invalid('Time', 'integer');
    case TIMESTAMP:
      if (typeof json === 'bigint') return new Date(Number(json));
      throw invalid('Timestamp', 'integer');
    default:
      return undefined;
  }
}

/** Jackson's conversions: what is no number counts as 0, what is no text as null. */
const int =
  (bits: number) =>
  (_: Schema, json: JsonNode): number =>
    Number(BigInt.asIntN(bits, whole(json)));

function whole(json: JsonNode): bigint {
  if (typeof json === 'bigint') return json;
  return json instanceof Decimal ? json.toBigInt() : 0n;
}

const double = (json: JsonNode): number =>
  typeof json === 'bigint' ? Number(json) : json instanceof Decimal ? json.toNumber() : 0;

type Reader = (schema: Schema, json: JsonNode, replacesNull: boolean) => unknown;

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

const TYPED: Readonly<Record<SchemaType, Reader>> = {
  INT8: int(8),
  INT16: int(16),
  INT32: int(32),
  INT64: (_, json) => BigInt.asIntN(64, whole(json)),
  FLOAT32: (_, json) => Math.fround(double(json)),
  FLOAT64: (_, json) => double(json),
  BOOLEAN: (_, json) => json === true,
  STRING: (_, json) => (typeof json === 'string' ? json : null),
  BYTES: (_, json) => {
    if (typeof json !== 'string') return null;
    if (!BASE64.test(json)) throw new DataError('Invalid bytes field');
    return Buffer.from(json, 'base64');
  },
  ARRAY: (schema, json, replacesNull) => {
    if (!Array.isArray(json)) {
      throw new DataError(`Arrays should be encoded as JSON arrays, but found ${nodeType(json)}`);
    }
    return json.map((each: JsonNode) => fromJson(schema.valueSchema, each, replacesNull));
  },
  MAP: (schema, json, replacesNull) => new JavaHashMap(mapEntries(schema, json, replacesNull)),
  STRUCT: (schema, json, replacesNull) => {
    if (!isMap(json)) throw new DataError(`Structs should be encoded as JSON objects, but found ${nodeType(json)}`);
    const struct = new Struct(schema);
    for (const field of schema.fields)
      struct.put(field.name, fromJson(field.schema, json.get(field.name), replacesNull));
    return struct;
  },
};

function mapEntries(schema: Schema, json: JsonNode, replacesNull: boolean): (readonly [unknown, unknown])[] {
  const read = (each: Schema, node: JsonNode): unknown => fromJson(each, node, replacesNull);
  if (schema.keySchema.type === 'STRING') {
    if (!isMap(json)) {
      throw new DataError(`Maps with string fields should be encoded as JSON objects, but found ${nodeType(json)}`);
    }
    return [...json].map(([name, value]) => [name, read(schema.valueSchema, value)]);
  }
  if (!Array.isArray(json)) {
    const found = nodeType(json);
    throw new DataError(`Maps with non-string fields should be encoded as JSON array of tuples, but found ${found}`);
  }
  return json.map((pair: JsonNode) => {
    if (!Array.isArray(pair)) throw new DataError(`Found invalid map entry instead of array tuple: ${nodeType(pair)}`);
    if (pair.length !== 2) throw new DataError(`Found invalid map entry, expected length 2 but found :${pair.length}`);
    return [read(schema.keySchema, pair[0]), read(schema.valueSchema, pair[1])];
  });
}
