import { ConfigDef } from '../config/config-def';
import { Decimal } from '../data/decimal';
import type { ConnectRecord } from '../data/record';
import { type Schema, structOf } from '../data/schema';
import { Struct } from '../data/struct';
import { DataError } from '../errors';
import { classNameOf } from '../java/class-name';
import type { Props, Transformation } from '../plugins/api';
import { basicsOf, type Part, requireMap, requireStruct, SchemaCache, schemaIn, valueIn, withPart } from './parts';

const PURPOSE = 'flattening';

export const FLATTEN_CONFIG = new ConfigDef([
  {
    name: 'delimiter',
    type: 'STRING',
    fallback: '.',
    importance: 'MEDIUM',
    documentation: 'What stands between the names of a field and of the one that it lay in.',
  },
]);

/** Makes nested data flat (org.apache.kafka.connect.transforms.Flatten). */
export class Flatten implements Transformation {
  private delimiter = '.';
  private readonly schemas = new SchemaCache();

  constructor(private readonly part: Part) {}

  configure(props: Props): void {
    this.delimiter = FLATTEN_CONFIG.parse(props).string('delimiter');
  }

  apply<R extends ConnectRecord>(record: R): R {
    const [schema, value] = [schemaIn(record, this.part), valueIn(record, this.part)];
    if (value === null || value === undefined) return record;
    if (!schema) {
      const flat = new Map<string, unknown>();
      this.flattenMap(requireMap(value, PURPOSE), '', flat);
      return withPart(record, this.part, null, flat);
    }
    const struct = requireStruct(value, PURPOSE);
    const flatSchema = this.schemas.get(schema, (each) => this.flatSchema(each));
    const flat = new Struct(flatSchema);
    this.flattenStruct(struct, '', flat);
    return withPart(record, this.part, flatSchema, flat);
  }

  private name(prefix: string, name: string): string {
    return prefix === '' ? name : prefix + this.delimiter + name;
  }

  private flattenMap(map: ReadonlyMap<string, unknown>, prefix: string, into: Map<string, unknown>): void {
    for (const [key, value] of map) {
      const name = this.name(prefix, key);
      if (value instanceof Map) this.flattenMap(value, name, into);
      else if (value instanceof Struct) {
        const what = `class ${classNameOf(value)}`;
        throw new DataError(
          `Flatten transformation does not support ${what} for record without schemas (for field ${name}).`,
        );
      } else if (value instanceof Decimal || value instanceof Date) {
        const what = `class ${classNameOf(value)}`;
        throw new DataError(
          `Flatten transformation was passed a value of type ${what} which is not supported by Connect's data API`,
        );
      } else into.set(name, value);
    }
  }

  private flatSchema(schema: Schema): Schema {
    const fields: [string, Schema][] = [];
    this.flattenFields(schema, '', schema.optional, schema.defaultValue as Struct | null, fields);
    return structOf(fields, basicsOf(schema));
  }

  private flattenFields(
    schema: Schema,
    prefix: string,
    optional: boolean,
    parentDefault: Struct | null,
    into: [string, Schema][],
  ): void {
    for (const field of schema.fields) {
      const name = this.name(prefix, field.name);
      const isOptional = optional || field.schema.optional;
      const defaultValue = field.schema.defaultValue ?? parentDefault?.get(field.name) ?? null;
      if (field.schema.type === 'STRUCT') {
        this.flattenFields(field.schema, name, isOptional, defaultValue as Struct | null, into);
      } else if (field.schema.type === 'MAP') {
        throw new DataError(`Flatten transformation does not support MAP for record with schemas (for field ${name}).`);
      } else into.push([name, field.schema.with({ optional: isOptional, defaultValue })]);
    }
  }

  private flattenStruct(struct: Struct | null, prefix: string, into: Struct): void {
    if (!struct) return;
    for (const field of struct.schema.fields) {
      const name = this.name(prefix, field.name);
      if (field.schema.type === 'STRUCT')
        this.flattenStruct(struct.getWithoutDefault(field.name) as Struct | null, name, into);
      else into.put(name, struct.get(field.name));
    }
  }
}
