/** Which rows of a table are shown, and in which order. */

export interface Sorting {
  readonly by: string;
  readonly isDescending: boolean;
}

export type SortKey = string | number | null;

/** Names with numbers as people count them: `topic-2` before `topic-10`. */
const { compare } = new Intl.Collator('en', { numeric: true });

/** A copy in order; what has no value (null) comes last in either direction, and equals stay as they came. */
export function sorted<Row>(rows: readonly Row[], keyOf: (row: Row) => SortKey, isDescending: boolean): Row[] {
  const sign = isDescending ? -1 : 1;
  const keyed = rows.map((row) => ({ row, key: keyOf(row) }));
  keyed.sort(({ key: a }, { key: b }) => {
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
    return sign * (typeof a === 'number' && typeof b === 'number' ? a - b : compare(String(a), String(b)));
  });
  return keyed.map(({ row }) => row);
}

/** Rows whose text holds every word of the filter, in any case. */
export function filtered<Row>(rows: readonly Row[], textOf: (row: Row) => string, filter: string): readonly Row[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return rows;
  return rows.filter((row) => {
    const text = textOf(row).toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** What a click on a column's head makes of the order: numbers begin with the largest, names with the first. */
export function sortedBy(now: Sorting, column: string, isNumeric: boolean): Sorting {
  return now.by === column ? { by: column, isDescending: !now.isDescending } : { by: column, isDescending: isNumeric };
}

export interface Slice {
  readonly first: number;
  /** Exclusive. */
  readonly end: number;
}

/** Up to so many rows are simply all made. */
export const SMALL = 80;
const BEYOND = 12;

/**
 * The rows to be made: those in sight and some beyond on both sides.
 * @param topPx where the first row begins, from the upper edge of what is in sight (negative: scrolled away)
 * @param heightPx of what is in sight
 */
export function visibleRows(total: number, rowPx: number, topPx: number, heightPx: number): Slice {
  if (total <= SMALL) return { first: 0, end: total };
  const clamp = (row: number): number => Math.min(total, Math.max(0, row));
  const first = clamp(Math.floor(-topPx / rowPx) - BEYOND);
  const end = clamp(Math.ceil((heightPx - topPx) / rowPx) + BEYOND);
  // Out of sight altogether: the nearest ones, so that whoever comes from there finds some.
  return first < end ? { first, end } : { first: clamp(end - BEYOND), end: clamp(first + BEYOND) };
}

/** How far to scroll so that a row is in sight; 0 where it is. */
export function scrollToRow(row: number, rowPx: number, topPx: number, heightPx: number): number {
  const upper = topPx + row * rowPx;
  if (upper < 0) return upper;
  return Math.max(0, upper + rowPx - heightPx);
}
