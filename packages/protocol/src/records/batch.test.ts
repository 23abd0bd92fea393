import fc from 'fast-check';
import { KafkaError } from '../errors';
import { generator, mutate } from '../testing/mutations';
import { bytesOf, describeBatches, VECTORS, withoutSizes } from '../testing/record-vectors';
import * as batch from './batch';
import { type BatchInit, buildBatch, buildBatchAsync, type RecordInit } from './builder';
import { CorruptRecordError } from './errors';
import { recordCursor, recordCursorAsync } from './record';
import { type RecordRules, type RecordsSummary, validateRecords } from './validate';

const NOW_MS = 1700000000000;
const bytes = fc.uint8Array({ maxLength: 300 });
const record: fc.Arbitrary<RecordInit> = fc.record({
  timestamp: fc.oneof(fc.integer({ min: NOW_MS - 5000, max: NOW_MS + 5000 }), fc.integer({ min: -1, max: 2 ** 45 })),
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.oneof(
    fc.constant([]),
    fc.array(fc.record({ key: fc.string({ unit: 'grapheme', maxLength: 9 }), value: fc.option(bytes) }), {
      maxLength: 3,
    }),
  ),
});
const init: fc.Arbitrary<BatchInit> = fc.record({
  baseOffset: fc.maxSafeInteger().map(Math.abs),
  compression: fc.constantFrom<batch.CompressionType>('none', 'gzip', 'snappy', 'lz4', 'zstd'),
  timestampType: fc.constantFrom<batch.TimestampType>('CreateTime', 'LogAppendTime'),
  logAppendTimeMs: fc.constant(NOW_MS + 77),
  producerId: fc.integer({ min: -1 }),
  producerEpoch: fc.integer({ min: -1, max: 0x7fff }),
  baseSequence: fc.integer({ min: -1, max: 0x7fffffff }),
  isTransactional: fc.boolean(),
  isControl: fc.boolean(),
  partitionLeaderEpoch: fc.integer({ min: -1 }),
});
const records = fc.array(record, { minLength: 1, maxLength: 12 });

const base64 = (value: Uint8Array | null | undefined): string | null =>
  value == null ? null : Buffer.from(value).toString('base64');

test('what is built is read', async () => {
  await fc.assert(
    fc.asyncProperty(init, records, async (header, list) => {
      const built = buildBatch({ ...header, records: list });
      const builtAsync = await buildBatchAsync({ ...header, records: list });
      expect(withoutSizes(describeBatches(builtAsync))).toEqual(withoutSizes(describeBatches(built)));
      const isLogAppendTime = header.timestampType === 'LogAppendTime';
      expect(describeBatches(built)).toMatchObject(
        [
          {
            ...{ ...header, logAppendTimeMs: undefined },
            recordCount: list.length,
            maxTimestamp: isLogAppendTime ? NOW_MS + 77 : Math.max(...list.map(({ timestamp }) => timestamp)),
            records: list.map(({ timestamp, key, value, headers }, index) => ({
              offset: header.baseOffset! + index,
              timestamp: isLogAppendTime ? NOW_MS + 77 : timestamp,
              key: base64(key),
              value: base64(value),
              headers: headers!.map((one) => [one.key, base64(one.value)]),
            })),
          },
        ].map(({ logAppendTimeMs: _, ...expected }) => expected),
      );
      expect((await recordCursorAsync(built, 0)).next()).toBe(true);
    }),
    { numRuns: 60, seed: 1 },
  );
});

/** The summary by its definition. */
function summaryByCursor(b: Buffer, rules: RecordRules): RecordsSummary {
  const { requireKeys, timestampType = 'CreateTime', minTimestamp = -Infinity, maxTimestamp = Infinity } = rules;
  const cursor = recordCursor(b, 0, rules);
  const faults: RecordsSummary['faults'][number][] = [];
  const timestamps: number[] = [];
  let hasDenseOffsets = true;
  while (cursor.next()) {
    const { index, offset, timestamp, offsetDelta } = cursor;
    timestamps.push(timestamp);
    hasDenseOffsets &&= offsetDelta === index;
    const isBounded = timestampType === 'CreateTime' && timestamp !== -1;
    if (requireKeys && !cursor.hasKey) faults.push({ index, offset, timestamp, fault: 'no-key' });
    else if (isBounded && (timestamp < minTimestamp || timestamp > maxTimestamp)) {
      faults.push({ index, offset, timestamp, fault: 'timestamp' });
    } else if (!isBounded && batch.isLogAppendTimeAt(b, 0)) {
      faults.push({ index, offset, timestamp, fault: 'timestamp-type' });
    }
  }
  const largest = timestamps.reduce((a, c) => Math.max(a, c), -1);
  return {
    recordCount: timestamps.length,
    maxTimestamp: largest,
    indexOfMaxTimestamp: largest === -1 ? -1 : timestamps.indexOf(largest),
    hasDenseOffsets,
    faults,
  };
}

const rules: fc.Arbitrary<RecordRules> = fc.record({
  requireKeys: fc.boolean(),
  timestampType: fc.constantFrom<batch.TimestampType>('CreateTime', 'LogAppendTime'),
  minTimestamp: fc.constantFrom(-Infinity, NOW_MS - 2000),
  maxTimestamp: fc.constantFrom(Infinity, NOW_MS + 2000),
});

/** The result, or the name of what was thrown. */
function outcome(act: () => RecordsSummary): RecordsSummary | string {
  try {
    return act();
  } catch (error) {
    if (error instanceof KafkaError) return error.name;
    throw error;
  }
}

test('the summary is that of its definition', () => {
  fc.assert(
    fc.property(init, records, rules, (header, list, rule) => {
      const built = buildBatch({ ...header, records: list });
      expect(validateRecords(built, 0, rule)).toEqual(summaryByCursor(built, rule));
    }),
    { numRuns: 150, seed: 2 },
  );
});

test('the summary of mutated batches is that of its definition, or the same error', () => {
  const random = generator(3);
  const originals = VECTORS.filter(({ name }) => name.startsWith('magic 2 none')).map(bytesOf);
  originals.push(
    buildBatch({ records: [0, 9, -7, -3, 200].map((delta) => ({ timestamp: NOW_MS + delta, key: Buffer.from('k') })) }),
  );
  for (let left = 3000; left > 0; left--) {
    const b = mutate(originals[random(originals.length)]!, random);
    if (b.length < batch.RECORD_BATCH_OVERHEAD || batch.sizeAt(b, 0) > b.length || batch.magicAt(b, 0) !== 2) continue;
    const rule = { requireKeys: random(2) === 0, maxBytes: 1 << 20 };
    expect(outcome(() => validateRecords(b, 0, rule))).toEqual(outcome(() => summaryByCursor(b, rule)));
  }
});

describe('finding batches', () => {
  const one = buildBatch({ records: [{ timestamp: NOW_MS, value: Buffer.from('v') }] });

  test('whole ones only', () => {
    const b = Buffer.concat([one, one, one.subarray(0, one.length - 1)]);
    const found: number[] = [];
    expect(batch.forEachBatch(b, (at) => found.push(at))).toBe(2 * one.length);
    expect(found).toEqual([0, one.length]);
    for (let length = 0; length < one.length; length++) expect(batch.wholeBatchSizeAt(one, 0, length)).toBe(0);
  });

  test.each([
    ['a length below any record', (b: Buffer) => b.writeInt32BE(13, 8), 'less than the minimum record overhead (14)'],
    ['a negative length', (b: Buffer) => b.writeInt32BE(-1, 8), 'Record size -1'],
    ['a length below its header', (b: Buffer) => b.writeInt32BE(48, 8), 'smaller than the minimum allowed overhead 61'],
    ['an unknown magic', (b: Buffer) => b.writeInt8(3, 16), 'Invalid magic found in record: 3'],
    ['a negative magic', (b: Buffer) => b.writeInt8(-1, 16), 'Invalid magic found in record: -1'],
  ])('%s is corrupt', (_, damage, message) => {
    const b = Buffer.from(one);
    damage(b);
    expect(() => batch.wholeBatchSizeAt(b, 0)).toThrow(CorruptRecordError);
    expect(() => batch.wholeBatchSizeAt(b, 0)).toThrow(message);
  });

  test('an unknown codec is corrupt', () => {
    const b = Buffer.from(one);
    b[22] = 5;
    expect(() => batch.compressionAt(b, 0)).toThrow('Unknown compression type id: 5');
  });
});

test('base offset and leader epoch are outside the CRC, the timestamp type within', () => {
  const b = buildBatch({ records: [{ timestamp: NOW_MS, value: Buffer.from('v') }] });
  batch.setBaseOffset(b, 0, 2 ** 40);
  batch.setPartitionLeaderEpoch(b, 0, 12);
  expect(batch.isCrcValidAt(b, 0)).toBe(true);
  const crc = batch.crcAt(b, 0);
  batch.setTimestampTypeAndMax(b, 0, 'CreateTime', NOW_MS);
  expect(batch.crcAt(b, 0)).toBe(crc);
  batch.setTimestampTypeAndMax(b, 0, 'LogAppendTime', NOW_MS + 1);
  expect(batch.crcAt(b, 0)).not.toBe(crc);
  expect(batch.isCrcValidAt(b, 0)).toBe(true);
  b[b.length - 1]! ^= 1;
  expect(batch.isCrcValidAt(b, 0)).toBe(false);
});

test('sequences go on from 0 after 2^31-1', () => {
  expect(batch.addToSequence(0x7fffffff, 1)).toBe(0);
  expect(batch.addToSequence(0x7ffffffe, 3)).toBe(1);
});

test('offsets must increase', () => {
  const list = [5, 5].map((offset) => ({ offset, timestamp: NOW_MS }));
  expect(() => buildBatch({ records: list })).toThrow('Illegal offset 5 following previous offset 5');
});
