import type { JsonNode as JacksonNode } from '@odradek/tools/jackson/node';
import { parseJson as parseAsJackson } from '@odradek/tools/jackson/parser';
import { doubleText } from '@odradek/tools/java-text';
import { Decimal } from '../data/decimal';

/**
 * JSON as JsonConverter's Jackson sees it: whole numbers are bigints, all others exact decimals. Undefined is the nothing
 * that a text of blanks holds. Numbers occur only where JSON is to be written.
 */
export type JsonNode =
  | null
  | boolean
  | string
  | bigint
  | number
  | Decimal
  | readonly JsonNode[]
  | ReadonlyMap<string, JsonNode>
  | undefined;

const isArray = (node: JsonNode): node is readonly JsonNode[] => Array.isArray(node);

/** A string as Jackson writes it: codes of control characters have capital digits. */
export const quoted = (text: string): string =>
  JSON.stringify(text).replace(/\\(?:u([0-9a-f]{4})|.)/g, (whole, code?: string) =>
    code === undefined ? whole : `\\u${code.toUpperCase()}`,
  );

/** A document as Jackson writes it, without blanks. Numbers are doubles. */
export function jsonText(node: JsonNode): string {
  switch (typeof node) {
    case 'string':
      return quoted(node);
    case 'number':
      return Number.isFinite(node) ? doubleText(node) : `"${doubleText(node)}"`;
    case 'undefined':
      return '';
    case 'object':
      break;
    default:
      return String(node);
  }
  if (node === null || node instanceof Decimal) return String(node);
  if (isArray(node)) return `[${node.map(jsonText).join(',')}]`;
  return `{${Array.from(node as ReadonlyMap<string, JsonNode>, ([name, value]) => `${quoted(name)}:${jsonText(value)}`).join(',')}}`;
}

class Malformed extends Error {}

const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const BLANKS = /[ \t\r\n]*/y;
const DEPTH_LIMIT = 1_000;

/** Reads well-formed JSON, which is nearly all there is; what it cannot read is told by the parser with Jackson's words. */
class Parser {
  private at = 0;
  private depth = 0;

  constructor(private readonly text: string) {}

  value(): JsonNode {
    this.blanks();
    switch (this.text[this.at]) {
      case '{':
        return this.nested(() => this.object());
      case '[':
        return this.nested(() => this.array());
      case '"':
        return this.string();
      case 't':
        return this.literal('true', true);
      case 'f':
        return this.literal('false', false);
      case 'n':
        return this.literal('null', null);
      default:
        return this.number();
    }
  }

  private nested<T>(read: () => T): T {
    if (++this.depth > DEPTH_LIMIT) throw new Malformed();
    const value = read();
    this.depth--;
    return value;
  }

  private blanks(): void {
    this.match(BLANKS);
  }

  private match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (match) this.at = pattern.lastIndex;
    return match;
  }

  private take(character: string): boolean {
    this.blanks();
    if (this.text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  private literal(word: string, value: JsonNode): JsonNode {
    if (!this.text.startsWith(word, this.at) || /[\w$]/.test(this.text[this.at + word.length] ?? ' ')) {
      throw new Malformed();
    }
    this.at += word.length;
    return value;
  }

  private string(): string {
    const match = this.match(STRING);
    if (!match) throw new Malformed();
    return match[0].includes('\\') ? (JSON.parse(match[0]) as string) : match[0].slice(1, -1);
  }

  private number(): JsonNode {
    const match = this.match(NUMBER);
    if (!match || /[\w.+-]/.test(this.text[this.at] ?? ' ')) throw new Malformed();
    return match[1] === undefined && match[2] === undefined ? BigInt(match[0]) : Decimal.parse(match[0])!;
  }

  private array(): JsonNode {
    const items: JsonNode[] = [];
    this.at++;
    if (this.take(']')) return items;
    do items.push(this.value());
    while (this.take(','));
    if (!this.take(']')) throw new Malformed();
    return items;
  }

  private object(): JsonNode {
    const members = new Map<string, JsonNode>();
    this.at++;
    if (this.take('}')) return members;
    do {
      this.blanks();
      const name = this.string();
      if (!this.take(':')) throw new Malformed();
      members.set(name, this.value());
    } while (this.take(','));
    if (!this.take('}')) throw new Malformed();
    return members;
  }
}

/** The first value of a text. Throws `ToolError` with Jackson's words where it is none. */
export function parseJson(text: string): JsonNode {
  try {
    return new Parser(text).value();
  } catch (thrown) {
    if (!(thrown instanceof Malformed)) throw thrown;
    return fromJackson(text === '' ? undefined : parseAsJackson(text));
  }
}

function fromJackson(node: JacksonNode): JsonNode {
  if (typeof node === 'number') return Decimal.parse(String(node)) ?? null;
  if (Array.isArray(node)) return node.map(fromJackson);
  if (node instanceof Map) return new Map([...node].map(([name, value]) => [name, fromJackson(value)]));
  return node as JsonNode;
}
