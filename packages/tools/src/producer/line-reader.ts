import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { Properties } from '../client/properties';
import { javaPattern } from '../java-regex';
import { kafkaException } from '../tool-error';

/** Lines as Java's BufferedReader splits them: at \n, \r or \r\n. */
export async function* readLines(stdin: Readable): AsyncGenerator<string[]> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of stdin) {
    const text = rest + decoder.write(chunk as Buffer);
    const lines = text.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop()!;
    if (lines.length > 0) yield lines;
  }
  rest += decoder.end();
  if (rest !== '') yield [rest.replace(/\r$/, '')];
}

export interface LineRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: { key: string; value: Buffer | null }[];
}

const isTrue = (text: string | undefined): boolean => text?.trim().toLowerCase() === 'true';

/** Turns lines into records (kafka.tools.ConsoleProducer.LineMessageReader). */
export class LineMessageReader {
  private readonly parsesKey: boolean;
  private readonly keySeparator: string;
  private readonly parsesHeaders: boolean;
  private readonly headersDelimiter: string;
  private readonly headersSeparator: RegExp;
  private readonly headersKeySeparator: string;
  private readonly ignoresErrors: boolean;
  private readonly nullMarker: string | undefined;
  private lineNumber = 0;

  constructor(properties: Properties) {
    this.parsesKey = isTrue(properties.get('parse.key'));
    this.keySeparator = properties.get('key.separator') ?? '\t';
    this.parsesHeaders = isTrue(properties.get('parse.headers'));
    this.headersDelimiter = properties.get('headers.delimiter') ?? '\t';
    const headersSeparator = properties.get('headers.separator') ?? ',';
    this.headersSeparator = javaPattern(headersSeparator);
    this.headersKeySeparator = properties.get('headers.key.separator') ?? ':';
    this.ignoresErrors = isTrue(properties.get('ignore.error'));
    this.nullMarker = properties.get('null.marker');
    this.refuseEqual([
      ['headers.delimiter', this.headersDelimiter, 'headers.separator', headersSeparator],
      ['headers.delimiter', this.headersDelimiter, 'headers.key.separator', this.headersKeySeparator],
      ['headers.separator', headersSeparator, 'headers.key.separator', this.headersKeySeparator],
      ['null.marker', this.nullMarker, 'key.separator', this.keySeparator],
      ['null.marker', this.nullMarker, 'headers.separator', headersSeparator],
      ['null.marker', this.nullMarker, 'headers.delimiter', this.headersDelimiter],
      ['null.marker', this.nullMarker, 'headers.key.separator', this.headersKeySeparator],
    ]);
  }

  private refuseEqual(pairs: readonly (readonly [string, string | undefined, string, string])[]): void {
    for (const [name, value, otherName, other] of pairs) {
      if (value === other) throw kafkaException(`${name} and ${otherName} may not be equal`);
    }
  }

  /** The record that a line says. Throws `ToolError` where a separator is missing and errors are not ignored. */
  parse(line: string): LineRecord {
    this.lineNumber++;
    const headers = this.cut(this.parsesHeaders, line, 0, this.headersDelimiter, 'headers delimiter');
    const keyAt = headers === null ? 0 : headers.length + this.headersDelimiter.length;
    const key = this.cut(this.parsesKey, line, keyAt, this.keySeparator, 'key separator');
    const valueAt = keyAt + (key === null ? 0 : key.length + this.keySeparator.length);
    return {
      key: this.bytes(key),
      value: this.bytes(line.slice(valueAt)),
      headers: headers === null || headers === this.nullMarker ? [] : this.splitHeaders(headers),
    };
  }

  private bytes(text: string | null): Buffer | null {
    return text === null || text === this.nullMarker ? null : Buffer.from(text);
  }

  private cut(enabled: boolean, line: string, from: number, demarcation: string, what: string): string | null {
    if (!enabled) return null;
    const at = line.indexOf(demarcation, from);
    if (at >= 0) return line.slice(from, at);
    if (this.ignoresErrors) return null;
    throw kafkaException(`No ${what} found on line number ${this.lineNumber}: '${line}'`);
  }

  private splitHeaders(headers: string): { key: string; value: Buffer | null }[] {
    const pairs = headers.split(this.headersSeparator);
    // Java's split drops empty strings at the end, and where there are only separators leaves none at all.
    if (pairs.length > 1) while (pairs.at(-1) === '') pairs.pop();
    return pairs.map((pair) => {
      const at = pair.indexOf(this.headersKeySeparator);
      if (at < 0) {
        if (this.ignoresErrors) return { key: pair, value: null };
        throw kafkaException(`No header key separator found in pair '${pair}' on line number ${this.lineNumber}`);
      }
      const key = pair.slice(0, at);
      if (key === this.nullMarker) {
        throw kafkaException(`Header keys should not be equal to the null marker '${key}' as they can't be null`);
      }
      return { key, value: this.bytes(pair.slice(at + this.headersKeySeparator.length)) };
    });
  }
}
