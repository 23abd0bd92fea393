import { DAYS, MONTHS, named, type Part, pad, patternParts, SHORT_NAME } from '@odradek/tools/java-date';
import { ToolError } from '@odradek/tools/tool-error';

/**
 * A java.text.SimpleDateFormat of the US locale in UTC: the one that Connect formats and reads times with. Reading is
 * lenient as Java's is: the 32nd of January is the first of February, and what follows the pattern's end is ignored.
 */

const MS_PER_DAY = 86_400_000;
const MS_PER_MINUTE = 60_000;

const dayOfYear = (date: Date): number =>
  Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / MS_PER_DAY) + 1;

/** The week of the US calendar: it begins on Sunday, and the week of January 1st is the year's first. */
function weekOfYear(date: Date): { week: number; year: number } {
  const year = date.getUTCFullYear();
  const week = (from: number): number => {
    const first = Date.UTC(from, 0, 1);
    return Math.floor(((date.getTime() - first) / MS_PER_DAY + new Date(first).getUTCDay()) / 7) + 1;
  };
  const nextYear = Date.UTC(year + 1, 0, 1);
  const daysLeft = Math.floor((nextYear - 1 - date.getTime()) / MS_PER_DAY) + 1;
  if (daysLeft <= new Date(nextYear).getUTCDay()) return { week: 1, year: year + 1 };
  return { week: week(year), year };
}

const TIMES: Readonly<Record<string, (date: Date) => number>> = {
  d: (date) => date.getUTCDate(),
  D: dayOfYear,
  w: (date) => weekOfYear(date).week,
  F: (date) => Math.floor((date.getUTCDate() - 1) / 7) + 1,
  u: (date) => date.getUTCDay() || 7,
  W: (date) => {
    const firstDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1)).getUTCDay();
    return Math.floor((date.getUTCDate() - 1 + firstDay) / 7) + 1;
  },
  H: (date) => date.getUTCHours(),
  k: (date) => date.getUTCHours() || 24,
  K: (date) => date.getUTCHours() % 12,
  h: (date) => date.getUTCHours() % 12 || 12,
  m: (date) => date.getUTCMinutes(),
  s: (date) => date.getUTCSeconds(),
  S: (date) => date.getUTCMilliseconds(),
};

function field(letter: string, count: number, date: Date): string {
  const number = TIMES[letter];
  if (number) return pad(number(date), count);
  switch (letter) {
    case 'G':
      return 'AD';
    case 'y':
    case 'Y': {
      const year = letter === 'y' ? date.getUTCFullYear() : weekOfYear(date).year;
      return count === 2 ? pad(year % 100, 2) : pad(year, count);
    }
    case 'M':
    case 'L':
      return count < SHORT_NAME ? pad(date.getUTCMonth() + 1, count) : named(MONTHS, date.getUTCMonth(), count);
    case 'E':
      return named(DAYS, date.getUTCDay(), count);
    case 'a':
      return date.getUTCHours() < 12 ? 'AM' : 'PM';
    case 'z':
      return count > SHORT_NAME ? 'Coordinated Universal Time' : 'UTC';
    case 'Z':
      return '+0000';
    default:
      return 'Z';
  }
}

/** What has been read so far. */
interface Reading {
  year: number;
  month: number;
  day: number;
  dayOfYear?: number;
  hours: number;
  isPm?: boolean;
  minutes: number;
  seconds: number;
  millis: number;
  offsetMinutes: number;
}

const takeName = (names: readonly string[], text: string): [number, number] | undefined => {
  for (const [index, name] of names.entries()) {
    for (const form of [name, name.slice(0, SHORT_NAME)]) {
      if (text.toLowerCase().startsWith(form.toLowerCase())) return [index, form.length];
    }
  }
  return undefined;
};

function takeZone(text: string): [number, number] | undefined {
  const match = /^(?:Z|UTC|GMT)?(?:([+-])(\d{2}):?(\d{2})?)?/.exec(text)!;
  if (match[0] === '') return undefined;
  const minutes = Number(match[2] ?? 0) * 60 + Number(match[3] ?? 0);
  return [match[1] === '-' ? -minutes : minutes, match[0].length];
}

/** A two-digit year lies within 80 years before and 20 after today. */
function fullYear(year: number): number {
  const thisYear = new Date().getUTCFullYear();
  const century = Math.floor((thisYear - 80) / 100) * 100;
  return century + year < thisYear - 80 ? century + year + 100 : century + year;
}

/** Reads one field at the text's start. Returns how much of it was taken, undefined where it does not fit. */
function read(
  part: { letter: string; count: number },
  isRunOn: boolean,
  text: string,
  into: Reading,
): number | undefined {
  const { letter, count } = part;
  const named = (names: readonly string[], put: (index: number) => void): number | undefined => {
    const found = takeName(names, text);
    if (found) put(found[0]);
    return found?.[1];
  };
  switch (letter) {
    case 'G':
      return named(['AD', 'BC'], () => undefined);
    case 'E':
      return named(DAYS, () => undefined);
    case 'a':
      return named(['AM', 'PM'], (index) => {
        into.isPm = index === 1;
      });
    case 'z':
    case 'Z':
    case 'X': {
      const zone = takeZone(text);
      if (zone) into.offsetMinutes = zone[0];
      return zone?.[1];
    }
    case 'M':
    case 'L':
      if (count >= SHORT_NAME) {
        return named(MONTHS, (index) => {
          into.month = index;
        });
      }
      break;
    default:
      break;
  }
  const digits = (isRunOn ? new RegExp(`^\\d{1,${count}}`) : /^-?\d+/).exec(text)?.[0];
  if (digits === undefined) return undefined;
  const value = Number(digits);
  if (letter === 'y' || letter === 'Y') into.year = count <= 2 && digits.length === 2 ? fullYear(value) : value;
  else PUT[letter]?.(into, value);
  return digits.length;
}

const PUT: Readonly<Record<string, (into: Reading, value: number) => void>> = {
  M: (into, value) => {
    into.month = value - 1;
  },
  L: (into, value) => {
    into.month = value - 1;
  },
  d: (into, value) => {
    into.day = value;
  },
  D: (into, value) => {
    into.dayOfYear = value;
  },
  H: (into, value) => {
    into.hours = value;
  },
  k: (into, value) => {
    into.hours = value % 24;
  },
  K: (into, value) => {
    into.hours = value;
  },
  h: (into, value) => {
    into.hours = value % 12;
  },
  m: (into, value) => {
    into.minutes = value;
  },
  s: (into, value) => {
    into.seconds = value;
  },
  S: (into, value) => {
    into.millis = value;
  },
};

export interface SimpleDateFormat {
  format(date: Date): string;
  /** Throws `ToolError` (ParseException) where the text does not begin with such a date. */
  parse(text: string): Date;
}

/** Throws `ToolError` where the pattern is none. */
export function simpleDateFormat(pattern: string): SimpleDateFormat {
  const parts = patternParts(pattern);
  return {
    format: (date) => parts.map((part) => ('text' in part ? part.text : field(part.letter, part.count, date))).join(''),
    parse: (text) => parse(parts, text),
  };
}

/** Numbers that follow each other without anything between are told apart by their widths. */
function isRunOn(parts: readonly Part[], index: number): boolean {
  const next = parts[index + 1];
  return next !== undefined && 'letter' in next && /[yMdHhkKmsSDwWuF]/.test(next.letter);
}

function parse(parts: readonly Part[], text: string): Date {
  const into: Reading = { year: 1970, month: 0, day: 1, hours: 0, minutes: 0, seconds: 0, millis: 0, offsetMinutes: 0 };
  let at = 0;
  for (const [index, part] of parts.entries()) {
    const rest = text.slice(at);
    const taken =
      'text' in part
        ? rest.startsWith(part.text)
          ? part.text.length
          : undefined
        : read(part, isRunOn(parts, index), rest, into);
    if (taken === undefined) throw new ToolError('java.text.ParseException', `Unparseable date: "${text}"`);
    at += taken;
  }
  const hours = into.hours + (into.isPm ? 12 : 0);
  const [month, day] = into.dayOfYear === undefined ? [into.month, into.day] : [0, into.dayOfYear];
  const date = new Date(0);
  date.setUTCFullYear(into.year, month, day);
  date.setUTCHours(hours, into.minutes, into.seconds, into.millis);
  return new Date(date.getTime() - into.offsetMinutes * MS_PER_MINUTE);
}
