import { configException, illegalArgument } from '@odradek/tools/tool-error';
import { ConfigDef, type ConfigKey } from '../config/config-def';
import { nonEmptyList, oneOf, oneOfInAnyCase } from '../config/validators';
import type { ConnectHeader, ConnectRecord } from '../data/record';
import { type Schema, structOf } from '../data/schema';
import { Struct } from '../data/struct';
import { DataError } from '../errors';
import { JavaHashMap } from '../java/hash-map';
import type { Props, Transformation } from '../plugins/api';
import { FieldPath } from './field-path';
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

export const EXTRACT_FIELD_CONFIG = new ConfigDef([
  { name: 'field', type: 'STRING', importance: 'MEDIUM', documentation: 'The field to take out.' },
  REPLACE_NULL,
  {
    name: 'field.syntax.version',
    type: 'STRING',
    fallback: 'V1',
    validate: oneOfInAnyCase('V1', 'V2'),
    importance: 'HIGH',
    documentation: 'V1: names of fields at the root. V2: paths to nested fields, with dots between the names.',
  },
]);

/** Puts a field into the place of what it lies in (org.apache.kafka.connect.transforms.ExtractField). */
export class ExtractField implements Transformation {
  private field = '';
  private path = new FieldPath('', 'V1');
  private replacesNull = true;

  constructor(private readonly part: Part) {}

  configure(props: Props): void {
    const config = EXTRACT_FIELD_CONFIG.parse(props);
    this.field = config.string('field');
    this.path = new FieldPath(this.field, config.string('field.syntax.version').toUpperCase() as 'V1' | 'V2');
    this.replacesNull = config.boolean('replace.null.with.default');
  }

  apply<R extends ConnectRecord>(record: R): R {
    const [schema, value] = [schemaIn(record, this.part), valueIn(record, this.part)];
    const isNull = value === null || value === undefined;
    const purpose = 'field extraction';
    if (!schema) {
      const found = isNull ? null : this.path.valueInMap(requireMap(value, purpose));
      return withPart(record, this.part, null, found);
    }
    const struct = isNull ? null : requireStruct(value, purpose);
    const field = this.path.fieldOf(schema);
    if (!field) throw illegalArgument(`Unknown field: ${this.field}`);
    return withPart(record, this.part, field.schema, struct && this.path.valueInStruct(struct, this.replacesNull));
  }
}

export const HOIST_FIELD_CONFIG = new ConfigDef([
  {
    name: 'field',
    type: 'STRING',
    importance: 'MEDIUM',
    documentation: 'The name of the only field of the struct or map that is made.',
  },
]);

/** Makes a struct or map with one field of what is there (org.apache.kafka.connect.transforms.HoistField). */
export class HoistField implements Transformation {
  private field = '';
  private readonly schemas = new SchemaCache();

  constructor(private readonly part: Part) {}

  configure(props: Props): void {
    this.field = HOIST_FIELD_CONFIG.parse(props).string('field');
  }

  apply<R extends ConnectRecord>(record: R): R {
    const [schema, value] = [schemaIn(record, this.part), valueIn(record, this.part)];
    if (!schema) return withPart(record, this.part, null, new Map([[this.field, value]]));
    const made = this.schemas.get(schema, (each) => structOf([[this.field, each]]));
    return withPart(record, this.part, made, new Struct(made).put(this.field, value));
  }
}

const list = (name: string, documentation: string): ConfigKey => ({
  name,
  type: 'LIST',
  validate: nonEmptyList,
  importance: 'HIGH',
  documentation,
});

export const HEADER_FROM_CONFIG = new ConfigDef([
  list('fields', 'The fields that go to headers.'),
  list('headers', 'The names of the headers, in the order of the fields.'),
  {
    name: 'operation',
    type: 'STRING',
    validate: oneOf('move', 'copy'),
    importance: 'HIGH',
    documentation: 'move: the fields are taken out of the record. copy: they stay there as well.',
  },
  REPLACE_NULL,
]);

/** Makes headers of fields (org.apache.kafka.connect.transforms.HeaderFrom). */
export class HeaderFrom implements Transformation {
  private fields: readonly string[] = [];
  private headers: readonly string[] = [];
  private operation = 'copy';
  private replacesNull = true;
  private readonly schemas = new SchemaCache();

  constructor(private readonly part: Part) {}

  configure(props: Props): void {
    const config = HEADER_FROM_CONFIG.parse(props);
    this.fields = config.list('fields');
    this.headers = config.list('headers');
    this.operation = config.string('operation');
    this.replacesNull = config.boolean('replace.null.with.default');
    if (this.fields.length !== this.headers.length) {
      throw headerCountMismatch();
    }
  }

  apply<R extends ConnectRecord>(record: R): R {
    const [schema, value] = [schemaIn(record, this.part), valueIn(record, this.part)];
    const purpose = `header ${this.operation}`;
    return schema
      ? this.fromStruct(record, schema, requireStruct(value, purpose))
      : this.fromMap(record, requireMap(value, purpose));
  }

  private fromStruct<R extends ConnectRecord>(record: R, schema: Schema, struct: Struct): R {
    const added = this.fields.map((name, index): ConnectHeader => {
      const field = schema.field(name);
      if (!field) throw new DataError(`${name} is not a valid field name`);
      return { key: this.headers[index]!, schema: field.schema, value: fieldValue(struct, field, this.replacesNull) };
    });
    const headers = [...record.headers, ...added];
    if (this.operation === 'copy') return { ...record, headers };
    const left = schema.fields.filter(({ name }) => !this.fields.includes(name));
    const made = this.schemas.get(schema, () => {
      return structOf(
        left.map((field) => [field.name, field.schema] as const),
        basicsOf(schema),
      );
    });
    const rest = new Struct(made);
    for (const field of left) rest.put(field.name, fieldValue(struct, field, this.replacesNull));
    return withPart({ ...record, headers }, this.part, made, rest);
  }

  private fromMap<R extends ConnectRecord>(record: R, map: ReadonlyMap<string, unknown>): R {
    const added = this.fields.map((name, index): ConnectHeader => {
      return { key: this.headers[index]!, schema: null, value: map.get(name) ?? null };
    });
    const rest = JavaHashMap.copyOf(map);
    if (this.operation === 'move') for (const name of this.fields) rest.delete(name);
    return withPart({ ...record, headers: [...record.headers, ...added] }, this.part, null, rest);
  }
}

const headerCountMismatch = (): Error =>
  configException("'fields' config must have the same number of elements as 'headers' config.");

export const VALUE_TO_KEY_CONFIG = new ConfigDef([
  list('fields', 'The fields of the value that make up the key.'),
  REPLACE_NULL,
]);

/** Makes the key of fields of the value (org.apache.kafka.connect.transforms.ValueToKey). */
export class ValueToKey implements Transformation {
  private fields: readonly string[] = [];
  private replacesNull = true;
  private readonly schemas = new SchemaCache();

  configure(props: Props): void {
    const config = VALUE_TO_KEY_CONFIG.parse(props);
    this.fields = config.list('fields');
    this.replacesNull = config.boolean('replace.null.with.default');
  }

  apply<R extends ConnectRecord>(record: R): R {
    const purpose = 'copying fields from value to key';
    if (!record.valueSchema) {
      const map = requireMap(record.value, purpose);
      const entries = this.fields.map((name): [string, unknown] => [name, map.get(name) ?? null]);
      return { ...record, keySchema: null, key: new JavaHashMap(entries, this.fields.length) };
    }
    const struct = requireStruct(record.value, purpose);
    const keySchema = this.schemas.get(struct.schema, (schema) =>
      structOf(
        this.fields.map((name) => {
          const field = schema.field(name);
          if (!field) throw new DataError(`Field does not exist: ${name}`);
          return [name, field.schema] as const;
        }),
      ),
    );
    const key = new Struct(keySchema);
    for (const field of keySchema.fields) key.put(field.name, fieldValue(struct, field, this.replacesNull));
    return { ...record, keySchema, key };
  }
}
