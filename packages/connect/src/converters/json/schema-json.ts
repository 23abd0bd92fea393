import {
  arrayOf,
  ConnectSchema,
  mapOf,
  type ScalarType,
  type Schema,
  type SchemaInit,
  type SchemaType,
  structOf,
} from '../../data/schema';
import { DataError } from '../../errors';
import type { JsonNode } from '../../java/json';

const NAMES = {
  BOOLEAN: 'boolean',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  FLOAT32: 'float',
  FLOAT64: 'double',
  BYTES: 'bytes',
  STRING: 'string',
  ARRAY: 'array',
  MAP: 'map',
  STRUCT: 'struct',
} as const satisfies Record<SchemaType, string>;

const SCALARS = new Map(
  Object.entries(NAMES)
    .filter(([type]) => !['ARRAY', 'MAP', 'STRUCT'].includes(type))
    .map(([type, name]) => [name as string, type as ScalarType]),
);

type Members = Map<string, JsonNode>;

/** A schema as JsonConverter writes it into envelopes; defaults go through `writeDefault`. */
export function schemaToJson(schema: Schema, writeDefault: (schema: Schema) => JsonNode): Members {
  const part = (inner: Schema | null): JsonNode => inner && schemaToJson(inner, writeDefault);
  const json: Members = new Map<string, JsonNode>([['type', NAMES[schema.type]]]);
  if (schema.type === 'ARRAY') json.set('items', part(schema.valueSchema));
  if (schema.type === 'MAP') {
    json.set('keys', part(schema.keySchema));
    json.set('values', part(schema.valueSchema));
  }
  if (schema.type === 'STRUCT') {
    const fields = schema.fields.map((field) => schemaToJson(field.schema, writeDefault).set('field', field.name));
    json.set('fields', fields);
  }
  json.set('optional', schema.optional);
  if (schema.name !== null) json.set('name', schema.name);
  if (schema.version !== null) json.set('version', BigInt(schema.version));
  if (schema.doc !== null) json.set('doc', schema.doc);
  if (schema.parameters !== null) json.set('parameters', new Map(schema.parameters));
  if (schema.defaultValue !== null) json.set('default', writeDefault(schema));
  return json;
}

const isMap = (node: JsonNode): node is ReadonlyMap<string, JsonNode> => node instanceof Map;

/** The schema that an envelope's JSON stands for; null for none. Throws `DataError`. */
export function schemaFromJson(
  node: JsonNode,
  readDefault: (schema: Schema, value: JsonNode) => unknown,
): Schema | null {
  if (node === null || node === undefined) return null;
  const type = isMap(node) ? node.get('type') : undefined;
  if (!isMap(node) || typeof type !== 'string') throw new DataError("Schema must contain 'type' field");
  const init = initOf(node);
  const schema = typed(type, node, init, readDefault);
  const value = node.get('default');
  // A decimal's scale must be known before its default can be read.
  return value === undefined || value === null ? schema : schema.with({ defaultValue: readDefault(schema, value) });
}

function typed(
  type: string,
  node: ReadonlyMap<string, JsonNode>,
  init: SchemaInit,
  readDefault: (schema: Schema, value: JsonNode) => unknown,
): Schema {
  const part = (name: string, what: string): Schema => {
    const json = node.get(name);
    if (json === undefined || json === null) throw new DataError(what);
    return schemaFromJson(json, readDefault)!;
  };
  const scalar = SCALARS.get(type);
  if (scalar) return new ConnectSchema(scalar, init);
  switch (type) {
    case 'array':
      return arrayOf(part('items', 'Array schema did not specify the element type'), init);
    case 'map': {
      const keys = part('keys', 'Map schema did not specify the key type');
      return mapOf(keys, part('values', 'Map schema did not specify the value type'), init);
    }
    case 'struct': {
      const fields = node.get('fields');
      if (!Array.isArray(fields)) throw new DataError('Struct schema\'s "fields" argument is not an array.');
      return structOf(
        fields.map((field: JsonNode) => fieldFromJson(field, readDefault)),
        init,
      );
    }
    default:
      throw new DataError(`Unknown schema type: ${type}`);
  }
}

function fieldFromJson(
  field: JsonNode,
  readDefault: (schema: Schema, value: JsonNode) => unknown,
): readonly [string, Schema] {
  const name = isMap(field) ? field.get('field') : undefined;
  if (typeof name !== 'string') throw new DataError("Struct schema's field name not specified properly");
  return [name, schemaFromJson(field, readDefault)!];
}

function initOf(node: ReadonlyMap<string, JsonNode>): SchemaInit {
  const [name, version, doc, parameters] = ['name', 'version', 'doc', 'parameters'].map((each) => node.get(each));
  return {
    optional: node.get('optional') === true,
    name: typeof name === 'string' ? name : null,
    version: typeof version === 'bigint' ? Number(BigInt.asIntN(32, version)) : null,
    doc: typeof doc === 'string' ? doc : null,
    parameters: isMap(parameters) ? parametersOf(parameters) : null,
  };
}

function parametersOf(node: ReadonlyMap<string, JsonNode>): Map<string, string> {
  return new Map(
    [...node].map(([name, value]) => {
      if (typeof value === 'string') return [name, value];
      throw new DataError('Schema parameters must have string values.');
    }),
  );
}
