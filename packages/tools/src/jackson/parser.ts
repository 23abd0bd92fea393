import { ToolError } from '../tool-error';
import type { JsonNode } from './node';

const CORE = 'com.fasterxml.jackson.core';
const SOURCE = '[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: ';
const VALID_VALUE = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
const NON_STANDARD = ['NaN', 'Infinity', 'INF'];
const LITERALS = new Map<string, JsonNode>([
  ['true', true],
  ['false', false],
  ['null', null],
]);
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** What of a Java identifier matters here (Character.isJavaIdentifierPart). */
const IDENTIFIER = /[\p{L}\p{Nl}\p{Nd}\p{Sc}\p{Pc}]+/uy;
const IDENTIFIER_START = /[\p{L}\p{Nl}\p{Sc}\p{Pc}]/u;
const BLANKS = /[ \t\r\n]*/y;
const UNICODE_DIGITS = 4;

interface Scope {
  readonly kind: 'Object' | 'Array';
  readonly opening: '{' | '[';
  readonly close: '}' | ']';
  readonly at: number;
}

/** `('a' (code 97))`: how Jackson shows a character. */
function shown(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return `(CTRL-CHAR, code ${code})`;
  return `'${character}' (code ${code}${code > 0xff ? ` / 0x${code.toString(16)}` : ''})`;
}

/** Reads the first value of a text with the mistakes told in Jackson's words and places (ReaderBasedJsonParser). */
class Parser {
  private at = 0;

  constructor(private readonly text: string) {}

  root(): JsonNode {
    this.skipBlanks();
    if (this.at >= this.text.length) return undefined;
    const first = this.text[this.at]!;
    if (first === ']' || first === '}') {
      const expected = first === ']' ? '}' : ']';
      this.at++;
      throw this.error(`Unexpected close marker '${first}': expected '${expected}' (for root starting at ${SOURCE}1])`);
    }
    const value = this.value();
    const next = this.text[this.at];
    const isNumber = typeof value === 'bigint' || typeof value === 'number';
    if (isNumber && next !== undefined && !/\s/.test(next))
      throw this.unexpected('Expected space separating root-level values');
    return value;
  }

  private value(): JsonNode {
    const start = this.text[this.at]!;
    if (start === '"') return this.string(': was expecting closing quote for a string value', 'string value');
    if (start === '{') return this.object();
    if (start === '[') return this.array();
    if (start === '-' || (start >= '0' && start <= '9')) return this.number();
    if (start === '+') {
      this.at++;
      throw this.unexpected(
        'JSON spec does not allow numbers to have plus signs: enable `JsonReadFeature.ALLOW_LEADING_PLUS_SIGN_FOR_NUMBERS` to allow',
        ' in numeric value: ',
        '+',
      );
    }
    if (IDENTIFIER_START.test(start)) return this.literal();
    throw this.unexpected(`expected a valid value ${VALID_VALUE}`);
  }

  private literal(): JsonNode {
    const word = this.take(IDENTIFIER);
    const value = LITERALS.get(word);
    if (value !== undefined) return value;
    if (NON_STANDARD.includes(word)) throw this.nonStandard(word);
    throw this.error(`Unrecognized token '${word}': was expecting ${VALID_VALUE}`);
  }

  private nonStandard(word: string): ToolError {
    return this.error(`Non-standard token '${word}': enable \`JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS\` to allow`);
  }

  private object(): JsonNode {
    const scope: Scope = { kind: 'Object', opening: '{', close: '}', at: this.at };
    const members = new Map<string, JsonNode>();
    for (let isFirst = true; this.next(scope, isFirst); isFirst = false) {
      if (this.text[this.at] !== '"') throw this.unexpected('was expecting double-quote to start field name');
      const name = this.string(' in field name', 'name');
      this.skipBlanks();
      if (this.at >= this.text.length) throw this.endOfInput(' within/between Object entries');
      if (this.text[this.at] !== ':') throw this.unexpected('was expecting a colon to separate field name and value');
      this.at++;
      this.skipBlanks();
      if (this.at >= this.text.length) throw this.endOfInput(' within/between Object entries');
      members.set(name, this.value());
    }
    return members;
  }

  private array(): JsonNode {
    const scope: Scope = { kind: 'Array', opening: '[', close: ']', at: this.at };
    const elements: JsonNode[] = [];
    for (let isFirst = true; this.next(scope, isFirst); isFirst = false) elements.push(this.value());
    return elements;
  }

  /** Goes to the next entry of an object or array; false at its end. */
  private next({ kind, opening, close, at }: Scope, isFirst: boolean): boolean {
    if (isFirst) this.at++;
    this.skipBlanks();
    if (this.at >= this.text.length) {
      const where = `start marker at ${this.place(at, 0)}`;
      throw this.endOfInput(`: expected close marker for ${kind} (${where})`);
    }
    const character = this.text[this.at]!;
    if (character === close) {
      this.at++;
      return false;
    }
    if (character === ']' || character === '}') {
      this.at++;
      const start = this.place(at, 0);
      throw this.error(
        `Unexpected close marker '${character}': expected '${close}' (for ${kind} starting at ${start})`,
      );
    }
    if (isFirst) return true;
    if (character !== ',') throw this.unexpected(`was expecting comma to separate ${kind} entries`);
    this.at++;
    this.skipBlanks();
    if (this.at >= this.text.length) {
      throw this.error(`Unexpected end-of-input within/between ${opening === '{' ? 'Object' : 'Array'} entries`);
    }
    return true;
  }

  private string(unclosed: string, what: string): string {
    this.at++;
    let text = '';
    for (;;) {
      const character = this.text[this.at];
      if (character === undefined) throw this.endOfInput(unclosed);
      if (character < ' ') {
        this.at++;
        const where = `has to be escaped using backslash to be included in ${what}`;
        throw this.error(`Illegal unquoted character (${shown(character)}): ${where}`, -1);
      }
      this.at++;
      if (character === '"') return text;
      text += character === '\\' ? this.escape() : character;
    }
  }

  private escape(): string {
    const character = this.escaped();
    if (character === 'u') {
      let code = 0;
      for (let digit = 0; digit < UNICODE_DIGITS; digit++) {
        const hex = this.escaped();
        if (!/[0-9a-fA-F]/.test(hex)) {
          this.at--;
          throw this.unexpected('expected a hex-digit for character escape sequence');
        }
        code = code * 16 + Number.parseInt(hex, 16);
      }
      return String.fromCharCode(code);
    }
    const meant = ESCAPES[character];
    if (meant !== undefined) return meant;
    throw this.error(`Unrecognized character escape ${shown(character)}`);
  }

  private escaped(): string {
    const character = this.text[this.at];
    if (character === undefined) throw this.endOfInput(' in character escape sequence');
    this.at++;
    return character;
  }

  private number(): JsonNode {
    const start = this.at;
    const isNegative = this.text[this.at] === '-';
    if (isNegative) this.minus();
    const digitsAt = this.at;
    this.take(/\d*/y);
    if (this.text[digitsAt] === '0' && this.at > digitsAt + 1) {
      this.at = digitsAt + 1;
      throw this.error('Invalid numeric value: Leading zeroes not allowed');
    }
    let isWhole = true;
    if (this.text[this.at] === '.') {
      isWhole = false;
      this.at++;
      if (this.take(/\d*/y) === '') throw this.notADigit('Decimal point not followed by a digit', '.');
    }
    if (/[eE]/.test(this.text[this.at] ?? '')) {
      isWhole = false;
      this.at++;
      this.take(/[+-]?/y);
      if (this.at >= this.text.length) throw this.endOfInput('expected a digit for number exponent');
      if (this.take(/\d*/y) === '') throw this.notADigit('Exponent indicator not followed by a digit');
    }
    const text = this.text.slice(start, this.at);
    return isWhole ? BigInt(text) : Number(text);
  }

  private minus(): void {
    this.at++;
    const character = this.text[this.at];
    if (character === undefined) throw this.endOfInput('No digit following minus sign');
    if (character >= '0' && character <= '9') return;
    const word = character === 'I' ? this.take(IDENTIFIER) : '';
    if (NON_STANDARD.includes(word)) throw this.nonStandard(`-${word}`);
    throw this.unexpected('expected digit (0-9) to follow minus sign, for valid numeric value', ' in numeric value: ');
  }

  private notADigit(message: string, atEnd?: string): ToolError {
    const character = this.text[this.at] ?? atEnd!;
    return this.error(`Unexpected character (${shown(character)}) in numeric value: ${message}`);
  }

  private skipBlanks(): void {
    this.take(BLANKS);
    const character = this.text[this.at];
    if (character === undefined || character >= ' ') return;
    this.at++;
    const allowed = 'only regular white space (\\r, \\n, \\t) is allowed between tokens';
    throw this.error(`Illegal character (${shown(character)}): ${allowed}`);
  }

  private take(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const taken = pattern.exec(this.text)?.[0] ?? '';
    this.at += taken.length;
    return taken;
  }

  private unexpected(message: string, separator = ': ', character = this.text[this.at]!): ToolError {
    this.at++;
    if (character !== '/') return this.error(`Unexpected character (${shown(character)})${separator}${message}`);
    const comment = "(not recognized as one since Feature 'ALLOW_COMMENTS' not enabled for parser)";
    return this.error(`Unexpected character (${shown(character)}): maybe a (non-standard) comment? ${comment}`);
  }

  private endOfInput(message: string): ToolError {
    return this.error(`Unexpected end-of-input${message}`, 0, 'io.JsonEOFException');
  }

  /** @param lineShift where Jackson has not counted the last line end yet */
  private error(message: string, lineShift = 0, className = 'JsonParseException'): ToolError {
    return new ToolError(`${CORE}.${className}`, `${message}\n at ${this.place(this.at, lineShift)}`);
  }

  private place(at: number, lineShift: number): string {
    const counted = this.text.slice(0, at + lineShift);
    const lines = counted.split(/\r\n|\r|\n/);
    return `${SOURCE}${lines.length}, column: ${lines.at(-1)!.length - lineShift + 1}]`;
  }
}

/**
 * Reads a text as Kafka's tools do (org.apache.kafka.server.util.Json.tryParseFull): the first value of it, whatever follows.
 * Throws `ToolError` with Jackson's message.
 */
export function parseJson(text: string): JsonNode {
  if (text === '') {
    const where = '[Source: UNKNOWN; byte offset: #UNKNOWN]';
    throw new ToolError(`${CORE}.JsonParseException`, `The input string shouldn't be empty\n at ${where}`);
  }
  return new Parser(text).root();
}
