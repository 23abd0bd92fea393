import { DataError } from '../errors';
import { type SimpleDateFormat, simpleDateFormat } from '../java/simple-date-format';
import type { SchemaAndValue } from '../plugins/api';
import { Decimal } from './decimal';
import { dateSchema, decimalSchema, timeSchema, timestampSchema } from './logical';
import { arrayOf, mapOf, type ScalarType, type Schema, STRING_SCHEMA, schemaOf } from './schema';

/** Reads values from text by their looks (org.apache.kafka.connect.data.Values.parseString). */

const TIME_FORMAT = simpleDateFormat("HH:mm:ss.SSS'Z'");
const DATE_FORMAT = simpleDateFormat('yyyy-MM-dd');
const TIMESTAMP_FORMAT = simpleDateFormat("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'");
const TEMPORAL: readonly (readonly [number, Schema, SimpleDateFormat])[] = [
  [10, dateSchema(), DATE_FORMAT],
  [13, timeSchema(), TIME_FORMAT],
  [24, timestampSchema(), TIMESTAMP_FORMAT],
];
const TRUE = { schema: schemaOf('BOOLEAN'), value: true };
const FALSE = { schema: schemaOf('BOOLEAN'), value: false };
const INTS: readonly (readonly [ScalarType, number])[] = [
  ['INT8', 8],
  ['INT16', 16],
  ['INT32', 32],
  ['INT64', 64],
];
const NUMBERS: readonly string[] = ['INT8', 'INT16', 'INT32', 'INT64', 'FLOAT32', 'FLOAT64'];
/** Beyond this no number fits a long, whatever its digits. */
const MAX_EXACT_SCALE = 30;

function asTemporal(text: string): SchemaAndValue | undefined {
  for (const [length, schema, format] of TEMPORAL) {
    if (text.length !== length) continue;
    try {
      return { schema, value: format.parse(text) };
    } catch {
      // No such time after all.
    }
  }
  return undefined;
}

function asNumber(text: string): SchemaAndValue | undefined {
  const decimal = Decimal.parse(text);
  if (!decimal) return undefined;
  const whole = Math.abs(decimal.scale) <= MAX_EXACT_SCALE ? decimal.toBigInt() : undefined;
  const isExact =
    whole !== undefined && (decimal.scale <= 0 || whole * 10n ** BigInt(decimal.scale) === decimal.unscaled);
  const int = isExact && INTS.find(([, bits]) => BigInt.asIntN(bits, whole) === whole);
  if (int) return { schema: schemaOf(int[0]), value: int[0] === 'INT64' ? whole : Number(whole) };
  const double = decimal.toNumber();
  if (decimal.scale !== 0 && Number.isFinite(Math.fround(double))) {
    return { schema: schemaOf('FLOAT32'), value: Math.fround(double) };
  }
  if (decimal.scale !== 0 && Number.isFinite(double)) return { schema: schemaOf('FLOAT64'), value: double };
  return { schema: decimalSchema(decimal.scale), value: decimal };
}

/** Finds one schema for several values, the widest number of those that stand there; undefined where there is none. */
class CommonSchema {
  private common: Schema | undefined;
  private isMixed = false;

  add(latest: SchemaAndValue | null): void {
    if (this.isMixed || !latest?.schema) return;
    const merged = this.common ? merge(this.common, latest.schema) : latest.schema;
    this.isMixed = merged === undefined;
    this.common = merged;
  }

  get schema(): Schema | undefined {
    return this.isMixed ? undefined : this.common;
  }
}

function merge(known: Schema, latest: Schema): Schema | undefined {
  if (known.equals(latest)) return known;
  const [before, after] = [NUMBERS.indexOf(known.type), NUMBERS.indexOf(latest.type)];
  if (before >= 0 && after >= 0 && !known.name && !latest.name) return after > before ? latest : known;
  return undefined;
}

function align(schema: Schema, value: unknown): unknown {
  if (value === null) throw new DataError('Unable to convert a null value to a schema that requires a value');
  if (schema.type === 'INT64' && typeof value === 'number') return BigInt(value);
  if (/^FLOAT/.test(schema.type) && typeof value === 'bigint') return Number(value);
  return value;
}

const TOKEN = /\\.|[[\]{}":,]|[^[\]{}":,\\]+|\\/gs;

class ValueParser {
  private readonly tokens: readonly string[];
  private at = 0;

  constructor(private readonly text: string) {
    this.tokens = text.match(TOKEN) ?? [];
  }

  private get hasNext(): boolean {
    return this.at < this.tokens.length;
  }

  private consume(expected: string): boolean {
    while (this.hasNext && this.tokens[this.at]!.trim() === '' && this.at + 1 < this.tokens.length) this.at++;
    if (this.tokens[this.at]?.trim() !== expected) return false;
    this.at++;
    return true;
  }

  private literal(expected: string, embedded: boolean): boolean {
    const mark = this.at;
    if (this.consume(expected) && (embedded || !this.hasNext)) return true;
    this.at = mark;
    return false;
  }

  parse(embedded: boolean): SchemaAndValue | null {
    if (!this.hasNext) return null;
    if (embedded && this.consume('"')) return this.quoted();
    if (this.literal('null', embedded)) return null;
    if (this.literal('true', embedded)) return TRUE;
    if (this.literal('false', embedded)) return FALSE;
    const mark = this.at;
    try {
      if (this.consume('[')) return this.array();
      if (this.consume('{')) return this.map();
    } catch (thrown) {
      if (!(thrown instanceof DataError)) throw thrown;
      this.at = mark;
    }
    const token = this.tokens[this.at++]!;
    if (token.trim() === '') return { schema: STRING_SCHEMA, value: token };
    return this.scalar(token.trim(), embedded);
  }

  private scalar(token: string, embedded: boolean): SchemaAndValue {
    if (/^\d/.test(token)) {
      // A time holds colons, which end tokens.
      const rest = this.tokens.slice(this.at, this.at + 4).join('');
      const mark = this.at;
      this.at += 4;
      const time =
        rest.startsWith(':') || rest.startsWith('\\:') ? asTemporal(unescapeColons(token + rest).trim()) : undefined;
      if (time) return time;
      this.at = mark;
      const date = asTemporal(token);
      if (date) return date;
    }
    // What follows the number is dropped, as Apache's parser does.
    const number = /^[\d+-]/.test(token) ? asNumber(token) : undefined;
    if (number) return number;
    if (embedded) throw new DataError('Failed to parse embedded value');
    return { schema: STRING_SCHEMA, value: this.text };
  }

  private quoted(): SchemaAndValue {
    let content = '';
    // Escapes stay as they are.
    while (this.hasNext && this.tokens[this.at] !== '"') content += this.tokens[this.at++]!;
    this.at++;
    return asTemporal(content) ?? { schema: STRING_SCHEMA, value: content };
  }

  private array(): SchemaAndValue {
    const values: unknown[] = [];
    const common = new CommonSchema();
    while (this.hasNext) {
      if (this.consume(']')) {
        const { schema } = common;
        if (!schema) return { schema: arrayOf(null), value: values };
        return { schema: arrayOf(schema), value: values.map((value) => align(schema, value)) };
      }
      if (this.consume(',')) throw new DataError(`Unable to parse an empty array element: ${this.text}`);
      const element = this.parse(true);
      common.add(element);
      values.push(element?.value ?? null);
      if (this.tokens[this.at]?.trim() !== ']' && !this.consume(',')) {
        const mark = this.at;
        if (!this.consume(']')) throw new DataError("Array elements missing ',' delimiter");
        this.at = mark;
      }
    }
    throw new DataError(`Array is missing terminating ']': ${this.text}`);
  }

  private map(): SchemaAndValue {
    const map = new Map<unknown, unknown>();
    const [keys, values] = [new CommonSchema(), new CommonSchema()];
    while (this.hasNext) {
      if (this.consume('}')) return mapOfCommon(map, keys.schema, values.schema);
      if (this.consume(',')) throw new DataError(`Unable to parse a map entry with no key or value: ${this.text}`);
      const key = this.parse(true);
      if (key === null || key.value === null) throw new DataError(`Map entry may not have a null key: ${this.text}`);
      if (!this.consume(':')) throw new DataError(`Map entry is missing ':' in ${this.text}`);
      const value = this.parse(true);
      map.set(key.value, value?.value ?? null);
      this.consume(',');
      keys.add(key);
      values.add(value);
    }
    throw new DataError(`Map is missing terminating '}': ${this.text}`);
  }
}

const unescapeColons = (text: string): string => text.replaceAll('\\:', ':');

function mapOfCommon(
  map: ReadonlyMap<unknown, unknown>,
  keySchema: Schema | undefined,
  valueSchema: Schema | undefined,
): SchemaAndValue {
  const alignedKey = (key: unknown): unknown => (keySchema ? align(keySchema, key) : key);
  const alignedValue = (value: unknown): unknown => (valueSchema ? align(valueSchema, value) : value);
  const aligned = [...map].map(([key, value]) => [alignedKey(key), alignedValue(value)] as const);
  return { schema: mapOf(keySchema ?? null, valueSchema ?? null), value: new Map(aligned) };
}

/** The value that a text looks like; null for `null`. What looks like nothing else is the text itself. */
export function parseValue(text: string): SchemaAndValue | null {
  return text === '' ? { schema: STRING_SCHEMA, value: '' } : new ValueParser(text).parse(false);
}

/** How Values writes a time: as a time of day, a date or both. */
export function temporalText(date: Date): string {
  const millis = date.getTime();
  const msPerDay = 86_400_000;
  if (millis < msPerDay) return TIME_FORMAT.format(date);
  return (millis % msPerDay === 0 ? DATE_FORMAT : TIMESTAMP_FORMAT).format(date);
}
