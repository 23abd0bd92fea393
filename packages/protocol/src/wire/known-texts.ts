const SLOTS = 512;
const MAX_BYTES = 64;

interface KnownText {
  readonly bytes: Uint8Array;
  readonly text: string;
}

/**
 * Texts that were decoded lately, by their bytes: peers send the same topic names and client ids all the time. Comparing
 * bytes costs less than making a string, and a string that is known has its hash, for the maps that it is looked up in.
 */
const known: (KnownText | undefined)[] = new Array(SLOTS).fill(undefined);

/** The text of `b[start, end)` in UTF-8. */
export function textOf(b: Buffer, start: number, end: number): string {
  const length = end - start;
  if (length > MAX_BYTES) return b.toString('utf8', start, end);
  let hash = length;
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + b[at]!) | 0;
  const slot = (hash ^ (hash >>> 16)) & (SLOTS - 1);
  const found = known[slot];
  if (found !== undefined && isSame(found.bytes, b, start, length)) return found.text;
  const text = b.toString('utf8', start, end);
  known[slot] = { bytes: Uint8Array.prototype.slice.call(b, start, end), text };
  return text;
}

function isSame(bytes: Uint8Array, b: Buffer, start: number, length: number): boolean {
  if (bytes.length !== length) return false;
  for (let index = 0; index < length; index++) if (bytes[index] !== b[start + index]) return false;
  return true;
}
