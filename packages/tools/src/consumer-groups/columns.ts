/** What stands in a column where there is nothing to say. */
export const MISSING = '-';

/** A row of Java's `%-Ns` columns: a cell that has a width is padded to it, and never cut. */
export const row = (cells: readonly (string | number)[], widths: readonly number[]): string =>
  cells.map((cell, column) => String(cell).padEnd(widths[column] ?? 0)).join(' ');

/** The width of a column: at least so much, else that of its longest cell. */
export const widthOf = (least: number, cells: readonly string[]): number =>
  cells.reduce((widest, { length }) => Math.max(widest, length), least);
