import { illegalArgument } from './tool-error';

export const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
export const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const DAY_MS = 86_400_000;
/** Names are cut to so many letters, where no more are asked for. */
export const SHORT_NAME = 3;
const NOON = 12;
const LETTERS = 'GyMwWDdFEaHkKhmsSzZYuXL';

export const pad = (value: number, width: number): string => String(value).padStart(width, '0');

function zoneOffset(date: Date, separator: string): string {
  const minutes = -date.getTimezoneOffset();
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `${minutes < 0 ? '-' : '+'}${pad(hours, 2)}${separator}${pad(rest, 2)}`;
}

function zoneName(date: Date, style: 'short' | 'long'): string {
  const parts = new Intl.DateTimeFormat('en-US', { timeZoneName: style }).formatToParts(date);
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
}

const dayOfYear = (date: Date): number =>
  Math.round(
    (Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) - Date.UTC(date.getFullYear(), 0, 1)) / DAY_MS,
  ) + 1;

/** Weeks begin on Sunday, the first is that of the first day, as in Java's US calendar. */
function weekOfYear(date: Date): { week: number; year: number } {
  const year = date.getFullYear();
  const endsInNext = new Date(year, date.getMonth(), date.getDate() + 6 - date.getDay()).getFullYear() > year;
  if (endsInNext) return { week: 1, year: year + 1 };
  const firstDay = new Date(year, 0, 1).getDay();
  return { week: Math.floor((dayOfYear(date) - 1 + firstDay) / 7) + 1, year };
}

function yearText(year: number, count: number): string {
  return count === 2 ? pad(year % 100, 2) : pad(year, count);
}

/** A month's or a day's name, in the length that so many letters of a pattern ask for. */
export function named(names: readonly string[], index: number, count: number): string {
  return count > SHORT_NAME ? names[index]! : names[index]!.slice(0, SHORT_NAME);
}

function isoZone(date: Date, count: number): string {
  if (date.getTimezoneOffset() === 0) return 'Z';
  if (count === 1) return zoneOffset(date, '').slice(0, 3);
  return zoneOffset(date, count === 2 ? '' : ':');
}

function field(letter: string, count: number, date: Date): string {
  const hours = date.getHours();
  switch (letter) {
    case 'G':
      return 'AD';
    case 'y':
      return yearText(date.getFullYear(), count);
    case 'Y':
      return yearText(weekOfYear(date).year, count);
    case 'M':
    case 'L':
      return count < SHORT_NAME ? pad(date.getMonth() + 1, count) : named(MONTHS, date.getMonth(), count);
    case 'w':
      return pad(weekOfYear(date).week, count);
    case 'W': {
      const firstDay = new Date(date.getFullYear(), date.getMonth(), 1).getDay();
      return pad(Math.floor((date.getDate() - 1 + firstDay) / 7) + 1, count);
    }
    case 'D':
      return pad(dayOfYear(date), count);
    case 'd':
      return pad(date.getDate(), count);
    case 'F':
      return pad(Math.floor((date.getDate() - 1) / 7) + 1, count);
    case 'E':
      return named(DAYS, date.getDay(), count);
    case 'u':
      return pad(date.getDay() || 7, count);
    case 'a':
      return hours < NOON ? 'AM' : 'PM';
    case 'H':
      return pad(hours, count);
    case 'k':
      return pad(hours || 24, count);
    case 'K':
      return pad(hours % NOON, count);
    case 'h':
      return pad(hours % NOON || NOON, count);
    case 'm':
      return pad(date.getMinutes(), count);
    case 's':
      return pad(date.getSeconds(), count);
    case 'S':
      return pad(date.getMilliseconds(), count);
    case 'z':
      return zoneName(date, count > SHORT_NAME ? 'long' : 'short');
    case 'Z':
      return zoneOffset(date, '');
    default:
      return isoZone(date, count);
  }
}

const TOKEN = /''|'(?:[^']|'')*(?:'|$)|([A-Za-z])\1*|[^A-Za-z']+/g;

export type Part = { readonly letter: string; readonly count: number } | { readonly text: string };

/** What a token of a pattern stands for. `''` is a quote, within quotes and without. */
function partOf(token: string, letter: string | undefined): Part {
  if (token === "''") return { text: "'" };
  if (token.startsWith("'")) {
    if (token.length === 1 || !token.endsWith("'")) throw illegalArgument('Unterminated quote');
    return { text: token.slice(1, -1).replaceAll("''", "'") };
  }
  if (letter === undefined) return { text: token };
  if (!LETTERS.includes(letter)) throw illegalArgument(`Illegal pattern character '${letter}'`);
  const count = token.length;
  if (letter === 'X' && count > SHORT_NAME) throw illegalArgument(`invalid ISO 8601 format: length=${count}`);
  return { letter, count };
}

/** What a pattern of java.text.SimpleDateFormat is made of. Throws `ToolError` where it is none. */
export const patternParts = (pattern: string): Part[] =>
  [...pattern.matchAll(TOKEN)].map(([token, letter]) => partOf(token, letter));

/**
 * A java.text.SimpleDateFormat of the US locale, in the local time zone. Throws `ToolError` where the pattern is none.
 */
export function dateFormat(pattern: string): (timeMs: number) => string {
  const parts = patternParts(pattern);
  return (timeMs) => {
    const date = new Date(timeMs);
    return parts.map((part) => ('text' in part ? part.text : field(part.letter, part.count, date))).join('');
  };
}
