/** How values are shown. One language (English), no locale of the browser: what is copied from the page can be pasted into a tool. */

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
const KIBI = 1_024;
const [SECOND_MS, MINUTE_MS, HOUR_MS, DAY_MS] = [1_000, 60_000, 3_600_000, 86_400_000];

export const NONE = '–';

/** `1234567` as `1,234,567`; a dash where nobody knows. */
export function count(value: number | null | undefined): string {
  if (value === null || value === undefined) return NONE;
  const [sign, digits] = value < 0 ? ['-', String(-value)] : ['', String(value)];
  return sign + digits.replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `one partition`, `2 partitions`. */
export const counted = (value: number, noun: string): string => `${count(value)} ${noun}${value === 1 ? '' : 's'}`;

/** `1536` as `1.5 KiB`. */
export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return NONE;
  let [scaled, unit] = [value, 0];
  // What would round up to 1,024 of a unit is one of the next.
  while (scaled >= KIBI - 0.5 && unit < BYTE_UNITS.length - 1) {
    scaled /= KIBI;
    unit++;
  }
  return `${unit === 0 || scaled >= 99.95 ? Math.round(scaled) : scaled.toFixed(1)} ${BYTE_UNITS[unit]}`;
}

/** A rate a person can compare at a glance: `0`, `0.4`, `12`, `1,234`. */
export function rate(perSecond: number | null): string {
  if (perSecond === null) return NONE;
  if (perSecond > 0 && perSecond < 9.95) return perSecond.toFixed(1);
  return count(Math.round(perSecond));
}

/** `850 ms`, `12 s`, `3 min 20 s`, `5 h 12 min`, `3 d 4 h`. */
export function duration(ms: number): string {
  if (ms < SECOND_MS) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s`;
  const parts = (big: number, bigUnit: string, small: number, smallUnit: string): string => {
    const rest = Math.floor((ms % big) / small);
    return `${Math.floor(ms / big)} ${bigUnit}${rest > 0 ? ` ${rest} ${smallUnit}` : ''}`;
  };
  if (ms < HOUR_MS) return parts(MINUTE_MS, 'min', SECOND_MS, 's');
  if (ms < DAY_MS) return parts(HOUR_MS, 'h', MINUTE_MS, 'min');
  return parts(DAY_MS, 'd', HOUR_MS, 'h');
}

/** `12 s ago`; the clocks of browser and broker may differ by a little, so what is to come is `now`. */
export function ago(atMs: number, nowMs: number): string {
  const passedMs = nowMs - atMs;
  return passedMs < SECOND_MS ? 'now' : `${duration(passedMs)} ago`;
}

const two = (value: number): string => String(value).padStart(2, '0');

/** `2026-11-21 14:03:07.042`, in the browser's zone; as it came where it is no time. */
export function dateTime(ms: number): string {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return String(ms);
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${clock(ms)}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** As short as it can be: `14:03:07.042` today, `2026-11-20 14:03` before. */
export function when(ms: number, nowMs: number): string {
  const [text, now] = [dateTime(ms), dateTime(nowMs)];
  return text.slice(0, 10) === now.slice(0, 10) ? text.slice(11) : text.slice(0, 16);
}

/** `14:03:07`. */
export function clock(ms: number): string {
  const date = new Date(ms);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

const AGO = /^-?\s*(\d+(?:\.\d+)?)\s*(s|sec|m|min|h|d)(?:\s+ago)?$/;
const AGO_MS: Readonly<Record<string, number>> = {
  s: SECOND_MS,
  sec: SECOND_MS,
  m: MINUTE_MS,
  min: MINUTE_MS,
  h: HOUR_MS,
  d: DAY_MS,
};
const DATE = /^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?)?$/;
const TIME = /^\d{1,2}:\d{2}(:\d{2})?$/;

/** What a person types for a time: `15m`, `2h ago`, `14:03` (today), `2026-11-21 14:00`, milliseconds. Null: none of them. */
export function parseTime(text: string, nowMs: number): number | null {
  const trimmed = text.trim();
  const back = AGO.exec(trimmed);
  if (back) return Math.round(nowMs - Number(back[1]) * AGO_MS[back[2]!]!);
  if (/^\d{10,}$/.test(trimmed)) return Number(trimmed);
  if (TIME.test(trimmed)) return timeOfDay(trimmed, nowMs);
  if (!DATE.test(trimmed)) return null;
  // A day alone would be read as UTC's: it is the day of whoever typed it.
  const ms = Date.parse(trimmed.length === 10 ? `${trimmed}T00:00` : trimmed.replace(' ', 'T'));
  return Number.isNaN(ms) ? null : ms;
}

function timeOfDay(text: string, nowMs: number): number | null {
  const [hours, minutes, seconds = 0] = text.split(':').map(Number);
  if (hours! > 23 || minutes! > 59 || seconds > 59) return null;
  return new Date(nowMs).setHours(hours!, minutes!, seconds, 0);
}

/** One line of a text, for a list: line ends become spaces, what is very long is cut. */
export function preview(text: string, limit = 300): string {
  const start = text.length > limit ? `${text.slice(0, limit)}…` : text;
  return start.replace(/\s+/g, ' ');
}

/** `0 1 2 5 6` as `0–2, 5–6`. */
export function ranges(sorted: readonly number[]): string {
  const parts: string[] = [];
  for (let start = 0; start < sorted.length; ) {
    let end = start;
    while (sorted[end + 1] === sorted[end]! + 1) end++;
    parts.push(end === start ? String(sorted[start]) : `${sorted[start]}–${sorted[end]}`);
    start = end + 1;
  }
  return parts.join(', ');
}
