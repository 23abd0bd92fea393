import { DataError } from '../errors';
import { Decimal } from './decimal';
import { type Schema, type SchemaInit, schemaOf } from './schema';

const PACKAGE = 'org.apache.kafka.connect.data.';
export const DECIMAL = `${PACKAGE}Decimal`;
export const DATE = `${PACKAGE}Date`;
export const TIME = `${PACKAGE}Time`;
export const TIMESTAMP = `${PACKAGE}Timestamp`;

export const MS_PER_DAY = 86_400_000;

export const dateSchema = (init?: SchemaInit): Schema => schemaOf('INT32', { name: DATE, version: 1, ...init });
export const timeSchema = (init?: SchemaInit): Schema => schemaOf('INT32', { name: TIME, version: 1, ...init });
export const timestampSchema = (init?: SchemaInit): Schema =>
  schemaOf('INT64', { name: TIMESTAMP, version: 1, ...init });
export const decimalSchema = (scale: number, init?: SchemaInit): Schema =>
  schemaOf('BYTES', { name: DECIMAL, version: 1, parameters: new Map([['scale', String(scale)]]), ...init });

/** The scale of a schema of decimals. Throws `DataError` where it says none. */
export function scaleOf(schema: Schema): number {
  const text = schema.parameters?.get('scale');
  if (text === undefined) throw new DataError('Invalid Decimal schema: scale parameter not found.');
  if (!/^[+-]?\d+$/.test(text)) throw new DataError('Invalid scale parameter found in Decimal schema: ');
  return Number(text);
}

function checkName(schema: Schema, name: string, verb: string): void {
  if (schema.name === name) return;
  const short = name.slice(PACKAGE.length);
  throw new DataError(`Requested conversion of ${short} object but the schema does not match.${verb}`);
}

/** Days since the epoch. Throws `DataError` where the date has a time. */
export function daysOf(schema: Schema, value: Date): number {
  checkName(schema, DATE, '');
  if (value.getTime() % MS_PER_DAY !== 0) {
    throw new DataError('Kafka Connect Date type should not have any time fields set to non-zero values.');
  }
  return value.getTime() / MS_PER_DAY;
}

/** Milliseconds since midnight. Throws `DataError` where the time has a date. */
export function millisOfDay(schema: Schema, value: Date): number {
  checkName(schema, TIME, '');
  const millis = value.getTime();
  if (millis < 0 || millis > MS_PER_DAY) {
    throw new DataError('Kafka Connect Time type should not have any date fields set to non-zero values.');
  }
  return millis;
}

/** The bytes of a decimal. Throws `DataError` where its scale is not the schema's. */
export function decimalBytes(schema: Schema, value: Decimal): Buffer {
  const scale = scaleOf(schema);
  if (value.scale === scale) return value.toBytes();
  throw new DataError(
    'Decimal value has mismatching scale for given Decimal schema. ' +
      `Schema has scale ${scale}, value has scale ${value.scale}.`,
  );
}

export const decimalOf = (schema: Schema, bytes: Buffer): Decimal => Decimal.fromBytes(bytes, scaleOf(schema));

const LOGICAL: ReadonlySet<string | null> = new Set([DECIMAL, DATE, TIME, TIMESTAMP]);

export const isLogical = (schema: Schema): boolean => LOGICAL.has(schema.name);
