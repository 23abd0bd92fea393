import { doubleText, floatText } from '@odradek/tools/java-text';
import { TIMESTAMP } from '../data/logical';
import type { Schema } from '../data/schema';
import { Struct } from '../data/struct';
import { JavaDouble, JavaFloat } from './boxed';
import { dateText } from './date-text';

/** What Java's String.valueOf makes of a value of Connect's data; a schema tells floats from doubles. */
export function javaText(value: unknown, schema?: Schema | null): string {
  switch (typeof value) {
    case 'number':
      return numberText(value, schema);
    case 'object':
      return value === null ? 'null' : objectText(value, schema);
    default:
      return String(value ?? null);
  }
}

function numberText(value: number, schema: Schema | null | undefined): string {
  if (schema?.type === 'FLOAT32') return floatText(value);
  if (schema?.type === 'FLOAT64' || !Number.isInteger(value)) return doubleText(value);
  return String(value);
}

function objectText(value: object, schema: Schema | null | undefined): string {
  if (value instanceof JavaFloat) return floatText(value.valueOf());
  if (value instanceof JavaDouble) return doubleText(value.valueOf());
  if (value instanceof Date) return dateText(value);
  if (value instanceof Struct) return structText(value);
  if (value instanceof Map) return mapText(value, schema);
  if (Array.isArray(value)) {
    const element = schema?.type === 'ARRAY' ? schema.valueSchema : undefined;
    return `[${value.map((each) => javaText(each, element)).join(', ')}]`;
  }
  // Java prints the address of an array of bytes, which says nothing: its hash is as good.
  if (value instanceof Uint8Array) return `[B@${bytesHash(value)}`;
  return Object.getPrototypeOf(value) === Object.prototype ? mapText(Object.entries(value), schema) : String(value);
}

function mapText(entries: Iterable<readonly [unknown, unknown]>, schema: Schema | null | undefined): string {
  const [keys, values] = schema?.type === 'MAP' ? [schema.keySchema, schema.valueSchema] : [];
  return `{${Array.from(entries, ([key, value]) => `${javaText(key, keys)}=${javaText(value, values)}`).join(', ')}}`;
}

/** Struct.toString: fields that are null are left out. */
function structText(struct: Struct): string {
  const shown = struct.schema.fields.flatMap(({ name, schema }) => {
    const value = struct.getWithoutDefault(name);
    return value === null ? [] : [`${name}=${javaText(value, schema.name === TIMESTAMP ? undefined : schema)}`];
  });
  return `Struct{${shown.join(',')}}`;
}

function bytesHash(bytes: Uint8Array): string {
  let hash = 1;
  for (const byte of bytes) hash = (Math.imul(31, hash) + ((byte << 24) >> 24)) | 0;
  return (hash >>> 0).toString(16);
}
