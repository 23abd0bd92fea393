import { ConnectError } from '../errors';
import type { ConnectRecord, GivenRecord, SinkRecord, SourceRecord } from '../plugins/api';

export type { ConnectHeader, ConnectRecord, GivenRecord, SinkRecord, SourceMap, SourceRecord } from '../plugins/api';

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

export const isSinkRecord = (record: ConnectRecord): record is SinkRecord => 'originalTopic' in record;
