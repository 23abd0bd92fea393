import { readInt16, readInt32, writeInt16, writeInt32 } from '../wire/bytes';
import { buildBatch } from './builder';
import { InvalidRecordError } from './errors';

/**
 * Control records (org.apache.kafka.common.record.ControlRecordType, EndTransactionMarker): key int16 version, int16
 * type; the value of a transaction's end: int16 version, int32 coordinatorEpoch.
 */
export type ControlRecordType = 'ABORT' | 'COMMIT' | 'UNKNOWN';

const TYPES: readonly ControlRecordType[] = ['ABORT', 'COMMIT'];
const CURRENT_VERSION = 0;
const KEY_BYTES = 4;
const VALUE_BYTES = 6;

export interface EndTxnMarker {
  readonly type: 'ABORT' | 'COMMIT';
  readonly coordinatorEpoch: number;
}

/** What the batch of one marker says. */
export interface EndTxnBatchInit extends EndTxnMarker {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly timestamp: number;
  readonly baseOffset?: number;
  readonly partitionLeaderEpoch?: number;
}

/** The control batch that ends a producer's transaction on a partition (MemoryRecords.withEndTransactionMarker). */
export function buildEndTxnBatch(init: EndTxnBatchInit): Buffer {
  const { type, coordinatorEpoch, timestamp, ...header } = init;
  const key = Buffer.allocUnsafe(KEY_BYTES);
  writeInt16(key, 0, CURRENT_VERSION);
  writeInt16(key, 2, TYPES.indexOf(type));
  const value = Buffer.allocUnsafe(VALUE_BYTES);
  writeInt16(value, 0, CURRENT_VERSION);
  writeInt32(value, 2, coordinatorEpoch);
  return buildBatch({ ...header, isTransactional: true, isControl: true, records: [{ timestamp, key, value }] });
}

/** The type of a control record by its key. Types of later versions and of KRaft are UNKNOWN: to be passed over. */
export function controlRecordType(key: Buffer | null): ControlRecordType {
  if (key === null || key.length < KEY_BYTES) {
    throw new InvalidRecordError(
      `Invalid value size found for end control record key. Must have at least ${KEY_BYTES} bytes, but found only ${key?.length ?? 0}`,
    );
  }
  const version = readInt16(key, 0);
  if (version < 0) {
    throw new InvalidRecordError(`Invalid version found for control record: ${version}. May indicate data corruption`);
  }
  return TYPES[readInt16(key, 2)] ?? 'UNKNOWN';
}

/** The marker in a control record; undefined where it is of another type. Throws `InvalidRecordError`. */
export function parseEndTxnMarker(record: { key: Buffer | null; value: Buffer | null }): EndTxnMarker | undefined {
  const type = controlRecordType(record.key);
  if (type === 'UNKNOWN') return undefined;
  const { value } = record;
  if (value === null || value.length < VALUE_BYTES) {
    throw new InvalidRecordError(
      `Invalid value size found for end transaction marker. Must have at least ${VALUE_BYTES} bytes, but found only ${value?.length ?? 0}`,
    );
  }
  const version = readInt16(value, 0);
  if (version < 0) {
    throw new InvalidRecordError(
      `Invalid version found for end transaction marker: ${version}. May indicate data corruption`,
    );
  }
  return { type, coordinatorEpoch: readInt32(value, 2) };
}
