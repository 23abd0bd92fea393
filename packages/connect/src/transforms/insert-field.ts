import { configException } from '@odradek/tools/tool-error';
import { ConfigDef, type ConfigKey, invalidValue } from '../config/config-def';
import { timestampSchema } from '../data/logical';
import type { ConnectRecord } from '../data/record';
import { fieldEntries, type Schema, schemaOf, structOf } from '../data/schema';
import { Struct } from '../data/struct';
import { JavaHashMap } from '../java/hash-map';
import type { Props, Transformation } from '../plugins/api';
import {
  basicsOf,
  fieldValue,
  type Part,
  REPLACE_NULL,
  requireMap,
  requireSinkRecord,
  requireStruct,
  SchemaCache,
  schemaIn,
  valueIn,
  withPart,
} from './parts';

const PURPOSE = 'field insertion';
const SUFFIX = 'With ! after it the field is required, with ? (or nothing) optional.';

const key = (name: string, documentation: string): ConfigKey => ({
  name,
  type: 'STRING',
  fallback: null,
  importance: 'MEDIUM',
  documentation,
});

export const INSERT_FIELD_CONFIG = new ConfigDef([
  key('topic.field', `The field that gets the topic. ${SUFFIX}`),
  key('partition.field', `The field that gets the partition. ${SUFFIX}`),
  key('offset.field', `The field that gets the offset, in sinks only. ${SUFFIX}`),
  key('timestamp.field', `The field that gets the record's timestamp. ${SUFFIX}`),
  key('static.field', `The field that gets a value that is always the same. ${SUFFIX}`),
  key('static.value', 'The value of the static field.'),
  REPLACE_NULL,
]);

interface Insertion {
  readonly name: string;
  readonly optional: boolean;
}

function insertionOf(spec: string | null): Insertion | undefined {
  if (spec === null) return undefined;
  if (spec.endsWith('?')) return { name: spec.slice(0, -1), optional: true };
  if (spec.endsWith('!')) return { name: spec.slice(0, -1), optional: false };
  return { name: spec, optional: true };
}

/** Adds where a record stands, or a fixed text, to its fields (org.apache.kafka.connect.transforms.InsertField). */
export class InsertField implements Transformation {
  private topic: Insertion | undefined;
  private partition: Insertion | undefined;
  private offset: Insertion | undefined;
  private timestamp: Insertion | undefined;
  private fixed: Insertion | undefined;
  private fixedValue: string | null = null;
  private replacesNull = true;
  private readonly schemas = new SchemaCache();

  constructor(private readonly part: Part) {}

  configure(props: Props): void {
    const config = INSERT_FIELD_CONFIG.parse(props);
    const spec = (name: string): Insertion | undefined => insertionOf(config.nullable(name));
    this.topic = spec('topic.field');
    this.partition = spec('partition.field');
    this.offset = spec('offset.field');
    this.timestamp = spec('timestamp.field');
    this.fixed = spec('static.field');
    this.fixedValue = config.nullable('static.value');
    this.replacesNull = config.boolean('replace.null.with.default');
    if (!this.topic && !this.partition && !this.offset && !this.timestamp && !this.fixed) {
      throw configException('No field insertion configured');
    }
    if (this.fixed && this.fixedValue === null) {
      throw invalidValue('static.value', null, `No value specified for static field: ${this.fixed.name}`);
    }
  }

  apply<R extends ConnectRecord>(record: R): R {
    const [schema, value] = [schemaIn(record, this.part), valueIn(record, this.part)];
    if (value === null || value === undefined) return record;
    return schema ? this.intoStruct(record, schema, value) : this.intoMap(record, value);
  }

  private intoMap<R extends ConnectRecord>(record: R, value: unknown): R {
    const map: JavaHashMap<string, unknown> = JavaHashMap.copyOf(requireMap(value, PURPOSE));
    if (this.topic) map.set(this.topic.name, record.topic);
    if (this.partition && record.partition !== null) map.set(this.partition.name, record.partition);
    if (this.offset) map.set(this.offset.name, requireSinkRecord(record, PURPOSE).offset);
    if (this.timestamp && record.timestamp !== null) map.set(this.timestamp.name, record.timestamp);
    if (this.fixed) map.set(this.fixed.name, this.fixedValue);
    return withPart(record, this.part, null, map);
  }

  private intoStruct<R extends ConnectRecord>(record: R, schema: Schema, value: unknown): R {
    const struct = requireStruct(value, PURPOSE);
    const made = this.schemas.get(schema, (each) => this.extended(each));
    const result = new Struct(made);
    for (const field of struct.schema.fields) result.put(field.name, fieldValue(struct, field, this.replacesNull));
    if (this.topic) result.put(this.topic.name, record.topic);
    if (this.partition && record.partition !== null) result.put(this.partition.name, record.partition);
    if (this.offset) result.put(this.offset.name, BigInt(requireSinkRecord(record, PURPOSE).offset));
    if (this.timestamp && record.timestamp !== null) result.put(this.timestamp.name, new Date(record.timestamp));
    if (this.fixed) result.put(this.fixed.name, this.fixedValue);
    return withPart(record, this.part, made, result);
  }

  private extended(schema: Schema): Schema {
    const added: [string, Schema][] = [];
    const add = (insertion: Insertion | undefined, make: (init: { optional: boolean }) => Schema): void => {
      if (insertion) added.push([insertion.name, make({ optional: insertion.optional })]);
    };
    add(this.topic, (init) => schemaOf('STRING', init));
    add(this.partition, (init) => schemaOf('INT32', init));
    add(this.offset, (init) => schemaOf('INT64', init));
    add(this.timestamp, (init) => timestampSchema(init));
    add(this.fixed, (init) => schemaOf('STRING', init));
    return structOf([...fieldEntries(schema), ...added], basicsOf(schema));
  }
}
