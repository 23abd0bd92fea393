import type { TimestampType } from '@odradek/protocol/records/batch';
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

export interface SinkRecord extends ConnectRecord {
  readonly offset: number;
  readonly timestampType: TimestampType | undefined;
  /** Where it was read from, whatever transformations made of it. */
  readonly originalTopic: string;
  readonly originalPartition: number;
}

export const isSinkRecord = (record: ConnectRecord): record is SinkRecord => 'originalTopic' in record;
