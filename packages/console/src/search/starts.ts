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

/** So many of all partitions together: evenly, but what one does not have the others give. */
function lastOf(spans: readonly Span[], count: number): Map<number, number> {
  const starts = new Map<number, number>();
  const bySize = [...spans].sort((a, b) => a.end - a.start - (b.end - b.start));
  let left = count;
  for (const [at, { partition, start, end }] of bySize.entries()) {
    const share = Math.min(end - start, Math.ceil(left / (bySize.length - at)));
    starts.set(partition, end - share);
    left -= share;
  }
  return starts;
}
