import { type Io, println } from '../print';

/** Prints rows under their headers: each cell padded to its column's width, with a tab after it. */
export function printTable(headers: readonly string[], rows: readonly (readonly string[])[], io: Io): void {
  const widths = headers.map((header, column) =>
    rows.reduce((width, row) => Math.max(width, row[column]!.length), header.length),
  );
  for (const row of [headers, ...rows]) {
    println(io.stdout, row.map((cell, column) => `${cell.padEnd(widths[column]!)}\t`).join(''));
  }
}
