import { KafkaError } from '../errors';
import { generator, mutate, randomBytes } from '../testing/mutations';
import { bytesOf, VECTORS } from '../testing/record-vectors';
import { retain } from '../testing/retain';
import * as batch from './batch';
import { type Codec, compress, decompress } from './compression';
import { parseEndTxnMarker } from './control';
import { convertToBatch, downConvert } from './conversion';
import { readRecords } from './record';
import { validateRecords } from './validate';

/** Whatever arrives, reading ends soon and throws nothing but what has a code for the peer. */
const MUTATIONS = 100;
const MAX_BYTES = 1 << 20;
const TARGET = {
  baseOffset: 5,
  partitionLeaderEpoch: 1,
  compression: 'none',
  timestampType: 'CreateTime',
  nowMs: 0,
  maxBytes: MAX_BYTES,
} as const;

function tolerate(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
  }
}

function readAll(b: Buffer): void {
  const options = { maxBytes: MAX_BYTES };
  tolerate(() =>
    batch.forEachBatch(b, (at) => {
      batch.isCrcValidAt(b, at);
      let count = 0;
      tolerate(() => {
        for (const record of readRecords(b, at, options)) {
          count++;
          if (batch.isControlAt(b, at)) parseEndTxnMarker(record);
        }
      });
      expect(count).toBeLessThanOrEqual(MAX_BYTES);
      if (batch.magicAt(b, at) < 2) return;
      tolerate(() => validateRecords(b, at, options));
      tolerate(() => retain(b, at, () => true, options));
    }),
  );
  tolerate(() => downConvert(b, 0, 0, options));
  if (b.length > batch.RECORD_BATCH_OVERHEAD) tolerate(() => convertToBatch(b, TARGET).build());
}

const small = VECTORS.filter(({ name }) => !name.endsWith('large'));

test.each(small.map((vector) => [vector.name, vector] as const))('%s, mutated', (name, vector) => {
  const random = generator(name.length * 7919 + name.charCodeAt(8));
  const original = bytesOf(vector);
  for (let left = MUTATIONS; left > 0; left--) readAll(mutate(original, random));
});

test('random bytes', () => {
  const random = generator(42);
  for (let left = 2000; left > 0; left--) {
    const b = randomBytes(random, 200);
    // Half of them get far enough to be taken for a batch.
    if (b.length > 17 && random(2) === 0) {
      b.writeInt32BE(b.length - batch.LOG_OVERHEAD, 8);
      b[16] = random(3);
    }
    readAll(b);
  }
});

test.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('%s payloads, mutated', (codec: Codec) => {
  const random = generator(codec.length);
  const original = compress(codec, Buffer.from('some words that repeat, '.repeat(200)));
  for (let left = 1000; left > 0; left--) {
    const bytes = mutate(original, random);
    tolerate(() => expect(decompress(codec, bytes, MAX_BYTES).length).toBeLessThanOrEqual(MAX_BYTES));
    tolerate(() => decompress(codec, randomBytes(random, 100), MAX_BYTES));
  }
});
