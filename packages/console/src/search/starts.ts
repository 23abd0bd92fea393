import type { From } from './query';

/** What a partition holds: from the first offset to before the end. */
export interface Span {
  readonly partition: number;
  readonly start: number;
  readonly end: number;
}

/** Where each partition is read from. `atTime`: the offset of the time asked for, where there is one. */
export function startsOf(spans: readonly Span[], from: From, atTime: ReadonlyMap<number, number>): Map<number, number> {
  switch (from.at) {
    case 'beginning':
      return new Map(spans.map(({ partition, start }) => [partition, start]));
    case 'end':
      return new Map(spans.map(({ partition, end }) => [partition, end]));
    case 'offset':
      return new Map(
        spans.map(({ partition, start, end }) => [partition, Math.min(Math.max(from.offset, start), end)]),
      );
    case 'time':
      return new Map(spans.map(({ partition, end }) => [partition, offsetOr(atTime.get(partition), end)]));
    case 'last':
      return lastOf(spans, from.count);
    default:
      return from satisfies never;
  }
}

/** -1: nothing is as new as that. */
const offsetOr = (offset: number | undefined, end: number): number =>
  offset === undefined || offset < 0 ? end : offset;

/** What is looked at, at most, to find those that are the newest of all. */
const MOST_LOOKED_AT = 20_000;

/** Enough of each that the newest of all are among them; where that is too many, at least so many in all. */
function lastOf(spans: readonly Span[], count: number): Map<number, number> {
  const share = Math.ceil(count / Math.max(1, spans.length));
  const most = Math.floor(MOST_LOOKED_AT / Math.max(1, spans.length));
  const each = Math.min(count, Math.max(share, most));
  return new Map(spans.map(({ partition, start, end }) => [partition, Math.max(start, end - each)]));
}
