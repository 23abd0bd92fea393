/**
 * Blocks in LZ4's format that are smaller and take longer (docs/decisions/0010): chains of positions with the same hash
 * tell where matches may begin, and of all that are found those are taken that make the block shortest. That is easy to
 * tell, for an offset costs two bytes whatever it is: of a position only the longest match counts.
 */
const MIN_MATCH = 4;
/** Rules of the format: a block ends with so many literals, and no match begins in so many bytes before its end. */
const LAST_LITERALS = 5;
const MATCH_MARGIN = 12;
/** A length that its half of a token cannot hold goes on behind it, in bytes of up to 255. */
const TOKEN_MAX = 15;
const LENGTH_BYTE_MAX = 255;
const OFFSET_BYTES = 2;
const MAX_TOKEN_MATCH = MIN_MATCH + TOKEN_MAX - 1;

/** What the tables hold, and what an offset reaches. */
export const MAX_HIGH_BLOCK_BYTES = 64 * 1024;
const HASH_BITS = 15;
const HASH_FACTOR = 0x9e3779b1;
/** From this length on a match is good enough: no other is looked for. */
const GOOD_LENGTH = 273;
/** From here on a call into native code is cheaper than bytes. */
const NATIVE_FROM_BYTES = 32;

/** What a level takes the time for. */
interface Effort {
  /** Candidates that are looked at for a position. */
  readonly depth: number;
  /** A position within a match that goes on for so long is not searched for. */
  readonly lazyLength: number;
}

/** Level 1 first. Those that lz4 parses lazily have its depths; the others find what there is with less. */
const EFFORTS: readonly Effort[] = [
  { depth: 2, lazyLength: 5 },
  { depth: 2, lazyLength: 5 },
  { depth: 4, lazyLength: 7 },
  { depth: 8, lazyLength: 7 },
  { depth: 16, lazyLength: 7 },
  { depth: 32, lazyLength: 7 },
  { depth: 64, lazyLength: 7 },
  { depth: 128, lazyLength: 7 },
  { depth: 256, lazyLength: 7 },
  { depth: 64, lazyLength: 20 },
  { depth: 128, lazyLength: 32 },
  { depth: 256, lazyLength: 48 },
];

/** What is known of each position of a block. A megabyte, used again for each block. */
class Tables {
  /** The last position with a hash; -1 is none. */
  readonly heads = new Int32Array(1 << HASH_BITS);
  /** How far back the position before with the same hash is; 0 is none. */
  readonly steps = new Uint16Array(MAX_HIGH_BLOCK_BYTES);
  /** The four bytes there. */
  readonly words = new Int32Array(MAX_HIGH_BLOCK_BYTES);
  /** The longest match, later the one that is taken; 0 is none. */
  readonly lengths = new Uint16Array(MAX_HIGH_BLOCK_BYTES);
  readonly distances = new Uint16Array(MAX_HIGH_BLOCK_BYTES);
  /** The bytes that what follows takes. */
  readonly costs = new Int32Array(MAX_HIGH_BLOCK_BYTES + 1);
}

let tables: Tables | undefined;

/** Bytes that a block may take which holds so many. */
export const highBlockBound = (bytes: number): number => bytes + Math.ceil(bytes / LENGTH_BYTE_MAX) + 16;

/**
 * Writes `data[from, to)`, at most 64 KB, as one block to `out[at…]`, which has room for `highBlockBound`. Returns where the
 * block ends.
 * @param level as of lz4-java's high compressor, 1..17; those above 12 are the same
 */
export function lz4HighBlock(data: Buffer, from: number, to: number, out: Buffer, at: number, level: number): number {
  const block = data.subarray(from, to);
  if (block.length <= MATCH_MARGIN) return putLiterals(block, 0, block.length, 0, out, at);
  tables ??= new Tables();
  readWords(block, tables.words);
  findMatches(block, EFFORTS[Math.min(level, EFFORTS.length) - 1]!, tables);
  chooseMatches(block, tables);
  return putBlock(block, tables, out, at);
}

function readWords(block: Buffer, words: Int32Array): void {
  let word = (block[0]! << 8) | (block[1]! << 16) | (block[2]! << 24);
  for (let at = 3; at < block.length; at++) {
    word = (word >>> 8) | (block[at]! << 24);
    words[at - 3] = word;
  }
}

/** The longest match of each position, as far as the level looks. One that goes on is the next position's, too. */
function findMatches(block: Buffer, { depth, lazyLength }: Effort, t: Tables): void {
  const { heads, steps, words, lengths, distances } = t;
  const lastStart = block.length - MATCH_MARGIN;
  heads.fill(-1);
  lengths.fill(0, lastStart + 1, block.length);
  let length = 0;
  let distance = 0;
  for (let at = 0; at <= lastStart; at++) {
    const word = words[at]!;
    const hash = Math.imul(word, HASH_FACTOR) >>> (32 - HASH_BITS);
    let candidate = heads[hash]!;
    heads[hash] = at;
    steps[at] = candidate < 0 ? 0 : at - candidate;
    length = length > MIN_MATCH ? length - 1 : 0;
    for (let left = length < lazyLength && candidate >= 0 ? depth : 0; left > 0; left--) {
      // A longer match has the same bytes up to one behind what is known.
      const probe = length === 0 ? 0 : length - 3;
      if (words[candidate + probe] === words[at + probe] && words[candidate] === word) {
        const common = commonLength(block, words, candidate, at);
        if (common > length) {
          length = common;
          distance = at - candidate;
          if (length >= GOOD_LENGTH) break;
        }
      }
      const step = steps[candidate]!;
      if (step === 0) break;
      candidate -= step;
    }
    lengths[at] = length;
    distances[at] = distance;
  }
}

/** Bytes that two positions have in common, the first four of which are known to be the same. */
function commonLength(block: Buffer, words: Int32Array, candidate: number, at: number): number {
  const longest = block.length - LAST_LITERALS - at;
  let common = MIN_MATCH;
  while (common + 4 <= longest && words[candidate + common] === words[at + common]) common += 4;
  while (common < longest && block[candidate + common] === block[at + common]) common++;
  return common;
}

/**
 * From the end on: what is the shortest way to write what follows a position? A match may begin earlier than it was found.
 * A shorter form of it is of use only where that spares bytes of length.
 */
function chooseMatches(block: Buffer, { lengths, distances, costs }: Tables): void {
  let literals = 0;
  let nextLengthByteAt = TOKEN_MAX;
  let longest = 0;
  let distance = 0;
  costs[block.length] = 0;
  for (let at = block.length - 1; at >= 0; at--) {
    const goesBack =
      longest >= MIN_MATCH && longest >= lengths[at]! && at >= distance && block[at] === block[at - distance];
    longest = goesBack ? longest + 1 : lengths[at]!;
    if (goesBack) distances[at] = distance;
    else distance = distances[at]!;
    let cost = costs[at + 1]! + 1;
    if (++literals === nextLengthByteAt) {
      nextLengthByteAt += LENGTH_BYTE_MAX;
      cost++;
    }
    let taken = 0;
    if (longest >= MIN_MATCH) {
      const whole = matchCost(longest) + costs[at + longest]!;
      if (whole <= cost) {
        cost = whole;
        taken = longest;
      }
    }
    if (longest > MAX_TOKEN_MATCH) {
      const short = matchCost(MAX_TOKEN_MATCH) + costs[at + MAX_TOKEN_MATCH]!;
      if (short < cost) {
        cost = short;
        taken = MAX_TOKEN_MATCH;
      }
    }
    costs[at] = cost;
    lengths[at] = taken;
    if (taken > 0) {
      literals = 0;
      nextLengthByteAt = TOKEN_MAX;
    }
  }
}

function matchCost(length: number): number {
  const excess = length - MIN_MATCH - TOKEN_MAX;
  return 1 + OFFSET_BYTES + (excess < 0 ? 0 : 1 + Math.floor(excess / LENGTH_BYTE_MAX));
}

function putBlock(block: Buffer, { lengths, distances }: Tables, out: Buffer, at: number): number {
  let literalsFrom = 0;
  for (let from = 0; from < block.length; ) {
    const length = lengths[from]!;
    if (length === 0) {
      from++;
      continue;
    }
    const excess = length - MIN_MATCH;
    at = putLiterals(block, literalsFrom, from, excess, out, at);
    out[at++] = distances[from]! & 0xff;
    out[at++] = distances[from]! >>> 8;
    at = putLength(excess, out, at);
    from += length;
    literalsFrom = from;
  }
  return putLiterals(block, literalsFrom, block.length, 0, out, at);
}

/** A token and the literals that follow it. */
function putLiterals(block: Buffer, from: number, to: number, matchExcess: number, out: Buffer, at: number): number {
  const literals = to - from;
  out[at++] = (Math.min(literals, TOKEN_MAX) << 4) | Math.min(matchExcess, TOKEN_MAX);
  at = putLength(literals, out, at);
  if (literals >= NATIVE_FROM_BYTES) block.copy(out, at, from, to);
  else for (let i = 0; i < literals; i++) out[at + i] = block[from + i]!;
  return at + literals;
}

/** What of a length its token does not hold. */
function putLength(length: number, out: Buffer, at: number): number {
  if (length < TOKEN_MAX) return at;
  let left = length - TOKEN_MAX;
  for (; left >= LENGTH_BYTE_MAX; left -= LENGTH_BYTE_MAX) out[at++] = LENGTH_BYTE_MAX;
  out[at++] = left;
  return at;
}
