import { ConfigDef, type ConfigKey, invalidValue } from '../config/config-def';
import type { ConnectRecord } from '../data/record';
import { type Schema, structOf } from '../data/schema';
import { Struct } from '../data/struct';
import { JavaHashMap } from '../java/hash-map';
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

const PURPOSE = 'field replacement';

function parseRenames(mappings: readonly string[]): Map<string, string> {
  return new Map(
    mappings.map((mapping) => {
      const parts = mapping.split(':');
      if (parts.length !== 2) throw invalidValue('renames', mappings, `Invalid rename mapping: ${mapping}`);
      return [parts[0]!, parts[1]!];
    }),
  );
}

const list = (name: string, fallback: string | null, documentation: string): ConfigKey => ({
  name,
  type: 'LIST',
  fallback,
  importance: fallback === null ? 'LOW' : 'MEDIUM',
  documentation,
});

export const REPLACE_FIELD_CONFIG = new ConfigDef([
  list('exclude', '', 'The fields to leave out, whether they are included or not.'),
  list('blacklist', null, 'The old name of exclude.'),
  list('include', '', 'The fields to keep; all of them where this is empty.'),
  list('whitelist', null, 'The old name of include.'),
  {
    ...list('renames', '', 'New names of fields, as old:new pairs.'),
    validate: (_, value) => {
      parseRenames(value as readonly string[]);
    },
  },
  REPLACE_NULL,
]);

/** Leaves out or renames fields (org.apache.kafka.connect.transforms.ReplaceField). */
export class ReplaceField implements Transformation {
  private exclude: readonly string[] = [];
  private include: readonly string[] = [];
  private renames: ReadonlyMap<string, string> = new Map();
  private replacesNull = true;
  private readonly schemas = new SchemaCache();

  constructor(private readonly part: Part) {}

  configure(props: Props): void {
    const config = REPLACE_FIELD_CONFIG.parse(props);
    const given = (name: string, oldName: string): readonly string[] =>
      props.has(name) || !props.has(oldName) ? config.list(name) : config.list(oldName);
    this.exclude = given('exclude', 'blacklist');
    this.include = given('include', 'whitelist');
    this.renames = parseRenames(config.list('renames'));
    this.replacesNull = config.boolean('replace.null.with.default');
  }

  apply<R extends ConnectRecord>(record: R): R {
    const [schema, value] = [schemaIn(record, this.part), valueIn(record, this.part)];
    if (value === null || value === undefined) return record;
    if (!schema) {
      const map = requireMap(value, PURPOSE);
      const kept = [...map].filter(([name]) => this.keeps(name));
      const renamed = kept.map(([name, each]): [string, unknown] => [this.nameOf(name), each]);
      return withPart(record, this.part, null, new JavaHashMap(renamed, map.size));
    }
    const struct = requireStruct(value, PURPOSE);
    const made = this.schemas.get(schema, (each) => this.replaced(each));
    const result = new Struct(made);
    for (const field of struct.schema.fields) {
      if (this.keeps(field.name)) result.put(this.nameOf(field.name), fieldValue(struct, field, this.replacesNull));
    }
    return withPart(record, this.part, made, result);
  }

  private keeps(name: string): boolean {
    return !this.exclude.includes(name) && (this.include.length === 0 || this.include.includes(name));
  }

  private nameOf(name: string): string {
    return this.renames.get(name) ?? name;
  }

  private replaced(schema: Schema): Schema {
    const kept = schema.fields.filter(({ name }) => this.keeps(name));
    return structOf(
      kept.map((field) => [this.nameOf(field.name), field.schema] as const),
      basicsOf(schema),
    );
  }
}
