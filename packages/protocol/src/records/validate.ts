import { isLogAppendTimeAt, NO_TIMESTAMP, type TimestampType } from './batch';
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

const NO_FAULTS: readonly RecordFault[] = [];

/**
 * One pass over the headers of a magic-2 batch's records, without an object per record: counts, lengths and structure
 * (throws `InvalidRecordError`), keys and timestamps (reported, all of them). Throws `CorruptRecordError` or
 * `DecompressionLimitError` where the batch does not decompress.
 */
export function validateRecords(b: Buffer, at: number, rules: RecordRules = {}): RecordsSummary {
  return summarize(recordCursor(b, at, rules), isLogAppendTimeAt(b, at), rules);
}

/** As `validateRecords`, decompressing off the main thread where the codec can. */
export async function validateRecordsAsync(b: Buffer, at: number, rules: RecordRules = {}): Promise<RecordsSummary> {
  return summarize(await recordCursorAsync(b, at, rules), isLogAppendTimeAt(b, at), rules);
}

function summarize(cursor: RecordCursor, isLogAppendTime: boolean, rules: RecordRules): RecordsSummary {
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
