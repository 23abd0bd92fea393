import { DataError } from '../errors';
import { classNameOf } from '../java/class-name';
import { javaText } from '../java/text';
import { Decimal } from './decimal';
import type { Schema } from './schema';
import { Struct } from './struct';
import { temporalText } from './values';

/** A value as text that `parseValue` reads back (org.apache.kafka.connect.data.Values.convertToString). */
export function valueText(schema: Schema | null, value: unknown, embedded = false): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return embedded ? `"${value.replace(/["\\]/g, '\\$&')}"` : value;
  if (value instanceof Uint8Array) {
    const text = Buffer.from(value).toString('base64');
    return embedded ? `"${text}"` : text;
  }
  if (typeof value !== 'object' || value instanceof Number || value instanceof Decimal) return javaText(value, schema);
  if (value instanceof Date) return temporalText(value);
  if (value instanceof Struct) {
    const fields = value.schema.fields.map(
      (field) => `${valueText(null, field.name, true)}:${valueText(field.schema, value.get(field.name), true)}`,
    );
    return `{${fields.join(',')}}`;
  }
  if (Array.isArray(value)) {
    const element = schema?.type === 'ARRAY' ? schema.valueSchema : null;
    return `[${value.map((each) => valueText(element, each, true)).join(',')}]`;
  }
  if (!(value instanceof Map)) {
    throw new DataError(`Failed to serialize unexpected value type ${classNameOf(value)}: ${value}`);
  }
  const [keys, values] = schema?.type === 'MAP' ? [schema.keySchema, schema.valueSchema] : [null, null];
  return `{${Array.from(value, ([key, each]) => `${valueText(keys, key, true)}:${valueText(values, each, true)}`).join(',')}}`;
}
