import { ToolError } from '../tool-error';

const DATE_TIME = /^(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)\.(\d+)(?:(Z)|([+-])(\d\d?)(?::?(\d\d))?)/;
const DURATION = /^([-+]?)P(?:([-+]?\d+)D)?(T(?:([-+]?\d+)H)?(?:([-+]?\d+)M)?(?:([-+]?\d+)(?:[.,](\d{0,9}))?S)?)?$/i;
const [SECOND_MS, MINUTE_MS, HOUR_MS, DAY_MS] = [1_000, 60_000, 3_600_000, 86_400_000];

const parseError = (message: string): ToolError => new ToolError('java.text.ParseException', message);

/**
 * A time such as `2024-01-31T10:00:00.000`, in UTC where it has no zone (org.apache.kafka.common.utils.Utils.getDateTime).
 * What follows it is passed over. Throws `ToolError` where it is none.
 */
export function dateTimeMs(text: string): number {
  const parts = text.split('T');
  if (parts.length < 2 || parts.slice(1).every((part) => part === '')) {
    throw parseError("Error parsing timestamp. It does not contain a 'T' according to ISO8601 format");
  }
  const zoned = /[+\-Z]/.test(parts[1]!) ? text : `${text}Z`;
  const match = DATE_TIME.exec(zoned);
  const unparseable = parseError(`Unparseable date: "${zoned}"`);
  if (!match) throw unparseable;
  const [year, month, day, hour, minute, second, millis] = match.slice(1, 8).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, millis);
  const isStrict =
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    date.getUTCSeconds() === second &&
    date.getUTCMilliseconds() === millis;
  if (!isStrict) throw unparseable;
  const offsetMs = Number(match[10] ?? 0) * HOUR_MS + Number(match[11] ?? 0) * MINUTE_MS;
  return date.getTime() - (match[9] === '-' ? -offsetMs : offsetMs);
}

/** A duration such as `P1DT2H3M4.5S` (java.time.Duration.parse). Throws `ToolError` where it is none. */
export function durationMs(text: string): number {
  const match = DURATION.exec(text);
  const [, sign, days, time, hours, minutes, seconds, fraction = ''] = match ?? [];
  const isEmpty = [days, hours, minutes, seconds].every((part) => part === undefined);
  if (!match || isEmpty || time?.toUpperCase() === 'T') {
    throw new ToolError('java.time.format.DateTimeParseException', 'Text cannot be parsed to a Duration');
  }
  const fractionMs = Math.floor(Number(`0.${fraction || '0'}`) * SECOND_MS);
  const wholeMs =
    Number(days ?? 0) * DAY_MS +
    Number(hours ?? 0) * HOUR_MS +
    Number(minutes ?? 0) * MINUTE_MS +
    Number(seconds ?? 0) * SECOND_MS;
  const totalMs = wholeMs + (seconds?.startsWith('-') ? -fractionMs : fractionMs);
  return sign === '-' ? -totalMs : totalMs;
}
