import { RecordBatchBuilder } from '@odradek/protocol/records/builder';
import { crc32c } from '@odradek/protocol/records/crc32c';
import type { BatchShape } from './job';

/** Where things are in a batch of magic 2. */
const CRC = 17;
const CRC_FROM = 21;
const BASE_SEQUENCE = 53;

/** A generator of equal runs (xorshift32), so that both brokers get the same bytes. */
function randomBytes(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 0xff;
  };
}

const WORDS = ['offset', 'partition', 'user', 'amount', 'currency', 'EUR', 'timestamp', 'event', 'click', 'session'];

/** Values that do not compress, or, for a codec, text as applications log it. */
function recordValue(shape: BatchShape, next: () => number): Buffer {
  if (shape.compression === 'none') return Buffer.from(Array.from({ length: shape.valueBytes }, next));
  let text = '';
  while (text.length < shape.valueBytes) text += `{"${WORDS[next() % WORDS.length]}":"${next() * 257 + next()}"},`;
  return Buffer.from(text.slice(0, shape.valueBytes));
}

/** One encoded batch; of a producer with an id where there is one. */
export function buildBatch(
  shape: BatchShape,
  producer?: { readonly producerId: number; readonly isTransactional?: boolean },
): Buffer {
  const next = randomBytes(0x2545f491);
  const idempotent = producer === undefined ? {} : { ...producer, producerEpoch: 0, baseSequence: 0 };
  const builder = new RecordBatchBuilder({ compression: shape.compression, ...idempotent });
  const timestamp = Date.now();
  for (let index = 0; index < shape.records; index++) builder.append({ timestamp, value: recordValue(shape, next) });
  return builder.build();
}

/**
 * Gives copies of one batch their sequence numbers. A CRC is linear: what a change of given bits does to it is the same
 * for all batches of one length, so that four look-ups replace a pass over the batch.
 */
export class SequencePatch {
  private readonly tables: Int32Array[];
  private readonly crc: number;

  constructor(batch: Buffer) {
    const copy = Buffer.from(batch);
    copy.writeInt32BE(0, BASE_SEQUENCE);
    this.crc = crc32c(copy, CRC_FROM);
    this.tables = [0, 1, 2, 3].map((byte) => {
      const table = new Int32Array(256);
      for (let value = 1; value < 256; value++) {
        copy[BASE_SEQUENCE + byte] = value;
        table[value] = crc32c(copy, CRC_FROM) ^ this.crc;
      }
      copy[BASE_SEQUENCE + byte] = 0;
      return table;
    });
  }

  /** Writes the sequence and its checksum into the batch that begins at `at`. */
  apply(bytes: Buffer, at: number, sequence: number): void {
    let crc = this.crc;
    for (let byte = 0; byte < 4; byte++) {
      const value = (sequence >>> (24 - 8 * byte)) & 0xff;
      bytes[at + BASE_SEQUENCE + byte] = value;
      crc ^= this.tables[byte]![value]!;
    }
    bytes.writeInt32BE(crc | 0, at + CRC);
  }
}
