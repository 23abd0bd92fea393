import { type ErrorName, KafkaError } from '@odradek/protocol/errors';
import type { LegacyMagic } from '@odradek/protocol/records/legacy';
import type { WorkPort } from '../env/background';
import { downConverted } from './down-conversion';
import { type JudgingRules, judgeRecords } from './judged-records';
import { searchBatch } from './record-search';
import { type RecordError, RecordValidationError, type TimestampAndOffset } from './types';

export const RECORDS_WORK = 'records';

/** What is asked of background work, and what it tells: values that can be copied to another thread. */
export type RecordsTask =
  | { readonly kind: 'judge'; readonly records: Uint8Array; readonly rules: JudgingRules }
  | {
      readonly kind: 'down-convert';
      readonly records: Uint8Array;
      readonly magic: LegacyMagic;
      readonly fetchOffset: number;
    }
  | {
      readonly kind: 'search';
      readonly records: Uint8Array;
      readonly timestamp: number;
      readonly startOffset: number;
    };

export interface RecordsRequest {
  readonly id: number;
  readonly task: RecordsTask;
}

export type RecordsOutcome =
  /** `records`: null where they stay as they are. */
  | {
      readonly kind: 'judged';
      readonly records: Uint8Array | null;
      readonly recordCount: number;
      readonly maxTimestamp: number;
    }
  | { readonly kind: 'converted'; readonly records: Uint8Array }
  | { readonly kind: 'searched'; readonly found: TimestampAndOffset | null }
  | {
      readonly kind: 'refused';
      readonly error: ErrorName;
      readonly message: string;
      readonly recordErrors: readonly RecordError[] | null;
    }
  | { readonly kind: 'failed'; readonly message: string };

export interface RecordsAnswer {
  readonly id: number;
  readonly outcome: RecordsOutcome;
}

/** What takes long about records and needs nothing but them: one task after another, each answered once. */
export class RecordsWork {
  constructor(port: WorkPort<RecordsRequest, RecordsAnswer>) {
    port.onMessage(({ id, task }) => port.post({ id, outcome: outcomeOf(task) }));
  }

  stop(): void {}
}

function outcomeOf(task: RecordsTask): RecordsOutcome {
  try {
    return done(task);
  } catch (error) {
    if (!(error instanceof KafkaError)) return { kind: 'failed', message: (error as Error).message };
    const recordErrors = error instanceof RecordValidationError ? error.recordErrors : null;
    return { kind: 'refused', error: error.error, message: error.message, recordErrors };
  }
}

function done(task: RecordsTask): RecordsOutcome {
  const records = bufferOf(task.records);
  switch (task.kind) {
    case 'judge': {
      const { recordCount, maxTimestamp, ...judged } = judgeRecords(records, task.rules);
      return { kind: 'judged', records: judged.isRewritten ? alone(judged.records) : null, recordCount, maxTimestamp };
    }
    case 'down-convert':
      return { kind: 'converted', records: alone(downConverted(records, task.magic, task.fetchOffset)) };
    case 'search':
      return { kind: 'searched', found: searchBatch(records, task.timestamp, task.startOffset) };
  }
}

/** The bytes in memory of their own: with a view all of the memory that it looks at would be copied to the other thread. */
export function alone(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : Uint8Array.from(bytes);
}

/** Buffers come out of a copy between threads as plain arrays of bytes. */
export const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);
