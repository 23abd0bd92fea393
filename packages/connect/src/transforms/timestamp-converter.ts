import { configException, ToolError } from '@odradek/tools/tool-error';
import { ConfigDef } from '../config/config-def';
import { oneOf } from '../config/validators';
import { DATE, dateSchema, MS_PER_DAY, TIME, TIMESTAMP, timeSchema, timestampSchema } from '../data/logical';
import type { ConnectRecord } from '../data/record';
import { type Schema, type SchemaInit, schemaOf, structOf } from '../data/schema';
import { Struct } from '../data/struct';
import { ConnectError, DataError } from '../errors';
import { classNameOf } from '../java/class-name';
import { JavaHashMap } from '../java/hash-map';
import { type SimpleDateFormat, simpleDateFormat } from '../java/simple-date-format';
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

const PURPOSE = 'converting timestamp formats';
const TYPES = ['string', 'unix', 'Date', 'Time', 'Timestamp'] as const;
type TimeType = (typeof TYPES)[number];

/** Units in which a Unix time may be: so many of them are a millisecond, or so many milliseconds are one. */
const PRECISIONS = ['nanoseconds', 'microseconds', 'milliseconds', 'seconds'] as const;
type Precision = (typeof PRECISIONS)[number];

export const TIMESTAMP_CONVERTER_CONFIG = new ConfigDef([
  {
    name: 'field',
    type: 'STRING',
    fallback: '',
    importance: 'HIGH',
    documentation: 'The field that holds the time; empty where the whole is one.',
  },
  {
    name: 'target.type',
    type: 'STRING',
    validate: oneOf(...TYPES),
    importance: 'HIGH',
    documentation: 'What it becomes: string, unix, Date, Time or Timestamp.',
  },
  {
    name: 'format',
    type: 'STRING',
    fallback: '',
    importance: 'MEDIUM',
    documentation: 'The pattern of java.text.SimpleDateFormat in which a time is written, or read, as text.',
  },
  {
    name: 'unix.precision',
    type: 'STRING',
    fallback: 'milliseconds',
    validate: oneOf(...PRECISIONS),
    importance: 'LOW',
    documentation:
      'What a Unix time counts: seconds, milliseconds, microseconds or nanoseconds. Less than a millisecond is lost.',
  },
  REPLACE_NULL,
]);

const SCHEMAS: Readonly<Record<TimeType, (init: SchemaInit) => Schema>> = {
  string: (init) => schemaOf('STRING', init),
  unix: (init) => schemaOf('INT64', init),
  Date: dateSchema,
  Time: timeSchema,
  Timestamp: timestampSchema,
};

function typeOfSchema(schema: Schema): TimeType {
  if (schema.name === TIMESTAMP) return 'Timestamp';
  if (schema.name === DATE) return 'Date';
  if (schema.name === TIME) return 'Time';
  if (schema.type === 'STRING') return 'string';
  if (schema.type === 'INT64') return 'unix';
  throw new ConnectError(`Schema ${schema} does not correspond to a known timestamp type format`);
}

function typeOfValue(value: unknown): TimeType {
  if (value instanceof Date) return 'Timestamp';
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))) return 'unix';
  if (typeof value === 'string') return 'string';
  throw new DataError(`TimestampConverter does not support ${classNameOf(value)} objects as timestamps`);
}

/** Changes how times are represented (org.apache.kafka.connect.transforms.TimestampConverter). */
export class TimestampConverter implements Transformation {
  private field = '';
  private target: TimeType = 'string';
  private pattern = '';
  private format: SimpleDateFormat | undefined;
  private precision: Precision = 'milliseconds';
  private replacesNull = true;
  private readonly schemas = new SchemaCache();

  constructor(private readonly part: Part) {}

  configure(props: Props): void {
    const config = TIMESTAMP_CONVERTER_CONFIG.parse(props);
    this.field = config.string('field');
    this.target = config.string('target.type') as TimeType;
    this.pattern = config.string('format');
    this.precision = config.string('unix.precision') as Precision;
    this.replacesNull = config.boolean('replace.null.with.default');
    if (this.target === 'string' && this.pattern.trim() === '') {
      throw configException('TimestampConverter requires format option to be specified when using string timestamps');
    }
    this.format = this.pattern.trim() === '' ? undefined : formatOf(this.pattern);
  }

  apply<R extends ConnectRecord>(record: R): R {
    const [schema, given] = [schemaIn(record, this.part), valueIn(record, this.part)];
    const value = given ?? null;
    if (!schema) return withPart(record, this.part, null, this.convertWithoutSchema(value));
    if (this.field === '') {
      const made = SCHEMAS[this.target]({ optional: schema.optional });
      return withPart(record, this.part, made, this.convert(value, typeOfSchema(schema)));
    }
    const struct = value === null ? null : requireStruct(value, PURPOSE);
    const made = this.schemas.get(schema, (each) => this.converted(each));
    return withPart(record, this.part, made, struct && this.convertStruct(struct, made));
  }

  private convertWithoutSchema(value: unknown): unknown {
    if (this.field === '' || value === null) return this.convert(value);
    const map: JavaHashMap<string, unknown> = JavaHashMap.copyOf(requireMap(value, PURPOSE));
    return map.set(this.field, this.convert(map.get(this.field) ?? null));
  }

  private converted(schema: Schema): Schema {
    const fields = schema.fields.map((field): [string, Schema] => [
      field.name,
      field.name === this.field ? SCHEMAS[this.target]({ optional: field.schema.optional }) : field.schema,
    ]);
    // Structs with these defaults cannot be made: Java fails likewise to convert them.
    return structOf(fields, { ...basicsOf(schema), optional: schema.optional });
  }

  private convertStruct(struct: Struct, made: Schema): Struct {
    const result = new Struct(made);
    for (const field of struct.schema.fields) {
      const value = fieldValue(struct, field, this.replacesNull);
      const isIt = field.name === this.field;
      result.put(field.name, isIt ? this.convert(value, typeOfSchema(field.schema)) : value);
    }
    return result;
  }

  private convert(value: unknown, type: TimeType | undefined = undefined): unknown {
    if (value === null) return null;
    return this.fromDate(this.toDate(value, type ?? typeOfValue(value)), type === undefined);
  }

  private toDate(value: unknown, type: TimeType): Date {
    if (type === 'string') {
      if (typeof value !== 'string') {
        throw new DataError(`Expected string timestamp to be a String, but found class ${classNameOf(value)}`);
      }
      return this.parse(value);
    }
    if (type === 'unix') {
      if (typeof value === 'bigint' || typeof value === 'number')
        return new Date(toMillis(BigInt(value), this.precision));
      throw new DataError(`Expected Unix timestamp to be a Long, but found class ${classNameOf(value)}`);
    }
    if (value instanceof Date) return value;
    throw new DataError(`Expected ${type} to be a java.util.Date, but found class ${classNameOf(value)}`);
  }

  private parse(text: string): Date {
    try {
      if (!this.format) throw new ToolError('java.text.ParseException', `Unparseable date: "${text}"`);
      return this.format.parse(text);
    } catch (thrown) {
      const why = `Could not parse timestamp: value (${javaText(text)}) does not match pattern (${this.pattern})`;
      throw new DataError(why, thrown as ToolError);
    }
  }

  private fromDate(date: Date, isSchemaless: boolean): unknown {
    const millis = date.getTime();
    const ofDay = ((millis % MS_PER_DAY) + MS_PER_DAY) % MS_PER_DAY;
    switch (this.target) {
      case 'string':
        return this.format!.format(date);
      case 'unix': {
        const unix = fromMillis(BigInt(millis), this.precision);
        return isSchemaless && Number.isSafeInteger(Number(unix)) ? Number(unix) : unix;
      }
      case 'Date':
        return new Date(millis - ofDay);
      case 'Time':
        return new Date(ofDay);
      case 'Timestamp':
        return date;
      default:
        throw new ConnectError(`Unsupported timestamp type: ${this.target satisfies never}`);
    }
  }
}

function formatOf(pattern: string): SimpleDateFormat {
  try {
    return simpleDateFormat(pattern);
  } catch (thrown) {
    // Apache passes the parts of this message in another order than they are put together.
    const what = 'TimestampConverter requires a SimpleDateFormat-compatible pattern for string timestamps';
    throw configException(`Invalid value ${(thrown as ToolError).line} for configuration ${what}: ${pattern}`);
  }
}

const PER_MILLI: Readonly<Record<Exclude<Precision, 'seconds'>, bigint>> = {
  nanoseconds: 1_000_000n,
  microseconds: 1_000n,
  milliseconds: 1n,
};

const toMillis = (value: bigint, precision: Precision): number =>
  Number(precision === 'seconds' ? value * 1_000n : value / PER_MILLI[precision]);

const fromMillis = (millis: bigint, precision: Precision): bigint =>
  precision === 'seconds' ? millis / 1_000n : millis * PER_MILLI[precision];
