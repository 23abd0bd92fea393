import { ToolError } from '@odradek/tools/tool-error';
import type { ConnectHeader } from '../../data/record';
import type { Schema } from '../../data/schema';
import { NOTHING } from '../../data/schema';
import { ConnectError, DataError } from '../../errors';
import { type JsonNode, jsonText, parseJson } from '../../java/json';
import type { Converter, HeaderConverter, Props, SchemaAndValue } from '../../plugins/api';
import { JSON_CONVERTER_CONFIG } from './config';
import { fromJson } from './from-json';
import { schemaFromJson, schemaToJson } from './schema-json';
import { type DecimalFormat, toJson } from './to-json';

const ENVELOPE =
  'JsonConverter with schemas.enable requires "schema" and "payload" fields and may not contain additional fields. ' +
  'If you are trying to deserialize plain JSON data, set schemas.enable=false in your converter configuration.';

/** JSON, with each record's schema beside its payload or without (org.apache.kafka.connect.json.JsonConverter). */
export class JsonConverter implements Converter, HeaderConverter {
  private schemasEnabled = true;
  private cacheSize = 1_000;
  private decimalFormat: DecimalFormat = 'BASE64';
  private replacesNull = true;
  private texts = new WeakMap<Schema, string>();
  private readonly schemas = new Map<string, Schema | null>();

  configure(props: Props): void {
    const config = JSON_CONVERTER_CONFIG.parse(props);
    this.schemasEnabled = config.boolean('schemas.enable');
    this.cacheSize = config.number('schemas.cache.size');
    this.decimalFormat = config.string('decimal.format').toUpperCase() as DecimalFormat;
    this.replacesNull = config.boolean('replace.null.with.default');
  }

  fromConnectData(_topic: string, schema: Schema | null, value: unknown): Buffer | null {
    if (schema === null && (value === null || value === undefined)) return null;
    const payload = jsonText(this.write(schema, value) ?? null);
    if (!this.schemasEnabled) return Buffer.from(payload);
    return Buffer.from(`{"schema":${schema === null ? 'null' : this.schemaText(schema)},"payload":${payload}}`);
  }

  toConnectData(_topic: string, bytes: Buffer | null): SchemaAndValue {
    if (bytes === null) return NOTHING;
    const json = parse(bytes);
    if (!this.schemasEnabled) return { schema: null, value: this.read(null, json) };
    if (!(json instanceof Map) || json.size !== 2 || !json.has('schema') || !json.has('payload')) {
      throw new DataError(ENVELOPE);
    }
    const schema = this.schemaOf(json.get('schema'));
    return { schema, value: this.read(schema, json.get('payload')) };
  }

  fromConnectHeader(topic: string, { schema, value }: ConnectHeader): Buffer | null {
    return this.fromConnectData(topic, schema, value);
  }

  toConnectHeader(topic: string, _key: string, bytes: Buffer | null): SchemaAndValue {
    return this.toConnectData(topic, bytes);
  }

  private write(schema: Schema | null, value: unknown): JsonNode {
    return toJson(schema, value, { decimalFormat: this.decimalFormat, replacesNull: this.replacesNull });
  }

  private read(schema: Schema | null, json: JsonNode): unknown {
    return fromJson(schema, json, this.replacesNull);
  }

  private schemaText(schema: Schema): string {
    const known = this.texts.get(schema);
    if (known !== undefined) return known;
    const text = jsonText(schemaToJson(schema, (each) => this.write(each, each.defaultValue)));
    this.texts.set(schema, text);
    return text;
  }

  private schemaOf(json: JsonNode): Schema | null {
    const key = jsonText(json);
    const known = this.schemas.get(key);
    if (known !== undefined) return known;
    const schema = schemaFromJson(json, (each, value) => this.read(each, value));
    if (this.schemas.size >= this.cacheSize) this.schemas.delete(this.schemas.keys().next().value!);
    if (this.cacheSize > 0) this.schemas.set(key, schema);
    return schema;
  }
}

function parse(bytes: Buffer): JsonNode {
  try {
    return parseJson(bytes.toString());
  } catch (thrown) {
    if (!(thrown instanceof ToolError) || thrown instanceof ConnectError) throw thrown;
    const cause = new ToolError('org.apache.kafka.common.errors.SerializationException', thrown.line, thrown);
    throw new DataError('Converting byte[] to Kafka Connect data failed due to serialization error: ', cause);
  }
}
