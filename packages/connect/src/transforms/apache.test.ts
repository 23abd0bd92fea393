import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ToolError } from '@odradek/tools/tool-error';
import { JsonConverter } from '../converters/json/json-converter';
import { SimpleHeaderConverter } from '../converters/simple-header-converter';
import { StringConverter } from '../converters/string-converter';
import type { ConnectHeader, SinkRecord } from '../data/record';
import { asToolError } from '../errors';
import { builtinPlugins } from '../plugins/builtin';
import { Plugins } from '../plugins/plugins';

/** What Apache's own transformations and converters made of the same (vectors/README.md). */

interface More {
  readonly schemas?: boolean;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Vectors {
  readonly inputs: readonly string[];
  readonly transforms: readonly (readonly [string, Record<string, string>, number | null, string, More])[];
  readonly headers: readonly (readonly [string, string])[];
  readonly payloads: readonly (readonly [boolean, string, string])[];
}

const vectors = JSON.parse(readFileSync(join(__dirname, '../../vectors/apache.json'), 'utf8')) as Vectors;
const plugins = new Plugins(builtinPlugins());
const simple = new SimpleHeaderConverter();

function jsonConverter(schemas: boolean): JsonConverter {
  const converter = new JsonConverter();
  const settings = { 'schemas.enable': String(schemas), 'converter.type': 'value', 'decimal.format': 'NUMERIC' };
  converter.configure(new Map(Object.entries(settings)));
  return converter;
}

const bytesOf = (text: string | null | undefined): Buffer | null => (text == null ? null : Buffer.from(text));
const textOf = (bytes: Buffer | null): string => bytes?.toString() ?? 'null';

const headersOf = (headers: Readonly<Record<string, string>> = {}): ConnectHeader[] =>
  Object.entries(headers).map(([key, text]) => ({ key, ...simple.toConnectHeader('t', key, bytesOf(text)) }));

const failureText = (error: ToolError): string =>
  error.cause ? `${error.line} <- ${failureText(error.cause)}` : error.line;

function outcome(run: () => string): string {
  const text = (): string => {
    try {
      return run();
    } catch (thrown) {
      return failureText(asToolError(thrown));
    }
  };
  return text().replaceAll('\n', '\\n');
}

function transform(type: string, config: Record<string, string>, input: number | null, more: More): string {
  const json = jsonConverter(more.schemas ?? false);
  const key = json.toConnectData('t', bytesOf(more.key));
  const value = json.toConnectData('t', bytesOf(input === null ? null : vectors.inputs[input]));
  const record: SinkRecord = {
    topic: 'topic',
    partition: 3,
    keySchema: key.schema,
    key: key.value,
    valueSchema: value.schema,
    value: value.value,
    offset: 42,
    timestamp: 1_700_000_000_123,
    timestampType: 'CreateTime',
    headers: headersOf(more.headers),
    originalTopic: 'topic',
    originalPartition: 3,
  };
  const transformation = plugins.find('transformation', `org.apache.kafka.connect.transforms.${type}`)!.create();
  transformation.configure(new Map(Object.entries(config)));
  const made = transformation.apply(record);
  if (!made) return 'dropped';
  const parts = [
    made.topic,
    textOf(json.fromConnectData('t', made.keySchema, made.key)),
    textOf(json.fromConnectData('t', made.valueSchema, made.value)),
    ...made.headers.map((header) => `${header.key}=${textOf(simple.fromConnectHeader('t', header))}`),
  ];
  return parts.join(' ');
}

const types = [...new Set(vectors.transforms.map(([type]) => type))];

it.each(types)('%s does what Apache does', (type) => {
  const own = vectors.transforms.filter((vector) => vector[0] === type);
  const found = own.map(([, config, input, , more]) => outcome(() => transform(type, config, input, more)));
  expect(found).toEqual(own.map(([, , , expected]) => expected));
});

it('reads headers by their looks as Apache does', () => {
  const found = vectors.headers.map(([text]) =>
    outcome(() => {
      const value = simple.toConnectHeader('t', 'k', bytesOf(text));
      const json = textOf(jsonConverter(true).fromConnectData('t', value.schema, value.value));
      return `${json} ${textOf(simple.fromConnectHeader('t', { key: 'k', ...value }))}`;
    }),
  );
  expect(found).toEqual(vectors.headers.map(([, expected]) => expected));
});

it('reads JSON as Apache does', () => {
  const found = vectors.payloads.map(([schemas, text]) =>
    outcome(() => {
      const { schema, value } = jsonConverter(schemas).toConnectData('t', bytesOf(text));
      const string = textOf(new StringConverter().fromConnectData('t', schema, value));
      return `${string} ${textOf(jsonConverter(true).fromConnectData('t', schema, value))}`;
    }),
  );
  expect(found).toEqual(vectors.payloads.map(([, , expected]) => expected));
});
