import { dateTime, parseTime } from './format';
import type { Query } from './route';

/** The fields of the search for messages, and the address that says the same. */

export const FROM = ['last', 'beginning', 'end', 'offset', 'time'] as const;
export type From = (typeof FROM)[number];

export interface SearchForm {
  readonly from: From;
  /** A number of records, an offset, or a time as it was typed. */
  readonly fromValue: string;
  readonly until: string;
  /** Empty: all. */
  readonly partition: string;
  readonly key: string;
  readonly value: string;
  readonly isRegex: boolean;
  /** `name` or `name=value`. */
  readonly header: string;
  readonly limit: string;
  readonly follow: boolean;
  readonly committed: boolean;
}

/** What is shown of a topic where nobody asked for anything: the newest, and what comes. */
export const FIRST: SearchForm = {
  from: 'last',
  fromValue: '100',
  until: '',
  partition: '',
  key: '',
  value: '',
  isRegex: false,
  header: '',
  limit: '',
  follow: true,
  committed: false,
};

const DEFAULTS: Readonly<Record<From, string>> = { last: '100', beginning: '', end: '', offset: '0', time: '15m' };

/** The value beside another beginning: the one that it usually has. */
export const fromValueOf = (from: From): string => DEFAULTS[from];

const SEARCHED = ['from', 'until', 'key', 'grep', 'text', 'header', 'limit', 'follow'];

/** Whether an address asks for something: a partition alone is looked at as all of them are. */
export const isSearch = (query: Query): boolean => SEARCHED.some((name) => query[name] !== undefined);

/** The form as an address says it. */
export function formOf(query: Query): SearchForm {
  const one = (name: string): string => query[name]?.[0] ?? '';
  if (!isSearch(query)) {
    return { ...FIRST, partition: one('partition'), committed: one('isolation') === 'committed' };
  }
  const [kind = '', value = ''] = one('from').split(/:(.*)/s);
  const from = FROM.find((name) => name === kind) ?? 'end';
  const asTime = (text: string): string => (/^\d+$/.test(text) ? dateTime(Number(text)) : text);
  return {
    from,
    fromValue: from === 'time' ? asTime(value) : value,
    until: asTime(one('until')),
    partition: one('partition'),
    key: one('key'),
    value: one('grep') || one('text'),
    isRegex: one('grep') !== '',
    header: one('header'),
    limit: one('limit'),
    follow: one('follow') === '1',
    committed: one('isolation') === 'committed',
  };
}

/** The address of what the form asks for, or what is wrong in which field. */
export function queryOf(form: SearchForm, nowMs: number): { readonly query: Query } | { readonly problems: Problems } {
  const problems: Problems = {};
  const query: Record<string, readonly string[]> = { from: [fromOf(form, nowMs, problems)] };
  const put = (name: string, value: string): void => {
    if (value !== '') query[name] = [value];
  };
  put('until', timeOf(form.until, nowMs, 'until', problems));
  put('partition', form.partition);
  // An empty key is a key too, but nobody can type one: it is left out.
  put('key', form.key);
  put(form.isRegex ? 'grep' : 'text', form.value);
  put('header', form.header.trim());
  if (form.limit !== '' && !/^[1-9]\d*$/.test(form.limit)) problems.limit = 'a whole number';
  put('limit', form.limit);
  if (form.isRegex) checkRegex(form.value, problems);
  put('follow', form.follow ? '1' : '');
  put('isolation', form.committed ? 'committed' : '');
  return Object.keys(problems).length > 0 ? { problems } : { query };
}

export type Problems = { -readonly [field in keyof SearchForm]?: string };

function fromOf({ from, fromValue }: SearchForm, nowMs: number, problems: Problems): string {
  if (from === 'beginning' || from === 'end') return from;
  if (from === 'time') return `time:${timeOf(fromValue, nowMs, 'fromValue', problems)}`;
  if (!/^\d+$/.test(fromValue)) problems.fromValue = 'a whole number';
  return `${from}:${fromValue}`;
}

function timeOf(text: string, nowMs: number, field: 'fromValue' | 'until', problems: Problems): string {
  if (text.trim() === '' && field === 'until') return '';
  const ms = parseTime(text, nowMs);
  if (ms === null) problems[field] = 'such as 15m, 14:03 or 2026-11-21 14:03';
  return String(ms);
}

function checkRegex(text: string, problems: Problems): void {
  try {
    new RegExp(text);
  } catch (error) {
    problems.value = error instanceof Error ? error.message : String(error);
  }
}
