import { DataError, SchemaBuilderError } from '../errors';
import type { Field, ScalarType, Schema, SchemaAndValue, SchemaInit, SchemaType } from '../plugins/api';

export type { Field, ScalarType, Schema, SchemaInit, SchemaType };

interface Parts {
  readonly fields?: readonly (readonly [string, Schema])[];
  /** Null: what is in it has no type in common. */
  readonly keySchema?: Schema | null;
  readonly valueSchema?: Schema | null;
}

/** The type of data: what Connect's records are described by (ConnectSchema). Immutable. */
export class ConnectSchema implements Schema {
  readonly optional: boolean;
  readonly defaultValue: unknown;
  readonly name: string | null;
  readonly version: number | null;
  readonly doc: string | null;
  readonly parameters: ReadonlyMap<string, string> | null;
  private readonly fieldsByName: ReadonlyMap<string, Field> | undefined;
  private readonly parts: Parts;

  constructor(
    readonly type: SchemaType,
    init: SchemaInit = {},
    parts: Parts = {},
  ) {
    this.optional = init.optional ?? false;
    this.defaultValue = init.defaultValue ?? null;
    this.name = init.name ?? null;
    this.version = init.version ?? null;
    this.doc = init.doc ?? null;
    this.parameters = init.parameters ?? null;
    this.parts = parts;
    if (type === 'STRUCT') this.fieldsByName = fieldMap(parts.fields ?? []);
  }

  /** The fields of a struct, in order. Throws `DataError` for other types. */
  get fields(): readonly Field[] {
    if (!this.fieldsByName) throw new DataError('Cannot list fields on non-struct type');
    return [...this.fieldsByName.values()];
  }

  /** A struct's field, undefined where it has none of that name. */
  field(name: string): Field | undefined {
    if (!this.fieldsByName) throw new DataError('Cannot look up fields on non-struct type');
    return this.fieldsByName.get(name);
  }

  /** Null only in what was read by its looks and holds nothing, or things of all kinds (SchemaBuilder.mapOfNull). */
  get keySchema(): Schema {
    if (this.type !== 'MAP') throw new DataError('Cannot look up key schema on non-map type');
    return this.parts.keySchema!;
  }

  get valueSchema(): Schema {
    if (this.type !== 'MAP' && this.type !== 'ARRAY') {
      throw new DataError('Cannot look up value schema on non-array and non-map type');
    }
    return this.parts.valueSchema!;
  }

  /** The same schema with other properties. */
  with(init: SchemaInit): Schema {
    const { optional, defaultValue, name, version, doc, parameters } = this;
    return new ConnectSchema(
      this.type,
      { optional, defaultValue, name, version, doc, parameters, ...init },
      this.parts,
    );
  }

  /** ConnectSchema.equals. */
  equals(other: Schema): boolean {
    if (this === other) return true;
    return schemaKey(this) === schemaKey(other);
  }

  toString(): string {
    return this.name === null ? `Schema{${this.type}}` : `Schema{${this.name}:${this.type}}`;
  }
}

function fieldMap(fields: readonly (readonly [string, Schema])[]): Map<string, Field> {
  const map = new Map<string, Field>();
  for (const [name, schema] of fields) {
    if (map.has(name)) {
      throw new SchemaBuilderError(`Cannot create field because of field name duplication ${name}`);
    }
    map.set(name, { name, index: map.size, schema });
  }
  return map;
}

const keys = new WeakMap<Schema, string>();

/** A text that is the same for equal schemas only. */
function schemaKey(schema: Schema | null): string {
  if (schema === null) return 'null';
  const known = keys.get(schema);
  if (known !== undefined) return known;
  const { type, optional, defaultValue, name, version, doc, parameters } = schema;
  const parts =
    type === 'STRUCT'
      ? schema.fields.map((field) => [field.name, schemaKey(field.schema)])
      : type === 'MAP'
        ? [schemaKey(schema.keySchema), schemaKey(schema.valueSchema)]
        : type === 'ARRAY'
          ? [schemaKey(schema.valueSchema)]
          : [];
  const shown = typeof defaultValue === 'bigint' ? `${defaultValue}n` : defaultValue;
  const key = JSON.stringify([type, optional, shown, name, version, doc, parameters && [...parameters], parts]);
  keys.set(schema, key);
  return key;
}

export const schemaOf = (type: ScalarType, init?: SchemaInit): Schema => new ConnectSchema(type, init);

export const arrayOf = (valueSchema: Schema | null, init?: SchemaInit): Schema =>
  new ConnectSchema('ARRAY', init, { valueSchema });

export const mapOf = (keySchema: Schema | null, valueSchema: Schema | null, init?: SchemaInit): Schema =>
  new ConnectSchema('MAP', init, { keySchema, valueSchema });

/** A struct's schema from its fields in order. Throws `SchemaBuilderError` where a name stands twice. */
export const structOf = (fields: readonly (readonly [string, Schema])[], init?: SchemaInit): Schema =>
  new ConnectSchema('STRUCT', init, { fields });

/** No data. */
export const NOTHING: SchemaAndValue = { schema: null, value: null };

export const STRING_SCHEMA = schemaOf('STRING');
export const OPTIONAL_STRING_SCHEMA = schemaOf('STRING', { optional: true });
export const OPTIONAL_BYTES_SCHEMA = schemaOf('BYTES', { optional: true });

/** A schema's fields as `structOf` takes them. */
export const fieldEntries = (schema: Schema): (readonly [string, Schema])[] =>
  schema.fields.map((field) => [field.name, field.schema]);
