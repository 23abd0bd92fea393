import { ToolError } from '@odradek/tools/tool-error';
import { ConfigDef } from '../config/config-def';
import { nonEmptyList, nonEmptyString } from '../config/validators';
import { Decimal } from '../data/decimal';
import type { ConnectRecord } from '../data/record';
import type { Field } from '../data/schema';
import { Struct } from '../data/struct';
import { DataError } from '../errors';
import { JavaDouble, JavaFloat } from '../java/boxed';
import { classNameOf } from '../java/class-name';
import { JavaHashMap } from '../java/hash-map';
import type { Props, Transformation } from '../plugins/api';
import { fieldValue, type Part, REPLACE_NULL, requireMap, requireStruct, schemaIn, valueIn, withPart } from './parts';

const PURPOSE = 'mask fields';

export const MASK_FIELD_CONFIG = new ConfigDef([
  { name: 'fields', type: 'LIST', validate: nonEmptyList, importance: 'HIGH', documentation: 'The fields to mask.' },
  {
    name: 'replacement',
    type: 'STRING',
    fallback: null,
    validate: nonEmptyString,
    importance: 'LOW',
    documentation: 'What stands in the place of masked numbers and strings; without it 0 or the empty string.',
  },
  REPLACE_NULL,
]);

/** Hides what fields hold (org.apache.kafka.connect.transforms.MaskField). */
export class MaskField implements Transformation {
  private fields: readonly string[] = [];
  private replacement: string | null = null;
  private replacesNull = true;

  constructor(private readonly part: Part) {}

  configure(props: Props): void {
    const config = MASK_FIELD_CONFIG.parse(props);
    this.fields = config.list('fields');
    this.replacement = config.nullable('replacement');
    this.replacesNull = config.boolean('replace.null.with.default');
  }

  apply<R extends ConnectRecord>(record: R): R {
    const [schema, value] = [schemaIn(record, this.part), valueIn(record, this.part)];
    if (!schema) {
      const map: JavaHashMap<string, unknown> = JavaHashMap.copyOf(requireMap(value, PURPOSE));
      for (const name of this.fields) map.set(name, this.masked(map.get(name)));
      return withPart(record, this.part, null, map);
    }
    const struct = requireStruct(value, PURPOSE);
    const result = new Struct(struct.schema);
    for (const field of struct.schema.fields) {
      const original = fieldValue(struct, field, this.replacesNull);
      result.put(field.name, this.fields.includes(field.name) ? this.masked(original, field) : original);
    }
    return withPart(record, this.part, schema, result);
  }

  private masked(value: unknown, field?: Field): unknown {
    if (value === null || value === undefined) return null;
    if (this.replacement !== null) return replaced(value, this.replacement, field);
    return emptied(value);
  }
}

function emptied(value: unknown): unknown {
  if (value instanceof JavaDouble || (typeof value === 'number' && !Number.isInteger(value))) return new JavaDouble(0);
  if (value instanceof JavaFloat) return new JavaFloat(0);
  if (value instanceof Decimal) return new Decimal(0n, 0);
  if (value instanceof Date) return new Date(0);
  if (value instanceof Map) return new JavaHashMap();
  if (Array.isArray(value)) return [];
  switch (typeof value) {
    case 'number':
      return 0;
    case 'bigint':
      return 0n;
    case 'boolean':
      return false;
    case 'string':
      return '';
    default:
      throw new DataError(`Cannot mask value of type: class ${classNameOf(value)}`);
  }
}

const BITS: Readonly<Record<string, number>> = { INT8: 8, INT16: 16, INT32: 32, INT64: 64 };

function replaced(value: unknown, replacement: string, field: Field | undefined): unknown {
  if (typeof value === 'string') return replacement;
  const type = field?.schema.type;
  const isFloating =
    type === 'FLOAT32' ||
    type === 'FLOAT64' ||
    value instanceof Number ||
    (typeof value === 'number' && !Number.isInteger(value));
  const isWhole = typeof value === 'number' || typeof value === 'bigint';
  if (!isFloating && !isWhole && !(value instanceof Decimal)) throw unmaskable(value);
  const decimal = Decimal.parse(replacement);
  if (!decimal) throw notNumber(replacement);
  if (value instanceof Decimal) return decimal;
  if (isFloating) {
    const number = decimal.toNumber();
    if (type !== undefined) return type === 'FLOAT32' ? Math.fround(number) : number;
    return value instanceof JavaFloat ? new JavaFloat(number) : new JavaDouble(number);
  }
  const whole = BigInt.asIntN(BITS[type ?? 'INT64']!, decimal.toBigInt());
  return typeof value === 'bigint' ? whole : Number(whole);
}

const unmaskable = (value: unknown): DataError =>
  new DataError(`Cannot mask value of type class ${classNameOf(value)} with custom replacement.`);

/** java.math.BigDecimal's complaint. */
function notNumber(replacement: string): DataError {
  const odd = /[^0-9+.-]/.exec(replacement)?.[0] ?? '';
  const why = `Character ${odd} is neither a decimal digit number, decimal point, nor "e" notation exponential mark.`;
  return new DataError(
    `Unable to convert ${replacement} (class java.lang.String) to a number`,
    new ToolError('java.lang.NumberFormatException', why),
  );
}
