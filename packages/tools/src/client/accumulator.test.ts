import { PartitionQueue, ProducerBatch, type SendCallback } from './accumulator';

const CAPACITY_BYTES = 1_000;
const BASE_SEQUENCE_AT = 53;
const RECORD_COUNT_AT = 57;

function batchOf(values: readonly string[], onAnswer: SendCallback): ProducerBatch {
  const batch = new ProducerBatch({}, 0, CAPACITY_BYTES);
  for (const value of values) expect(batch.tryAppend({ timestamp: 5, value: Buffer.from(value) }, onAnswer)).toBe(true);
  return batch;
}

describe('a batch that is too large', () => {
  it('splits into halves that keep its producer, its sequence and its callbacks', async () => {
    const offsets: number[] = [];
    const batch = batchOf(['a', 'b', 'c'], (_error, { offset }) => offsets.push(offset));
    batch.setProducer(7, 1, 0x7fffffff, false);
    await batch.bytes();

    const parts = batch.split();

    expect(parts.map(({ recordCount }) => recordCount)).toEqual([2, 1]);
    const bytes = await Promise.all(parts.map((part) => part.bytes()));
    expect(bytes.map((each) => each.readInt32BE(RECORD_COUNT_AT))).toEqual([2, 1]);
    // After 2147483647 sequences go on from 0.
    expect(bytes.map((each) => each.readInt32BE(BASE_SEQUENCE_AT))).toEqual([0x7fffffff, 1]);
    parts[0].complete('t', 0, 40);
    parts[1].complete('t', 0, 42);
    expect(offsets).toEqual([40, 41, 42]);
  });

  it('gives its place to its parts, before what was sent later, and holds that up', () => {
    const queue = new PartitionQueue('t', 0);
    const refused = batchOf(['a', 'b'], () => undefined);
    refused.setProducer(7, 1, 0, false);
    const later = batchOf(['c'], () => undefined);
    later.setProducer(7, 1, 2, false);
    queue.putBack(later);
    expect(queue.isRetrying).toBe(false);

    for (const part of refused.split().reverse()) queue.putBack(part);

    expect(queue.batches.map(({ baseSequence }) => baseSequence)).toEqual([0, 1, 2]);
    expect(queue.isRetrying).toBe(true);
  });

  it('without sequences goes to the front in order', () => {
    const queue = new PartitionQueue('t', 0);
    queue.batches.push(batchOf(['c'], () => undefined));

    for (const part of batchOf(['a', 'b', 'x'], () => undefined)
      .split()
      .reverse())
      queue.putBack(part);

    expect(queue.batches.map(({ recordCount }) => recordCount)).toEqual([2, 1, 1]);
  });
});
