import { bytesOf, type Content, describeBatches, VECTORS, type Vector, withoutSizes } from '../testing/record-vectors';
import { retain } from '../testing/retain';
import * as batch from './batch';
import { buildBatch, emptyBatch } from './builder';
import { buildEndTxnBatch, parseEndTxnMarker } from './control';
import { convertToBatch, downConvert } from './conversion';
import { buildLegacyRecords, legacyBaseOffset } from './legacy';
import { readRecords } from './record';
import { validateRecords, validateRecordsAsync } from './validate';

const NOW_MS = 1700000000000;
const named = (part: string): readonly Vector[] => {
  const found = VECTORS.filter(({ name }) => name.includes(part));
  expect(found.length).toBeGreaterThan(0);
  return found;
};

/** Compares bytes too where nothing is compressed. */
function expectSame(ours: Buffer, theirs: Content): void {
  expect(withoutSizes(describeBatches(ours))).toEqual(withoutSizes(theirs.batches));
  if (theirs.batches.every(({ compression }) => compression === 'none')) {
    expect(ours.toString('base64')).toBe(theirs.bytes);
  }
}

const timestampTypeOf = (b: Buffer): batch.TimestampType =>
  batch.isLogAppendTimeAt(b, 0) ? 'LogAppendTime' : 'CreateTime';

describe('batches made by Apache Kafka', () => {
  test.each(VECTORS.map((vector) => [vector.name, vector] as const))('%s: read', (_, vector) => {
    expect(describeBatches(bytesOf(vector))).toEqual(vector.batches);
  });

  test.each(named('magic 2').map((vector) => [vector.name, vector] as const))('%s: built anew', (_, vector) => {
    const b = bytesOf(vector);
    const expected = vector.batches[0]!;
    const built = buildBatch({
      ...expected,
      timestampType: timestampTypeOf(b),
      logAppendTimeMs: expected.maxTimestamp,
      deleteHorizonMs: undefined,
      records: [...readRecords(b, 0)],
    });
    if (expected.timestampType === 'CreateTime') expectSame(built, vector);
    // What is read under LogAppendTime is the broker's time, not the records' own.
    else expect(describeBatches(built)[0]!.records).toEqual(expected.records);
  });

  test.each([...named('magic 0'), ...named('magic 1')].map((vector) => [vector.name, vector] as const))(
    '%s: built anew',
    (_, vector) => {
      const b = bytesOf(vector);
      const records = vector.batches.length === 1 ? [...readRecords(b, 0)] : describeEach(b);
      const built = buildLegacyRecords(records, {
        magic: batch.magicAt(b, 0) as 0 | 1,
        compression: batch.compressionAt(b, 0),
        timestampType: timestampTypeOf(b),
        logAppendTimeMs: batch.maxTimestampAt(b, 0),
      });
      expectSame(built, vector);
      expect(legacyBaseOffset(b, 0)).toBe(4200);
    },
  );

  test.each([0, 1] as const)('are down-converted to magic %d as Kafka does', (magic) => {
    const vectors = VECTORS.filter((vector) => vector[`to${magic}`] !== undefined);
    expect(vectors.length).toBeGreaterThan(4);
    for (const vector of vectors) {
      expectSame(Buffer.concat(downConvert(bytesOf(vector), magic, 4201)), vector[`to${magic}`]!);
    }
  });

  test('zstd cannot be down-converted', () => {
    for (const vector of named('zstd')) {
      expect(() => downConvert(bytesOf(vector), 1, 0)).toThrow(
        expect.objectContaining({ error: 'UNSUPPORTED_COMPRESSION_TYPE' }),
      );
    }
  });

  test('control batches are not for old fetchers', () => {
    for (const vector of named('end of transaction')) expect(downConvert(bytesOf(vector), 1, 0)).toEqual([]);
  });
});

function describeEach(b: Buffer): ReturnType<typeof readRecords> extends Iterable<infer R> ? R[] : never {
  const records: ReturnType<typeof readRecords> extends Iterable<infer R> ? R[] : never = [];
  batch.forEachBatch(b, (at) => records.push(...readRecords(b, at)));
  return records;
}

describe('what a leader appends', () => {
  const cases = VECTORS.flatMap((vector) =>
    Object.entries(vector.appended ?? {}).map(([target, result]) => [vector.name, target, vector, result] as const),
  );

  test.each(cases)('%s to a topic of %s', async (_, target, vector, expected) => {
    const [type, codec] = target.split(' ') as [batch.TimestampType, batch.CompressionType];
    const b = atOffsetZero(bytesOf(vector));
    if (expected.error !== undefined) {
      // Only brokers may set LogAppendTime; a topic under CreateTime lets it pass all the same.
      expect(batch.isLogAppendTimeAt(b, 0) && type === 'LogAppendTime').toBe(true);
      if (batch.magicAt(b, 0) === 2) {
        const { faults } = validateRecords(b, 0, { timestampType: type });
        expect(faults.map(({ fault }) => fault)).toEqual(Array(4).fill('timestamp-type'));
      }
      return;
    }
    if (expected.rewritten) {
      const builder = convertToBatch(b, {
        baseOffset: 1000,
        partitionLeaderEpoch: 9,
        compression: codec,
        timestampType: type,
        nowMs: NOW_MS + 500,
      });
      expectSame(builder.build(), expected);
      return;
    }
    const summary = validateRecords(b, 0, { timestampType: type });
    expect(await validateRecordsAsync(b, 0, { timestampType: type })).toEqual(summary);
    expect(summary).toMatchObject({ recordCount: 4, hasDenseOffsets: true, faults: [] });
    batch.setLastOffset(b, 0, 1003);
    batch.setPartitionLeaderEpoch(b, 0, 9);
    const maxTimestamp = type === 'LogAppendTime' ? NOW_MS + 500 : summary.maxTimestamp;
    batch.setTimestampTypeAndMax(b, 0, type, maxTimestamp);
    expect(maxTimestamp).toBe(expected.maxTimestampMs);
    expect(b.toString('base64')).toBe(expected.bytes);
  });
});

/** The appended vectors were made with offsets from 0, the batch in the file has them from 4200. */
function atOffsetZero(b: Buffer): Buffer {
  const magic = batch.magicAt(b, 0);
  if (magic === 2) {
    batch.setBaseOffset(b, 0, 0);
    return b;
  }
  const records = describeEach(b).map((record) => ({ ...record, offset: record.offset - 4200 }));
  return buildLegacyRecords(records, {
    magic: magic as 0 | 1,
    compression: batch.compressionAt(b, 0),
    timestampType: timestampTypeOf(b),
    logAppendTimeMs: batch.maxTimestampAt(b, 0),
  });
}

test('control batches are built byte for byte and read', () => {
  for (const vector of named('end of transaction')) {
    const type = vector.name.endsWith('COMMIT') ? 'COMMIT' : 'ABORT';
    const built = buildEndTxnBatch({
      type,
      coordinatorEpoch: 41,
      producerId: 77123456789,
      producerEpoch: 12,
      timestamp: NOW_MS,
      baseOffset: 31,
      partitionLeaderEpoch: 3,
    });
    expect(built.toString('base64')).toBe(vector.bytes);
    expect([...readRecords(built, 0)].map(parseEndTxnMarker)).toEqual([{ type, coordinatorEpoch: 41 }]);
  }
});

test('compaction keeps offsets, sequences and the delete horizon', () => {
  for (const vector of named('compacted')) {
    const horizon = NOW_MS + 86400000;
    const even =
      (modulus: number) =>
      ({ offset }: { offset: number }) =>
        offset % modulus === 0;
    const once = retain(bytesOf(vector), 0, even(2), { deleteHorizonMs: horizon })!;
    expectSame(once, vector.once!);
    expectSame(retain(once, 0, even(4))!, vector.twice!);
    expect(retain(once, 0, even(1000))).toBeUndefined();
    expect(emptyBatch(once, 0).toString('base64')).toBe(vector.emptied!.bytes);
  }
});
