import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as batch from '../records/batch';
import { type KafkaRecord, readRecords } from '../records/record';

/** The record vectors, made by Apache Kafka 3.9.1 (vectors/java/RecordVectors.java): for tests only. */
export interface RecordVector {
  readonly offset: number;
  readonly timestamp: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly (readonly [string, string | null])[];
}

export interface BatchVector {
  readonly magic: number;
  readonly size: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly crc: number;
  readonly compression: batch.CompressionType;
  readonly timestampType: string;
  readonly maxTimestamp: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly lastSequence: number;
  readonly isTransactional: boolean;
  readonly isControl: boolean;
  readonly partitionLeaderEpoch: number;
  readonly deleteHorizonMs: number;
  readonly recordCount?: number;
  readonly records: readonly RecordVector[];
}

export interface Content {
  readonly bytes: string;
  readonly batches: readonly BatchVector[];
}

export type Vector = Content & { readonly name: string } & Partial<
    Record<'to0' | 'to1' | 'once' | 'twice' | 'emptied', Content>
  > & {
    readonly appended?: Readonly<
      Record<
        string,
        Content & { readonly error?: string; readonly maxTimestampMs: number; readonly rewritten: boolean }
      >
    >;
  };

export const VECTORS: readonly Vector[] = gunzipSync(readFileSync(join(__dirname, '../../vectors/records.ndjson.gz')))
  .toString('utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Vector);

/** The vector's bytes, in memory of their own. */
export const bytesOf = (content: { bytes: string }): Buffer => Buffer.from(content.bytes, 'base64');

const base64 = (bytes: Buffer | null): string | null => (bytes === null ? null : bytes.toString('base64'));

const recordVector = ({ offset, timestamp, key, value, headers }: KafkaRecord): RecordVector => ({
  offset,
  timestamp,
  key: base64(key),
  value: base64(value),
  headers: headers.map((header) => [header.key, base64(header.value)]),
});

/** What our accessors and readers find in `b`, in the shape of the vectors. */
export function describeBatches(b: Buffer): BatchVector[] {
  const found: BatchVector[] = [];
  const end = batch.forEachBatch(b, (at, size) => {
    if (!batch.isCrcValidAt(b, at)) throw new Error(`the CRC at ${at} is wrong`);
    const magic = batch.magicAt(b, at);
    const records = [...readRecords(b, at)].map(recordVector);
    found.push({
      magic,
      size,
      baseOffset: magic < 2 ? records[0]!.offset : batch.baseOffsetAt(b, at),
      lastOffset: batch.lastOffsetAt(b, at),
      crc: batch.crcAt(b, at),
      compression: batch.compressionAt(b, at),
      timestampType: magic === 0 ? 'NoTimestampType' : batch.isLogAppendTimeAt(b, at) ? 'LogAppendTime' : 'CreateTime',
      maxTimestamp: batch.maxTimestampAt(b, at),
      producerId: batch.producerIdAt(b, at),
      producerEpoch: batch.producerEpochAt(b, at),
      baseSequence: batch.baseSequenceAt(b, at),
      lastSequence: batch.lastSequenceAt(b, at),
      isTransactional: batch.isTransactionalAt(b, at),
      isControl: batch.isControlAt(b, at),
      partitionLeaderEpoch: batch.partitionLeaderEpochAt(b, at),
      deleteHorizonMs: batch.hasDeleteHorizonAt(b, at) ? batch.baseTimestampAt(b, at) : -1,
      ...(magic < 2 ? {} : { recordCount: batch.recordCountAt(b, at) }),
      records,
    });
  });
  if (end !== b.length) throw new Error(`${b.length - end} bytes are no whole batch`);
  return found;
}

/** Without what depends on how well an encoder compresses. */
export const withoutSizes = (batches: readonly BatchVector[]): object[] =>
  batches.map((one) => (one.compression === 'none' ? one : { ...one, size: 0, crc: 0 }));
