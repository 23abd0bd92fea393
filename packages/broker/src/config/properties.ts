import { parseLines } from 'dot-properties';

/** One `key=value` of a properties file, and the line where it begins (from 1). */
export interface Property {
  readonly key: string;
  readonly value: string;
  readonly line: number;
}

/** Settings in the order of the file; of a key given twice the last one, at the place of its first. */
export interface Properties {
  readonly entries: ReadonlyMap<string, Property>;
  /** Every occurrence that a later one of the same key replaced. */
  readonly replaced: readonly Property[];
}

/** A properties file that cannot be read. The message begins with Java's. */
export class PropertiesSyntaxError extends Error {
  override readonly name = 'PropertiesSyntaxError';

  constructor(
    message: string,
    readonly line: number,
  ) {
    super(message);
  }
}

interface LogicalLine {
  readonly text: string;
  readonly line: number;
}

const BLANK = /^[ \t\f]*/;

/**
 * Reads Java's properties syntax as java.util.Properties.load does: ISO-8859-1 bytes, `\uXXXX`, continuation lines,
 * three line ends, the last of several equal keys.
 *
 * Lines are joined here, because dot-properties joins no lines at a lone CR, lets a bad `\u` pass and has no line
 * numbers; it splits and unescapes each joined line.
 * @throws PropertiesSyntaxError for an incomplete `\u`, as Java's load does
 */
export function parseProperties(content: Uint8Array | string): Properties {
  const text =
    typeof content === 'string'
      ? content
      : Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('latin1');
  const entries = new Map<string, Property>();
  const replaced: Property[] = [];
  for (const logical of logicalLines(text)) {
    const property = parseLine(logical);
    const earlier = entries.get(property.key);
    if (earlier !== undefined) replaced.push(earlier);
    entries.set(property.key, property);
  }
  return { entries, replaced };
}

/** Natural lines joined where an odd number of backslashes ends them; comments and blank lines left out. */
function logicalLines(text: string): LogicalLine[] {
  const natural = text.split(/\r\n|\r|\n/);
  const lines: LogicalLine[] = [];
  for (let at = 0; at < natural.length; at++) {
    const line = at + 1;
    let joined = natural[at]!.replace(BLANK, '');
    if (joined === '' || joined.startsWith('#') || joined.startsWith('!')) continue;
    // A lone backslash continues nothing: the next line is a first line again. (At the very end of a file Java makes
    // a nameless setting of it; we do not.)
    if (joined === '\\') continue;
    while (endsInBackslash(joined)) {
      joined = joined.slice(0, -1);
      at += 1;
      if (at >= natural.length) break;
      joined += natural[at]!.replace(BLANK, '');
    }
    lines.push({ text: joined, line });
  }
  return lines;
}

function endsInBackslash(line: string): boolean {
  return /\\*$/.exec(line)![0].length % 2 === 1;
}

function parseLine({ text, line }: LogicalLine): Property {
  if (/(?<!\\)(?:\\\\)*\\u(?![0-9a-fA-F]{4})/.test(text))
    throw new PropertiesSyntaxError('Malformed \\uxxxx encoding.', line);
  const [pair] = parseLines(text);
  const [key, value] = (pair ?? ['', '']) as [string, string];
  return { key, value, line };
}
