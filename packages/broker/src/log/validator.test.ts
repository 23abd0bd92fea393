import * as zlib from 'node:zlib';
import { updateCrc } from '@odradek/protocol/records/batch';
import { buildBatch } from '@odradek/protocol/records/builder';
import { writeInt32 } from '@odradek/protocol/records/bytes';
import { buildLegacyRecords } from '@odradek/protocol/records/legacy';
import { TakesLongError } from './judged-records';
import { append, batch, fixture, readAll, START_MS } from './testing/fixture';
import { RecordValidationError } from './types';

const changed = (b: Buffer, change: (b: Buffer) => void): Buffer => {
  change(b);
  updateCrc(b, 0);
  return b;
};

test.each<[string, Buffer, string, string]>([
  [
    'a base offset',
    batch(1, { baseOffset: 5 }),
    'INVALID_RECORD',
    'The baseOffset of the record batch in the append to t-0 should be 0, but it is 5',
  ],
  ['a wrong checksum', batch(1).fill(9, 70, 72), 'CORRUPT_MESSAGE', 'Record is corrupt (stored crc = '],
  [
    'too many bytes',
    batch(1, { bytes: 3000 }),
    'MESSAGE_TOO_LARGE',
    'bytes which exceeds the maximum configured value of 2000.',
  ],
  [
    'two batches',
    Buffer.concat([batch(1), batch(1)]),
    'INVALID_RECORD',
    'Compressed outer record has more than one batch',
  ],
  [
    'a count that is not the offsets',
    changed(batch(2), (b) => writeInt32(b, 57, 3)),
    'INVALID_RECORD',
    'Inconsistent batch offset range [0, 1] and count of records 3 in topic partition t-0.',
  ],
  [
    'no records',
    changed(batch(1), (b) => writeInt32(b, 57, 0)),
    'INVALID_RECORD',
    'Invalid reported count for record batch: 0 in topic partition t-0.',
  ],
  [
    'a negative range',
    changed(batch(1), (b) => writeInt32(b, 23, -5)),
    'INVALID_RECORD',
    'Batch has an invalid offset range: [0, -5] in topic partition t-0.',
  ],
  [
    'a control batch',
    batch(1, { isControl: true }),
    'INVALID_RECORD',
    'Clients are not allowed to write control records in topic partition t-0.',
  ],
  [
    'a producer without sequence',
    batch(1, { producerId: 1, producerEpoch: 0 }),
    'INVALID_RECORD',
    'Invalid sequence number -1 in record batch with producerId 1 in topic partition t-0.',
  ],
])('%s is refused', (_what, records, error, message) => {
  const log = fixture().open({ maxMessageBytes: 2000 });
  expect(() => append(log, records)).toThrow(
    expect.objectContaining({ error, message: expect.stringContaining(message) }),
  );
  expect(log.logEndOffset).toBe(0);
});

test('records without key on a compacted topic are listed', () => {
  const log = fixture().open({ cleanupCompact: true });
  const record = { timestamp: START_MS, value: Buffer.from('v') };
  const records = buildBatch({ records: [record, { ...record, key: Buffer.from('k') }, record] });
  const message = 'Compacted topic cannot accept message without key in topic partition t-0';
  expect(() => append(log, records)).toThrow(
    expect.objectContaining({
      error: 'INVALID_RECORD',
      message: `One or more records have been rejected due to 2 record errors in total, and only showing the first three errors at most: [RecordError(batchIndex=0, message='${message}'), RecordError(batchIndex=2, message='${message}')]`,
      recordErrors: [
        { batchIndex: 0, message },
        { batchIndex: 2, message },
      ],
    }),
  );
});

test('timestamps out of range are listed with their bounds', () => {
  const log = fixture().open({ messageTimestampAfterMaxMs: 5 });
  let thrown: unknown;
  try {
    append(log, batch(8));
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(RecordValidationError);
  expect(thrown).toMatchObject({
    error: 'INVALID_TIMESTAMP',
    message: 'One or more records have been rejected due to invalid timestamp',
    recordErrors: [
      {
        batchIndex: 6,
        message: `Timestamp ${START_MS + 6} of message with offset 6 is out of range. The timestamp should be within [${BigInt(START_MS) - (2n ** 63n - 1n)}, ${START_MS + 5}]`,
      },
      { batchIndex: 7 },
    ],
  });
});

test('a topic that wants another codec rewrites the batch and keeps its producer', () => {
  const log = fixture().open({ compressionType: 'gzip' });
  append(log, batch(3, { producerId: 4, producerEpoch: 1, baseSequence: 0, bytes: 500 }));
  const stored = readAll(log, 0);
  expect(stored.length).toBeLessThan(500);
  expect(stored[22]! & 7).toBe(1);
  expect(log.activeProducers()).toMatchObject([{ producerId: 4, producerEpoch: 1, lastSequence: 2 }]);
});

test.each([
  ['gzip', { compressionGzipLevel: 1 }, { compressionGzipLevel: 9 }],
  ['lz4', { compressionLz4Level: 1 }, { compressionLz4Level: 12 }],
  ['zstd', { compressionZstdLevel: -20 }, { compressionZstdLevel: 6 }],
] as const)('%s takes the time that its level says, also once the topic has another', (compressionType, low, high) => {
  const log = fixture().open({ compressionType, ...low });
  const words = Array.from(
    { length: 2500 },
    (_, i) => ['alpha', 'beta', ' ', 'gamma', '12345'][((i * i * i) >> 4) % 5],
  );
  const text = Buffer.from(words.join(''));
  const records = (): Buffer =>
    buildBatch({ records: [{ timestamp: START_MS, value: text }], timestampType: 'CreateTime' });
  append(log, records());
  const lowBytes = log.size;
  log.updateConfig({ ...log.config, ...high });
  append(log, records());
  expect(log.size - lowBytes).toBeLessThan(lowBytes);
});

test.each([
  ['lz4', { compressionLz4Level: 9 }, false],
  ['lz4', { compressionLz4Level: 10 }, true],
  ['zstd', { compressionZstdLevel: 3 }, false],
  ['zstd', { compressionZstdLevel: 19 }, true],
] as const)('what %s would search long for is put aside: %j', (compressionType, level, isAside) => {
  const log = fixture().open({ compressionType, ...level, maxMessageBytes: 1_000_000 });
  const appended = (): unknown => append(log, batch(1, { bytes: 20_000 }));
  if (isAside) expect(appended).toThrow(TakesLongError);
  else expect(appended).not.toThrow();
});

/** As Kafka answers, seen with its own broker. */
test.each<[string, (inner: Buffer) => Buffer, string]>([
  ['a wrong checksum', (inner) => inner.fill(7, 12, 16), 'CORRUPT_MESSAGE'],
  ['another format', () => legacy(0), 'INVALID_RECORD'],
  ['a wrapper', () => legacy(1, 'gzip'), 'INVALID_RECORD'],
  ['a size below the smallest', (inner) => inner.fill(0, 8, 12), 'CORRUPT_MESSAGE'],
  ['a message that is cut', (inner) => inner.subarray(0, 20), 'INVALID_RECORD'],
  ['a key longer than the message', (inner) => changed(inner, (b) => writeInt32(b, 26, 1000)), 'UNKNOWN_SERVER_ERROR'],
])('an old wrapper of %s is refused', (_what, change, error) => {
  const wrapper = legacyWrapper(zlib.gzipSync(change(legacy(1))));
  expect(() => append(fixture().open(), wrapper)).toThrow(expect.objectContaining({ error }));
});

test('an old wrapper whose value does not decompress is refused', () => {
  const wrapper = legacyWrapper(Buffer.from('plain'));
  expect(() => append(fixture().open(), wrapper)).toThrow(expect.objectContaining({ error: 'UNKNOWN_SERVER_ERROR' }));
});

function legacy(magic: 0 | 1, compression: 'none' | 'gzip' = 'none', value: Buffer = Buffer.from('v')): Buffer {
  const record = { offset: 0, timestamp: magic === 0 ? -1 : START_MS, key: Buffer.from('k'), value, headers: [] };
  return buildLegacyRecords([record], { magic, compression });
}

/** A message of format 1 that says its value holds others, compressed by gzip. */
function legacyWrapper(value: Buffer): Buffer {
  return changed(legacy(1, 'none', value), (b) => b.writeInt8(1, 17));
}
