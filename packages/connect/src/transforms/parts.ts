import type { ConfigKey } from '../config/config-def';
import { type ConnectRecord, isSinkRecord, type SinkRecord } from '../data/record';
import type { Field, Schema, SchemaInit } from '../data/schema';
import { Struct } from '../data/struct';
import { DataError } from '../errors';
import { classNameOf } from '../java/class-name';

/** The part of records that a transformation works on: `Cast$Key` or `Cast$Value`. */
export type Part = 'key' | 'value';

export const schemaIn = (record: ConnectRecord, part: Part): Schema | null =>
  part === 'key' ? record.keySchema : record.valueSchema;

export const valueIn = (record: ConnectRecord, part: Part): unknown => (part === 'key' ? record.key : record.value);

/** The record with another key or value. */
export const withPart = <R extends ConnectRecord>(record: R, part: Part, schema: Schema | null, value: unknown): R =>
  part === 'key' ? { ...record, keySchema: schema, key: value } : { ...record, valueSchema: schema, value };

/** Throws `DataError` where the value is no map. */
export function requireMap(value: unknown, purpose: string): ReadonlyMap<string, unknown> {
  if (value instanceof Map) return value;
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    return new Map(Object.entries(value));
  }
  throw new DataError(`Only Map objects supported in absence of schema for [${purpose}], found: ${classNameOf(value)}`);
}

/** Throws `DataError` where the value is no struct. */
export function requireStruct(value: unknown, purpose: string): Struct {
  if (value instanceof Struct) return value;
  throw new DataError(`Only Struct objects supported for [${purpose}], found: ${classNameOf(value)}`);
}

const SOURCE_RECORD = 'org.apache.kafka.connect.source.SourceRecord';

/** Throws `DataError` where the record comes from a source. */
export function requireSinkRecord(record: ConnectRecord, purpose: string): SinkRecord {
  if (isSinkRecord(record)) return record;
  throw new DataError(`Only SinkRecord supported for [${purpose}], found: ${SOURCE_RECORD}`);
}

/** What a schema that is made of another takes over (SchemaUtil.copySchemaBasics). */
export const basicsOf = ({ name, version, doc, parameters }: Schema): SchemaInit => ({
  name,
  version,
  doc,
  parameters,
});

export const REPLACE_NULL: ConfigKey = {
  name: 'replace.null.with.default',
  type: 'BOOLEAN',
  fallback: 'true',
  importance: 'MEDIUM',
  documentation: 'Whether the default of a field takes the place of null.',
};

/** A struct's field as `replace.null.with.default` wants it read. */
export const fieldValue = (struct: Struct, { name }: Field, replacesNull: boolean): unknown =>
  replacesNull ? struct.get(name) : struct.getWithoutDefault(name);

/** Remembers what was made of a schema: records come with the same ones again and again. */
export class SchemaCache {
  private readonly made = new WeakMap<Schema, Schema>();

  get(schema: Schema, make: (schema: Schema) => Schema): Schema {
    let made = this.made.get(schema);
    if (!made) {
      made = make(schema);
      this.made.set(schema, made);
    }
    return made;
  }
}
