import { headersWanted } from '@odradek/tools/consumer/find';
import { badRequest } from '../http/answer';

/** Where reading begins. */
export type From =
  | { readonly at: 'beginning' }
  | { readonly at: 'end' }
  | { readonly at: 'offset'; readonly offset: number }
  | { readonly at: 'time'; readonly timeMs: number }
  | { readonly at: 'last'; readonly count: number };

/** What a page asks for; see `MessagesQuery`. */
export interface MessagesRequest {
  readonly topic: string;
  readonly from: From;
  readonly untilMs: number | undefined;
  /** Undefined: all of them. */
  readonly partitions: readonly number[] | undefined;
  readonly key: string | undefined;
  readonly patterns: readonly RegExp[];
  readonly text: string | undefined;
  readonly headers: ReturnType<typeof headersWanted>;
  /** Infinity where there is none. */
  readonly limit: number;
  readonly follows: boolean;
  readonly isCommittedOnly: boolean;
}

const DEFAULT_LIMIT = 500;
export const MAX_LIMIT = 10_000;
const MAX_REGEX_LENGTH = 1_000;

const KNOWN = 'from until partition key grep text header limit follow isolation'.split(' ');

/** Throws `HttpError` (400) that names what is wrong with the query. */
export function parseMessagesQuery(topic: string, query: URLSearchParams): MessagesRequest {
  const unknown = [...query.keys()].find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) throw badRequest(`There is nothing called ${unknown} in a search of messages.`);
  const follows = flag(query, 'follow');
  const from = fromOf(query.get('from') ?? 'end');
  return {
    topic,
    from,
    untilMs: query.has('until') ? count('until', query.get('until')!) : undefined,
    partitions: query.has('partition') ? query.getAll('partition').map((text) => count('partition', text)) : undefined,
    key: query.get('key') ?? undefined,
    patterns: query.getAll('grep').map(patternOf),
    text: query.get('text') || undefined,
    headers: headersWanted(query.getAll('header')),
    limit: limitOf(query, from, follows),
    follows,
    isCommittedOnly: isolationOf(query.get('isolation') ?? 'uncommitted'),
  };
}

/** A number that is 0 or more and exact. */
function count(name: string, text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number;
  throw badRequest(`${name}=${text} is not a number that is 0 or more.`);
}

function fromOf(text: string): From {
  if (text === 'beginning' || text === 'end') return { at: text };
  const [, kind, number = ''] = /^(offset|time|last):(.*)$/s.exec(text) ?? [];
  switch (kind) {
    case 'offset':
      return { at: 'offset', offset: count('from=offset', number) };
    case 'time':
      return { at: 'time', timeMs: count('from=time', number) };
    case 'last':
      return { at: 'last', count: Math.min(count('from=last', number), MAX_LIMIT) };
    default:
      throw badRequest(`from=${text} is none of beginning, end, offset:N, time:MS and last:N.`);
  }
}

function patternOf(text: string): RegExp {
  if (text.length > MAX_REGEX_LENGTH) throw badRequest(`grep may have ${MAX_REGEX_LENGTH} characters at most.`);
  try {
    return new RegExp(text);
  } catch (thrown) {
    throw badRequest(`grep: ${(thrown as Error).message}`);
  }
}

function limitOf(query: URLSearchParams, from: From, follows: boolean): number {
  const given = query.get('limit');
  if (given !== null) return Math.max(1, Math.min(count('limit', given), MAX_LIMIT));
  if (follows) return Number.POSITIVE_INFINITY;
  return from.at === 'last' ? Math.max(DEFAULT_LIMIT, from.count) : DEFAULT_LIMIT;
}

function flag(query: URLSearchParams, name: string): boolean {
  const text = query.get(name) ?? '0';
  if (text === '1' || text === '0') return text === '1';
  throw badRequest(`${name}=${text} is neither 1 nor 0.`);
}

function isolationOf(text: string): boolean {
  if (text === 'committed' || text === 'uncommitted') return text === 'committed';
  throw badRequest(`isolation=${text} is neither committed nor uncommitted.`);
}
