import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describeBatches } from '../testing/record-vectors';
import { validateRecords } from './validate';

// Made by librdkafka 2.16.0: vectors/python/librdkafka_vectors.py.
const BATCHES = gunzipSync(readFileSync(join(__dirname, '../../vectors/librdkafka.ndjson.gz')))
  .toString('utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as { codec: string; bytes: string });

const FIRST_MS = 1700000000000;
const FILLER = Buffer.from('a line of text that repeats, '.repeat(40)).toString('base64');

test('every codec is there', () => {
  expect(BATCHES.map(({ codec }) => codec)).toEqual(['none', 'gzip', 'snappy', 'lz4', 'zstd']);
});

test.each(BATCHES.map(({ codec, bytes }) => [codec, Buffer.from(bytes, 'base64')] as const))(
  'a batch of librdkafka: %s',
  (codec, b) => {
    const [found, ...others] = describeBatches(b);
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      compression: codec,
      baseOffset: 0,
      lastOffset: 62,
      maxTimestamp: FIRST_MS + 100,
      baseSequence: 0,
      lastSequence: 62,
      recordCount: 63,
    });
    expect(found!.records[0]).toEqual({
      offset: 0,
      timestamp: FIRST_MS,
      key: 'a2V5',
      value: FILLER,
      headers: [
        ['h', 'eA=='],
        ['n', null],
      ],
    });
    expect(found!.records[1]).toMatchObject({ key: null, timestamp: FIRST_MS + 5 });
    expect(found!.records[62]).toMatchObject({ value: null, timestamp: FIRST_MS + 100 });
    expect(validateRecords(b, 0, { requireKeys: true })).toEqual({
      recordCount: 63,
      maxTimestamp: FIRST_MS + 100,
      indexOfMaxTimestamp: 62,
      hasDenseOffsets: true,
      faults: [{ index: 1, offset: 1, timestamp: FIRST_MS + 5, fault: 'no-key' }],
    });
  },
);
