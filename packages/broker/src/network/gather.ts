/** Chunks below this are copied together: an iovec and its bookkeeping cost more than the copy. */
const SMALL_BYTES = 8 * 1024;

/** The same bytes in fewer chunks: runs of small ones become one. */
export function gather(chunks: Buffer[]): Buffer[] {
  if (chunks.length === 1) return chunks;
  const gathered: Buffer[] = [];
  let from = 0;
  while (from < chunks.length) {
    let to = from;
    let bytes = 0;
    while (to < chunks.length && chunks[to]!.length < SMALL_BYTES) bytes += chunks[to++]!.length;
    if (to - from > 1) gathered.push(Buffer.concat(chunks.slice(from, to), bytes));
    else if (to - from === 1) gathered.push(chunks[from]!);
    if (to < chunks.length) gathered.push(chunks[to++]!);
    from = to;
  }
  return gathered;
}
