import type { ReadOptions, RecordCursor } from '../records/record';
import { recordCursor } from '../records/record';
import { Output, RetainedRecords } from '../records/retained';

/** The batch at `at` with only the records that `keep` wants, as the cleaner writes it; undefined where none is kept. */
export function retain(
  b: Buffer,
  at: number,
  keep: (record: RecordCursor) => boolean,
  { deleteHorizonMs = null, ...options }: ReadOptions & { readonly deleteHorizonMs?: number | null } = {},
): Buffer | undefined {
  const [retained, out] = [new RetainedRecords(), new Output()];
  const cursor = recordCursor(b, at, options);
  while (cursor.next()) if (keep(cursor)) retained.add(cursor);
  if (retained.count === 0) return undefined;
  retained.write(b, at, cursor.bytes, deleteHorizonMs, out);
  return out.bytes.subarray(0, out.length);
}
