import { configException, ToolError } from '@odradek/tools/tool-error';
import { ConfigDef, invalidValue } from '../config/config-def';
import { nonEmptyList } from '../config/validators';
import { Decimal } from '../data/decimal';
import { DATE, daysOf, isLogical, millisOfDay, TIME } from '../data/logical';
import type { ConnectRecord } from '../data/record';
import { type ScalarType, type Schema, type SchemaInit, type SchemaType, schemaOf, structOf } from '../data/schema';
import { Struct } from '../data/struct';
import { temporalText } from '../data/values';
import { DataError } from '../errors';
import { boxDouble, JavaDouble, JavaFloat } from '../java/boxed';
import { classNameOf } from '../java/class-name';
import { JavaHashMap } from '../java/hash-map';
import { javaText } from '../java/text';
import type { Props, Transformation } from '../plugins/api';
import {
  basicsOf,
  fieldValue,
  type Part,
  REPLACE_NULL,
  requireMap,
  requireStruct,
  SchemaCache,
  schemaIn,
  valueIn,
  withPart,
} from './parts';

const PURPOSE = 'cast types';
const TARGETS: readonly SchemaType[] = ['INT8', 'INT16', 'INT32', 'INT64', 'FLOAT32', 'FLOAT64', 'BOOLEAN', 'STRING'];
const SOURCES: readonly SchemaType[] = [...TARGETS, 'BYTES'];
const ALL_TYPES: readonly SchemaType[] = [...SOURCES, 'ARRAY', 'MAP', 'STRUCT'];

export const CAST_CONFIG = new ConfigDef([
  {
    name: 'spec',
    type: 'LIST',
    validate: (name, value) => {
      nonEmptyList(name, value);
      parseSpec(value as readonly string[]);
    },
    importance: 'HIGH',
    documentation:
      'What becomes of which field, as field:type pairs, or one type for the whole value. ' +
      'Types are int8, int16, int32, int64, float32, float64, boolean and string; bytes can become strings only.',
  },
  REPLACE_NULL,
]);

interface Spec {
  readonly whole: ScalarType | undefined;
  readonly fields: ReadonlyMap<string, ScalarType>;
}

function targetOf(text: string): ScalarType {
  const type = text.trim().toUpperCase() as SchemaType;
  if (!ALL_TYPES.includes(type)) {
    // Apache passes the parts of this message in another order than they are put together.
    const cause = `java.lang.IllegalArgumentException: No enum constant org.apache.kafka.connect.data.Schema.Type.${type}`;
    throw configException(
      `Invalid value ${cause} for configuration Invalid type found in casting spec: ${text.trim()}`,
    );
  }
  if (TARGETS.includes(type)) return type as ScalarType;
  throw configException(
    `Cast transformation does not support casting to ${type}; supported types are [${TARGETS.join(', ')}]`,
  );
}

function parseSpec(mappings: readonly string[]): Spec {
  const fields = new Map<string, ScalarType>();
  let whole: ScalarType | undefined;
  for (const mapping of mappings) {
    const parts = mapping.split(':');
    if (parts.length > 2) throw invalidValue('renames', mappings, `Invalid rename mapping: ${mapping}`);
    if (parts.length === 1) whole = targetOf(parts[0]!);
    else fields.set(parts[0]!.trim(), targetOf(parts[1]!));
  }
  if (whole && mappings.length > 1) {
    throw configException(
      'Cast transformations that specify a type to cast the entire value to may only specify a single cast in their spec',
    );
  }
  return { whole, fields };
}

/** Changes the types of fields, or of the whole (org.apache.kafka.connect.transforms.Cast). */
export class Cast implements Transformation {
  private spec: Spec = { whole: undefined, fields: new Map() };
  private replacesNull = true;
  private readonly schemas = new SchemaCache();

  constructor(private readonly part: Part) {}

  configure(props: Props): void {
    const config = CAST_CONFIG.parse(props);
    this.spec = parseSpec(config.list('spec'));
    this.replacesNull = config.boolean('replace.null.with.default');
  }

  apply<R extends ConnectRecord>(record: R): R {
    const [schema, value] = [schemaIn(record, this.part), valueIn(record, this.part)];
    if (value === null || value === undefined) return record;
    const { whole } = this.spec;
    if (!schema) return withPart(record, this.part, null, whole ? castValue(null, value, whole) : this.castMap(value));
    const made = this.schemas.get(schema, (each) => this.castSchema(each));
    if (whole) return withPart(record, this.part, made, castValue(schema, value, whole));
    return withPart(record, this.part, made, this.castStruct(made, requireStruct(value, PURPOSE)));
  }

  private castMap(value: unknown): JavaHashMap<string, unknown> {
    const cast: JavaHashMap<string, unknown> = JavaHashMap.copyOf(requireMap(value, PURPOSE));
    for (const [name, type] of this.spec.fields) cast.set(name, castValue(null, cast.get(name), type));
    return cast;
  }

  private castStruct(schema: Schema, struct: Struct): Struct {
    const made = new Struct(schema);
    for (const field of struct.schema.fields) {
      const value = fieldValue(struct, field, this.replacesNull);
      const type = this.spec.fields.get(field.name);
      made.put(field.name, type ? castValue(field.schema, value, type) : value);
    }
    return made;
  }

  private castSchema(schema: Schema): Schema {
    const { whole, fields } = this.spec;
    if (whole) return cast(schema, whole);
    const made = schema.fields.map((field): [string, Schema] => {
      const type = fields.get(field.name);
      return [field.name, type ? cast(field.schema, type) : field.schema];
    });
    const init: SchemaInit = { ...basicsOf(schema), optional: schema.optional };
    const cased = structOf(made, init);
    if (schema.defaultValue === null) return cased;
    return cased.with({ defaultValue: this.castStruct(cased, schema.defaultValue as Struct) });
  }
}

const cast = (schema: Schema, type: ScalarType): Schema =>
  schemaOf(type, { optional: schema.optional, defaultValue: castValue(schema, schema.defaultValue, type) });

function typeOf(value: unknown): SchemaType {
  if (typeof value === 'string') return 'STRING';
  if (typeof value === 'boolean') return 'BOOLEAN';
  if (typeof value === 'number' || typeof value === 'bigint') return 'INT64';
  if (value instanceof Number) return 'FLOAT64';
  if (value instanceof Uint8Array) return 'BYTES';
  if (Array.isArray(value)) return 'ARRAY';
  if (value instanceof Map) return 'MAP';
  if (value instanceof Struct) return 'STRUCT';
  throw new DataError(
    `Cast transformation was passed a value of type ${classNameOf(value)} which is not supported by Connect's data API`,
  );
}

/** Cast.castValueToType. Throws `DataError`. */
function castValue(schema: Schema | null, given: unknown, target: ScalarType): unknown {
  if (given === null || given === undefined) return null;
  const source = schema ? schema.type : typeOf(given);
  if (!SOURCES.includes(source)) {
    throw new DataError(
      `Cast transformation does not support casting from ${source}; supported types are [${SOURCES.join(', ')}]`,
    );
  }
  if (target === 'STRING') return castToString(schema, given);
  const value = schema && given instanceof Date && isLogical(schema) ? encoded(schema, given) : given;
  try {
    return CASTS[target as NumericTarget](value, schema !== null);
  } catch (thrown) {
    if (!(thrown instanceof NumberFormatError)) throw thrown;
    throw new DataError(`Value (${javaText(given, schema)}) was out of range for requested data type`, thrown);
  }
}

function encoded(schema: Schema, value: Date): bigint {
  if (schema.name === DATE) return BigInt(daysOf(schema, value));
  return BigInt(schema.name === TIME ? millisOfDay(schema, value) : value.getTime());
}

function castToString(schema: Schema | null, value: unknown): string {
  if (value instanceof Date) return temporalText(value);
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : javaText(value, schema);
}

class NumberFormatError extends ToolError {
  constructor(message: string) {
    super('java.lang.NumberFormatException', message);
  }
}

const unexpected = (value: unknown): DataError =>
  new DataError(`Unexpected type in Cast transformation: class ${classNameOf(value)}`);

/** Java's narrowing of a double: towards zero, and no further than the type goes. */
function truncated(value: number, bits: 32 | 64): bigint {
  if (Number.isNaN(value)) return 0n;
  const limit = 2n ** BigInt(bits - 1);
  if (value >= Number(limit)) return limit - 1n;
  if (value <= -Number(limit)) return -limit;
  return BigInt(Math.trunc(value));
}

function castToInt(value: unknown, bits: number): bigint {
  if (typeof value === 'bigint') return BigInt.asIntN(bits, value);
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (value instanceof Decimal) return BigInt.asIntN(bits, value.toBigInt());
  if (typeof value === 'number' || value instanceof Number) {
    return BigInt.asIntN(bits, truncated(value.valueOf(), bits === 64 || Number.isInteger(value) ? 64 : 32));
  }
  if (typeof value !== 'string') throw unexpected(value);
  if (!/^[+-]?\d+$/.test(value)) throw new NumberFormatError(`For input string: "${value}"`);
  const number = BigInt(value);
  if (BigInt.asIntN(bits, number) === number) return number;
  const range = bits < 32 ? `Value out of range. Value:"${value}" Radix:10` : `For input string: "${value}"`;
  throw new NumberFormatError(range);
}

function castToDouble(value: unknown): number {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'bigint' || typeof value === 'number' || value instanceof Number) return Number(value);
  if (value instanceof Decimal) return value.toNumber();
  if (typeof value !== 'string') throw unexpected(value);
  const text = value.trim();
  if (/^[+-]?(NaN|Infinity)$/.test(text)) return Number(text.replace('+NaN', 'NaN').replace('-NaN', 'NaN'));
  if (text === '') throw new NumberFormatError('empty String');
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[fFdD]?$/.test(text)) {
    throw new NumberFormatError(`For input string: "${value}"`);
  }
  return Number(text.replace(/[fFdD]$/, ''));
}

type NumericTarget = Exclude<ScalarType, 'STRING' | 'BYTES'>;

const CASTS: Readonly<Record<NumericTarget, (value: unknown, typed: boolean) => unknown>> = {
  INT8: (value) => Number(castToInt(value, 8)),
  INT16: (value) => Number(castToInt(value, 16)),
  INT32: (value) => Number(castToInt(value, 32)),
  INT64: (value) => castToInt(value, 64),
  FLOAT32: (value, typed) => {
    const float = Math.fround(castToDouble(value));
    return typed ? float : new JavaFloat(float);
  },
  FLOAT64: (value, typed) => (typed ? castToDouble(value) : boxDouble(castToDouble(value))),
  BOOLEAN: (value) => {
    if (typeof value === 'boolean') return value;
    if (typeof value === 'string') return value.toLowerCase() === 'true';
    if (value instanceof JavaDouble || value instanceof JavaFloat || typeof value === 'number')
      return Number(value) !== 0;
    if (typeof value === 'bigint') return value !== 0n;
    throw unexpected(value);
  },
};
