import { setLastOffset, setPartitionLeaderEpoch, setTimestampTypeAndMax } from '@odradek/protocol/records/batch';
import { type JudgedRecords, type JudgingRules, judgeRecords, judgeShortRecords } from './judged-records';

export interface ValidationContext extends JudgingRules {
  readonly leaderEpoch: number;
  /** The offset that the first record gets. */
  readonly nextOffset: number;
  /** What has been made of these records already, if anything has. */
  readonly judged: JudgedRecords | null;
}

export interface Validated {
  /** The bytes that arrived, changed in place, or others. */
  readonly records: Buffer;
  readonly lastOffset: number;
  readonly maxTimestamp: number;
  readonly recordCount: number;
}

/**
 * Judges what a leader is to append (`judgeRecords`) and gives it its offsets. `records` holds whole entries whose
 * checksums are right; they are changed in place where that is enough. Throws `RecordValidationError` or another
 * `KafkaError`, and `TakesLongError` for what a client has sent.
 */
export function validateAndAssignOffsets(records: Buffer, context: ValidationContext): Validated {
  const judge = context.origin === 'client' ? judgeShortRecords : judgeRecords;
  const judged = context.judged?.config === context.config ? context.judged : judge(records, context);
  return assignOffsets(judged, context);
}

function assignOffsets(judged: JudgedRecords, context: ValidationContext): Validated {
  const { config, nowMs, nextOffset, leaderEpoch } = context;
  const { records, recordCount } = judged;
  const lastOffset = nextOffset + recordCount - 1;
  const maxTimestamp = config.messageTimestampType === 'LogAppendTime' ? nowMs : judged.maxTimestamp;
  setLastOffset(records, 0, lastOffset);
  setPartitionLeaderEpoch(records, 0, leaderEpoch);
  setTimestampTypeAndMax(records, 0, config.messageTimestampType, maxTimestamp);
  return { records, lastOffset, maxTimestamp, recordCount };
}
