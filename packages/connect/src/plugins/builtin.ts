import type { ConfigDef } from '../config/config-def';
import { FileStreamSink } from '../connectors/file-sink';
import { FileStreamSource } from '../connectors/file-source';
import { NO_CONFIG, PLAIN_CONVERTER_CONFIG, STRING_CONVERTER_CONFIG } from '../converters/config';
import { JSON_CONVERTER_CONFIG } from '../converters/json/config';
import { JsonConverter } from '../converters/json/json-converter';
import * as scalar from '../converters/scalar-converters';
import { SimpleHeaderConverter } from '../converters/simple-header-converter';
import { StringConverter } from '../converters/string-converter';
import { DirectoryConfigProvider, EnvVarConfigProvider, FileConfigProvider } from '../providers/builtin';
import { CAST_CONFIG, Cast } from '../transforms/cast';
import * as fields from '../transforms/fields';
import { FLATTEN_CONFIG, Flatten } from '../transforms/flatten';
import { INSERT_FIELD_CONFIG, InsertField } from '../transforms/insert-field';
import { MASK_FIELD_CONFIG, MaskField } from '../transforms/mask-field';
import type { Part } from '../transforms/parts';
import { REPLACE_FIELD_CONFIG, ReplaceField } from '../transforms/replace-field';
import * as routing from '../transforms/routing';
import { SET_SCHEMA_METADATA_CONFIG, SetSchemaMetadata } from '../transforms/schema-metadata';
import { TIMESTAMP_CONVERTER_CONFIG, TimestampConverter } from '../transforms/timestamp-converter';
import type { ConfigProvider, Transformation } from './api';
import type { PluginDesc, PluginType } from './plugins';

/** The plug-ins that Apache's worker brings along, under their Java names. */

const VERSION = '3.9.1';
const CONNECT = 'org.apache.kafka.connect.';
const PROVIDER = 'org.apache.kafka.common.config.provider.';

const plugin = (type: PluginType, name: string, config: ConfigDef, create: () => unknown): PluginDesc =>
  ({ className: CONNECT + name, type, version: VERSION, config, create }) as PluginDesc;

const CONVERTERS: readonly (readonly [string, ConfigDef, () => unknown])[] = [
  ['converters.BooleanConverter', PLAIN_CONVERTER_CONFIG, () => new scalar.BooleanConverter()],
  ['converters.ByteArrayConverter', PLAIN_CONVERTER_CONFIG, () => new scalar.ByteArrayConverter()],
  ['converters.DoubleConverter', PLAIN_CONVERTER_CONFIG, () => new scalar.DoubleConverter()],
  ['converters.FloatConverter', PLAIN_CONVERTER_CONFIG, () => new scalar.FloatConverter()],
  ['converters.IntegerConverter', PLAIN_CONVERTER_CONFIG, () => new scalar.IntegerConverter()],
  ['converters.LongConverter', PLAIN_CONVERTER_CONFIG, () => new scalar.LongConverter()],
  ['converters.ShortConverter', PLAIN_CONVERTER_CONFIG, () => new scalar.ShortConverter()],
  ['json.JsonConverter', JSON_CONVERTER_CONFIG, () => new JsonConverter()],
  ['storage.StringConverter', STRING_CONVERTER_CONFIG, () => new StringConverter()],
];

/** Transformations that exist for keys and for values. */
const OF_PARTS: readonly (readonly [string, ConfigDef, new (part: Part) => Transformation])[] = [
  ['Cast', CAST_CONFIG, Cast],
  ['ExtractField', fields.EXTRACT_FIELD_CONFIG, fields.ExtractField],
  ['Flatten', FLATTEN_CONFIG, Flatten],
  ['HeaderFrom', fields.HEADER_FROM_CONFIG, fields.HeaderFrom],
  ['HoistField', fields.HOIST_FIELD_CONFIG, fields.HoistField],
  ['InsertField', INSERT_FIELD_CONFIG, InsertField],
  ['MaskField', MASK_FIELD_CONFIG, MaskField],
  ['ReplaceField', REPLACE_FIELD_CONFIG, ReplaceField],
  ['SetSchemaMetadata', SET_SCHEMA_METADATA_CONFIG, SetSchemaMetadata],
  ['TimestampConverter', TIMESTAMP_CONVERTER_CONFIG, TimestampConverter],
];

const OF_RECORDS: readonly (readonly [string, ConfigDef, new () => Transformation])[] = [
  ['DropHeaders', routing.DROP_HEADERS_CONFIG, routing.DropHeaders],
  ['Filter', NO_CONFIG, routing.Filter],
  ['InsertHeader', routing.INSERT_HEADER_CONFIG, routing.InsertHeader],
  ['RegexRouter', routing.REGEX_ROUTER_CONFIG, routing.RegexRouter],
  ['TimestampRouter', routing.TIMESTAMP_ROUTER_CONFIG, routing.TimestampRouter],
  ['ValueToKey', fields.VALUE_TO_KEY_CONFIG, fields.ValueToKey],
];

const PROVIDERS: readonly (readonly [string, () => ConfigProvider])[] = [
  ['FileConfigProvider', () => new FileConfigProvider()],
  ['DirectoryConfigProvider', () => new DirectoryConfigProvider()],
  ['EnvVarConfigProvider', () => new EnvVarConfigProvider()],
];

/** All of them, of every kind. */
export function builtinPlugins(): PluginDesc[] {
  const converters = CONVERTERS.flatMap(([name, config, create]) => [
    plugin('converter', name, config, create),
    plugin('header_converter', name, config, create),
  ]);
  const ofParts = OF_PARTS.flatMap(([name, config, Transform]) => [
    plugin('transformation', `transforms.${name}$Key`, config, () => new Transform('key')),
    plugin('transformation', `transforms.${name}$Value`, config, () => new Transform('value')),
  ]);
  const ofRecords = OF_RECORDS.map(([name, config, Transform]) =>
    plugin('transformation', `transforms.${name}`, config, () => new Transform()),
  );
  const predicates = [
    plugin(
      'predicate',
      'transforms.predicates.HasHeaderKey',
      routing.HAS_HEADER_KEY_CONFIG,
      () => new routing.HasHeaderKey(),
    ),
    plugin('predicate', 'transforms.predicates.RecordIsTombstone', NO_CONFIG, () => new routing.RecordIsTombstone()),
    plugin(
      'predicate',
      'transforms.predicates.TopicNameMatches',
      routing.TOPIC_NAME_MATCHES_CONFIG,
      () => new routing.TopicNameMatches(),
    ),
  ];
  return [
    plugin('sink', 'file.FileStreamSinkConnector', FileStreamSink.config, () => new FileStreamSink()),
    plugin('source', 'file.FileStreamSourceConnector', FileStreamSource.config, () => new FileStreamSource()),
    ...converters,
    plugin('header_converter', 'storage.SimpleHeaderConverter', NO_CONFIG, () => new SimpleHeaderConverter()),
    ...ofParts,
    ...ofRecords,
    ...predicates,
    ...PROVIDERS.map(([name, create]): PluginDesc => {
      return { className: PROVIDER + name, type: 'config_provider', version: VERSION, config: NO_CONFIG, create };
    }),
  ];
}
