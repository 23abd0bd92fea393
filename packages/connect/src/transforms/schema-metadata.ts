import { configException } from '@odradek/tools/tool-error';
import { ConfigDef } from '../config/config-def';
import type { ConnectRecord } from '../data/record';
import { Struct } from '../data/struct';
import { DataError } from '../errors';
import type { Props, Transformation } from '../plugins/api';
import { fieldValue, type Part, REPLACE_NULL, SchemaCache, schemaIn, valueIn, withPart } from './parts';

export const SET_SCHEMA_METADATA_CONFIG = new ConfigDef([
  { name: 'schema.name', type: 'STRING', fallback: null, importance: 'HIGH', documentation: 'The name of the schema.' },
  {
    name: 'schema.version',
    type: 'INT',
    fallback: null,
    importance: 'HIGH',
    documentation: 'The version of the schema.',
  },
  REPLACE_NULL,
]);

/** Names a schema, or gives it a version (org.apache.kafka.connect.transforms.SetSchemaMetadata). */
export class SetSchemaMetadata implements Transformation {
  private name: string | null = null;
  private version: number | null = null;
  private replacesNull = true;
  private readonly schemas = new SchemaCache();

  constructor(private readonly part: Part) {}

  configure(props: Props): void {
    const config = SET_SCHEMA_METADATA_CONFIG.parse(props);
    this.name = config.nullable('schema.name');
    this.version = config.get('schema.version') as number | null;
    this.replacesNull = config.boolean('replace.null.with.default');
    if (this.name === null && this.version === null) {
      throw configException('Neither schema name nor version configured');
    }
  }

  apply<R extends ConnectRecord>(record: R): R {
    const [schema, value] = [schemaIn(record, this.part), valueIn(record, this.part)];
    const isNull = value === null || value === undefined;
    if (isNull && !schema) return record;
    if (!schema) throw new DataError('Schema required for [updating schema metadata]');
    const made = this.schemas.get(schema, (each) =>
      each.with({ name: this.name ?? each.name, version: this.version ?? each.version }),
    );
    if (!(value instanceof Struct)) return withPart(record, this.part, made, value);
    const struct = new Struct(made);
    for (const field of value.schema.fields) struct.put(field.name, fieldValue(value, field, this.replacesNull));
    return withPart(record, this.part, made, struct);
  }
}
