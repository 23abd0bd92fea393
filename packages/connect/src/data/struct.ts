import { DataError } from '../errors';
import { classNameOf } from '../java/class-name';
import { Decimal } from './decimal';
import { DATE, DECIMAL, TIME, TIMESTAMP } from './logical';
import type { Field, Schema, SchemaType } from './schema';

/** A value of a struct schema (org.apache.kafka.connect.data.Struct). */
export class Struct {
  readonly javaClass = 'org.apache.kafka.connect.data.Struct';
  private readonly slots: unknown[];

  /** Throws `DataError` where the schema is not a struct's. */
  constructor(readonly schema: Schema) {
    if (schema.type !== 'STRUCT') throw new DataError(`Not a struct schema: ${schema}`);
    this.slots = new Array<unknown>(schema.fields.length).fill(null);
  }

  private lookUp(name: string): Field {
    const field = this.schema.field(name);
    if (!field) throw new DataError(`${name} is not a valid field name`);
    return field;
  }

  /** The field's value; its default where it is null. Throws `DataError` where there is no such field. */
  get(name: string): unknown {
    const field = this.lookUp(name);
    return this.slots[field.index] ?? field.schema.defaultValue;
  }

  getWithoutDefault(name: string): unknown {
    return this.slots[this.lookUp(name).index];
  }

  /** Sets a field. Throws `DataError` where the value does not fit the field's schema. */
  put(name: string, value: unknown): this {
    const field = this.lookUp(name);
    validateValue(field.schema, value ?? null, `field: "${name}"`);
    this.slots[field.index] = value ?? null;
    return this;
  }

  /** Checks every field, also those that were never set. */
  validate(): void {
    for (const field of this.schema.fields) {
      const value = this.slots[field.index];
      if (value === null && (field.schema.optional || field.schema.defaultValue !== null)) continue;
      validateValue(field.schema, value, `field: "${field.name}"`);
    }
  }
}

const isWhole = (value: unknown): boolean => typeof value === 'number' && Number.isInteger(value);
const inBits =
  (bits: number) =>
  (value: unknown): boolean =>
    isWhole(value) && (value as number) >= -(2 ** (bits - 1)) && (value as number) < 2 ** (bits - 1);
const isNumber = (value: unknown): boolean => typeof value === 'number' || value instanceof Number;

const FITS: Readonly<Record<SchemaType, (value: unknown) => boolean>> = {
  INT8: inBits(8),
  INT16: inBits(16),
  INT32: inBits(32),
  INT64: (value) => typeof value === 'bigint' || isWhole(value),
  FLOAT32: isNumber,
  FLOAT64: isNumber,
  BOOLEAN: (value) => typeof value === 'boolean',
  STRING: (value) => typeof value === 'string',
  BYTES: (value) => value instanceof Uint8Array,
  ARRAY: Array.isArray,
  MAP: (value) => value instanceof Map,
  STRUCT: (value) => value instanceof Struct,
};

const isDate = (value: unknown): boolean => value instanceof Date;

const LOGICAL_FITS: Readonly<Record<string, (value: unknown) => boolean>> = {
  [DECIMAL]: (value) => value instanceof Decimal,
  [DATE]: isDate,
  [TIME]: isDate,
  [TIMESTAMP]: isDate,
};

/**
 * Checks that a value fits a schema (ConnectSchema.validateValue). Throws `DataError`.
 *
 * @param location what messages call the value
 */
export function validateValue(schema: Schema, value: unknown, location = 'value'): void {
  if (value === null || value === undefined) {
    if (schema.optional) return;
    throw new DataError(`Invalid value: null used for required ${location}, schema type: ${schema.type}`);
  }
  const fits = (schema.name !== null && LOGICAL_FITS[schema.name]) || FITS[schema.type];
  if (!fits(value)) {
    const name = schema.name === null ? '' : ` "${schema.name}"`;
    throw new DataError(
      `Invalid Java object for schema${name} with type ${schema.type}: class ${classNameOf(value)} for ${location}`,
    );
  }
  if (schema.type === 'STRUCT' && !(value as Struct).schema.equals(schema)) {
    throw new DataError('Struct schemas do not match.');
  }
  if (schema.type === 'ARRAY') {
    for (const each of value as unknown[]) validateValue(schema.valueSchema, each, 'element of array');
  }
  if (schema.type === 'MAP') {
    for (const [key, each] of value as Map<unknown, unknown>) {
      validateValue(schema.keySchema, key, 'key of map');
      validateValue(schema.valueSchema, each, 'value of map');
    }
  }
}
