import type { ConsumerRecord } from '../client/consumed';

/** Which records are wanted; what is not given, any record has. */
export interface Find {
  /** Searched in the value. */
  readonly patterns: readonly RegExp[];
  /** One of these, exactly. */
  readonly keys: readonly string[];
  /** All of these; a header without a value may have any. */
  readonly headers: readonly HeaderWanted[];
  /** Older records are not wanted. */
  readonly sinceMs: number | undefined;
}

interface HeaderWanted {
  readonly name: string;
  readonly value: Buffer | undefined;
}

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** Fewer digits than milliseconds of 1973 have are a duration whose unit was forgotten. */
const LEAST_DIGITS = 11;
const DATE_TIME = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?$/;

/** The time that `--since` means, in milliseconds; undefined where it means none. */
export function sinceMs(text: string, nowMs: number): number | undefined {
  const ago = /^(\d+)(ms|[smhdw])$/.exec(text);
  if (ago) return nowMs - Number(ago[1]) * UNITS_MS[ago[2]!]!;
  if (/^\d+$/.test(text)) return text.length < LEAST_DIGITS ? undefined : Number(text);
  if (!DATE_TIME.test(text)) return undefined;
  // A date alone would be read as one of UTC, and a date with a time as a local one: both shall be local.
  const whole = text.length === 'yyyy-mm-dd'.length ? `${text}T00:00` : text.replace(' ', 'T');
  const timeMs = Date.parse(whole.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

/** `name` or `name=value`. */
export const headersWanted = (texts: readonly string[]): HeaderWanted[] =>
  texts.map((text) => {
    const at = text.indexOf('=');
    return at < 0
      ? { name: text, value: undefined }
      : { name: text.slice(0, at), value: Buffer.from(text.slice(at + 1)) };
  });

const isHeader = (
  { name, value }: HeaderWanted,
  header: { readonly key: string; readonly value: Uint8Array | null },
): boolean => header.key === name && (value === undefined || (header.value !== null && value.equals(header.value)));

/** What tells wanted records from others; undefined where all are wanted. */
export function finderOf({
  patterns,
  keys,
  headers,
  sinceMs: since,
}: Find): ((record: ConsumerRecord) => boolean) | undefined {
  const checks: ((record: ConsumerRecord) => boolean)[] = [];
  // Producers set the times: a record that comes later may be older.
  if (since !== undefined) checks.push(({ timestamp }) => timestamp >= since);
  const wantedKeys = keys.map((key) => Buffer.from(key));
  if (keys.length > 0) checks.push(({ key }) => key !== null && wantedKeys.some((wanted) => wanted.equals(key)));
  for (const wanted of headers) checks.push((record) => record.headers.some((header) => isHeader(wanted, header)));
  if (patterns.length > 0) {
    checks.push(({ value }) => {
      const text = value?.toString('utf8');
      return text !== undefined && patterns.every((pattern) => pattern.test(text));
    });
  }
  return checks.length === 0 ? undefined : (record) => checks.every((check) => check(record));
}
