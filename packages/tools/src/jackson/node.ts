import { doubleText } from '../java-text';
import { ToolError } from '../tool-error';

/**
 * JSON as Kafka's tools see it through Jackson. Whole numbers are bigints and others numbers, since Jackson tells `1` from `1.0`;
 * undefined is the nothing that a text of blanks holds.
 */
export type JsonNode =
  | null
  | boolean
  | string
  | bigint
  | number
  | readonly JsonNode[]
  | ReadonlyMap<string, JsonNode>
  | undefined;

const INT_LIMIT = 2n ** 31n;
const LONG_LIMIT = 2n ** 63n;

const isArray = (node: JsonNode): node is readonly JsonNode[] => Array.isArray(node);

const mappingError = (message: string): ToolError =>
  new ToolError('com.fasterxml.jackson.databind.JsonMappingException', message);

const expected = (what: string, node: JsonNode): ToolError =>
  mappingError(`Expected \`${what}\` value, received ${nodeText(node)}`);

/** com.fasterxml.jackson.databind.JsonNode.toString. */
export function nodeText(node: JsonNode): string {
  if (node === undefined) return '';
  if (node === null || typeof node === 'boolean' || typeof node === 'bigint') return String(node);
  if (typeof node === 'string') return quoted(node);
  if (typeof node === 'number') return doubleText(node);
  if (isArray(node)) return `[${node.map(nodeText).join(',')}]`;
  return `{${[...node].map(([name, value]) => `${quoted(name)}:${nodeText(value)}`).join(',')}}`;
}

/** Jackson writes the code of a control character with capital digits. */
const quoted = (text: string): string =>
  JSON.stringify(text).replace(/\\u[0-9a-f]{4}/g, (code) => `\\u${code.slice(2).toUpperCase()}`);

/** The members of an object (org.apache.kafka.server.util.json.JsonValue.asJsonObject). Throws `ToolError`, as all here. */
export function asObject(node: JsonNode): ReadonlyMap<string, JsonNode> {
  if (node instanceof Map) return node;
  throw mappingError(`Expected JSON object, received ${nodeText(node)}`);
}

/** The elements of an array. */
export function asArray(node: JsonNode): readonly JsonNode[] {
  if (isArray(node)) return node;
  throw mappingError(`Expected JSON array, received ${nodeText(node)}`);
}

/** A member that must be there (JsonObject.apply). */
export function member(object: ReadonlyMap<string, JsonNode>, name: string): JsonNode {
  if (object.has(name)) return object.get(name);
  throw mappingError(`No such field exists: \`${name}\``);
}

/** What DecodeJson's decoders take. */
export function toInteger(node: JsonNode): number {
  if (typeof node === 'bigint' && node >= -INT_LIMIT && node < INT_LIMIT) return Number(node);
  throw expected('Integer', node);
}

export function toLong(node: JsonNode): number {
  if (typeof node === 'bigint' && node >= -LONG_LIMIT && node < LONG_LIMIT) return Number(node);
  throw expected('Long', node);
}

export function toText(node: JsonNode): string {
  if (typeof node === 'string') return node;
  throw expected('String', node);
}

export function toList<T>(node: JsonNode, decode: (element: JsonNode) => T): T[] {
  if (isArray(node)) return node.map(decode);
  throw expected('JSON array', node);
}
