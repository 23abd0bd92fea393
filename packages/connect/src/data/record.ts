import type { TimestampType } from '@odradek/protocol/records/batch';
import { ConnectError } from '../errors';
import type { Schema } from './schema';

export interface ConnectHeader {
  readonly key: string;
  readonly schema: Schema | null;
  readonly value: unknown;
}

/** What source and sink records have in common: what transformations work on. */
export interface ConnectRecord {
  readonly topic: string;
  /** Null: the producer chooses. */
  readonly partition: number | null;
  readonly keySchema: Schema | null;
  readonly key: unknown;
  readonly valueSchema: Schema | null;
  readonly value: unknown;
  /** Null: the time of sending. */
  readonly timestamp: number | null;
  readonly headers: readonly ConnectHeader[];
}

/** Names a source's part, or a place in it: a map of plain values. */
export type SourceMap = ReadonlyMap<string, unknown>;

export interface SourceRecord extends ConnectRecord {
  readonly sourcePartition: SourceMap | null;
  readonly sourceOffset: SourceMap | null;
}

/** A record as a task may give it: what it leaves out is null, or none. */
export type GivenRecord = Pick<SourceRecord, 'topic'> & Partial<SourceRecord>;

const LEFT_OUT: Omit<SourceRecord, 'topic'> = {
  sourcePartition: null,
  sourceOffset: null,
  partition: null,
  keySchema: null,
  key: null,
  valueSchema: null,
  value: null,
  timestamp: null,
  headers: [],
};
const PARTS = Object.keys(LEFT_OUT) as (keyof typeof LEFT_OUT)[];

/** The record itself where nothing is left out. Throws `ConnectError` where its place is not given in maps. */
export function wholeRecord(given: GivenRecord): SourceRecord {
  for (const part of ['sourcePartition', 'sourceOffset'] as const) {
    if (!((given[part] ?? null) === null || given[part] instanceof Map)) {
      throw new ConnectError(`The ${part} of a record for topic ${given.topic} is no Map`);
    }
  }
  if (PARTS.every((part) => given[part] !== undefined)) return given as SourceRecord;
  const parts = PARTS.map((part) => [part, given[part] ?? LEFT_OUT[part]]);
  return { topic: given.topic, ...Object.fromEntries(parts) } as SourceRecord;
}

export interface SinkRecord extends ConnectRecord {
  readonly offset: number;
  readonly timestampType: TimestampType | undefined;
  /** Where it was read from, whatever transformations made of it. */
  readonly originalTopic: string;
  readonly originalPartition: number;
}

export const isSinkRecord = (record: ConnectRecord): record is SinkRecord => 'originalTopic' in record;
