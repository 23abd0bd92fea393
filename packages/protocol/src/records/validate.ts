import { isLogAppendTimeAt, NO_TIMESTAMP, type TimestampType } from './batch';
import { Scratch } from './inflated';
import { type ReadOptions, type RecordCursor, recordCursor, recordCursorAsync } from './record';

/** What a produced batch's records must be like. */
export interface RecordRules extends ReadOptions {
  /** The topic is compacted. */
  readonly requireKeys?: boolean;
  /** The topic's. Under CreateTime timestamps must be within the bounds; under LogAppendTime they do not matter. */
  readonly timestampType?: TimestampType;
  /** Bounds of a record's timestamp, both inclusive; records without one pass. */
  readonly minTimestamp?: number;
  readonly maxTimestamp?: number;
}

export interface RecordFault {
  /** The record's index in its batch: `batchIndex` on the wire. */
  readonly index: number;
  readonly offset: number;
  readonly timestamp: number;
  /** `timestamp-type`: the producer has set LogAppendTime, which only brokers may. */
  readonly fault: 'no-key' | 'timestamp' | 'timestamp-type';
}

export interface RecordsSummary {
  readonly recordCount: number;
  /** The largest timestamp of the records, -1 where none has one, and the index of the first record that has it. */
  readonly maxTimestamp: number;
  readonly indexOfMaxTimestamp: number;
  /** Whether offset deltas count 0, 1, 2…: a compressed batch where they do not must be rewritten (LogValidator). */
  readonly hasDenseOffsets: boolean;
  readonly faults: readonly RecordFault[];
}

const scratch = new Scratch();
const EXACT_BELOW = 2 ** 52;
const NO_FAULTS: readonly RecordFault[] = [];

/**
 * One pass over the headers of a magic-2 batch's records, without an object per record: counts, lengths and structure
 * (throws `InvalidRecordError`), keys and timestamps (reported, all of them). Throws `CorruptRecordError` or
 * `DecompressionLimitError` where the batch does not decompress.
 */
export function validateRecords(b: Buffer, at: number, rules: RecordRules = {}): RecordsSummary {
  return summarize(recordCursor(b, at, { maxBytes: rules.maxBytes, scratch }), isLogAppendTimeAt(b, at), rules);
}

/** As `validateRecords`, decompressing off the main thread where the codec can. */
export async function validateRecordsAsync(b: Buffer, at: number, rules: RecordRules = {}): Promise<RecordsSummary> {
  return summarize(await recordCursorAsync(b, at, rules), isLogAppendTimeAt(b, at), rules);
}

function summarize(cursor: RecordCursor, isLogAppendTime: boolean, rules: RecordRules): RecordsSummary {
  return (isLogAppendTime ? undefined : summarizePlain(cursor, rules)) ?? summarizeAny(cursor, isLogAppendTime, rules);
}

/**
 * The summary of a batch whose records are all plain: well-formed, faultless, dense, without headers and with no varint
 * above 3 bytes. Nearly all batches are, and this is half as costly as the cursor. Undefined for all others.
 */
function summarizePlain(cursor: RecordCursor, rules: RecordRules): RecordsSummary | undefined {
  const { bytes, to, count, baseTimestamp } = cursor;
  const { requireKeys, timestampType = 'CreateTime', minTimestamp = -Infinity, maxTimestamp = Infinity } = rules;
  // Sums stay exact below; beyond, and below 0, the order of timestamps is not that of the deltas.
  if (baseTimestamp < 0 || baseTimestamp > EXACT_BELOW) return undefined;
  let at = cursor.end;
  let smallestDelta = 0;
  let largestDelta = -Infinity;
  let indexOfLargest = -1;
  for (let index = 0; index < count; index++) {
    let packed = shortVarint(bytes, at);
    const size = packed >> 3;
    at += packed & 3;
    const end = at + size;
    // An odd raw value is a negative one.
    if (packed === 0 || (packed & 4) !== 0 || end > to) return undefined;
    packed = shortVarint(bytes, ++at);
    const delta = (packed & 4) === 0 ? packed >> 3 : ~(packed >> 3);
    at += packed & 3;
    if (packed === 0) return undefined;
    if (delta > largestDelta) {
      largestDelta = delta;
      indexOfLargest = index;
    }
    if (delta < smallestDelta) smallestDelta = delta;
    packed = shortVarint(bytes, at);
    at += packed & 3;
    if (packed === 0 || (packed & 4) !== 0 || packed >> 3 !== index) return undefined;
    packed = shortVarint(bytes, at);
    if (packed === 0 || (requireKeys && (packed & 4) !== 0)) return undefined;
    at += (packed & 3) + ((packed & 4) === 0 ? packed >> 3 : 0);
    packed = shortVarint(bytes, at);
    if (packed === 0) return undefined;
    at += (packed & 3) + ((packed & 4) === 0 ? packed >> 3 : 0);
    if (at + 1 !== end || bytes[at] !== 0) return undefined;
    at = end;
  }
  const largest = baseTimestamp + largestDelta;
  const smallest = baseTimestamp + Math.min(smallestDelta, largestDelta);
  // Below 0 is "no timestamp", which has rules of its own.
  if (at !== to || count === 0 || smallest < 0) return undefined;
  if (timestampType === 'CreateTime' && (smallest < minTimestamp || largest > maxTimestamp)) return undefined;
  return {
    recordCount: count,
    maxTimestamp: largest,
    indexOfMaxTimestamp: indexOfLargest,
    hasDenseOffsets: true,
    faults: NO_FAULTS,
  };
}

/** The raw value of a varint of up to 3 bytes, times 4, plus how many bytes it has; 0 where it has more. */
function shortVarint(b: Buffer, at: number): number {
  const first = b[at]!;
  if (first < 0x80) return (first << 2) | 1;
  const second = b[at + 1]!;
  if (second < 0x80) return ((first & 0x7f) << 2) | (second << 9) | 2;
  const third = b[at + 2]!;
  return third < 0x80 ? ((first & 0x7f) << 2) | ((second & 0x7f) << 9) | (third << 16) | 3 : 0;
}

function summarizeAny(cursor: RecordCursor, isLogAppendTime: boolean, rules: RecordRules): RecordsSummary {
  const { requireKeys, timestampType = 'CreateTime', minTimestamp = -Infinity, maxTimestamp = Infinity } = rules;
  let faults: RecordFault[] | undefined;
  const addFault = (fault: RecordFault['fault']): void => {
    const { index, offset, timestamp } = cursor;
    faults ??= [];
    faults.push({ index, offset, timestamp, fault });
  };
  let largest = NO_TIMESTAMP;
  let indexOfLargest = -1;
  let hasDenseOffsets = true;
  while (cursor.next()) {
    const { timestamp, index } = cursor;
    if (timestamp > largest) {
      largest = timestamp;
      indexOfLargest = index;
    }
    if (cursor.offsetDelta !== index) hasDenseOffsets = false;
    if (requireKeys && !cursor.hasKey) addFault('no-key');
    else if (timestampType === 'CreateTime' && timestamp !== NO_TIMESTAMP) {
      if (timestamp < minTimestamp || timestamp > maxTimestamp) addFault('timestamp');
    } else if (isLogAppendTime) addFault('timestamp-type');
  }
  return {
    recordCount: cursor.index,
    maxTimestamp: largest,
    indexOfMaxTimestamp: indexOfLargest,
    hasDenseOffsets,
    faults: faults ?? NO_FAULTS,
  };
}
