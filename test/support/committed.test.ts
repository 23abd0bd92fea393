import { buildBatch } from '@odradek/protocol/records/builder';
import { buildEndTxnBatch } from '@odradek/protocol/records/control';
import { committedView, readCommitted } from './committed';

const tell = ({ value }: { readonly value: Buffer | null }): string => String(value);

const batch = (baseOffset: number, producerId: number, ...values: readonly string[]): Buffer =>
  buildBatch({
    baseOffset,
    producerId,
    producerEpoch: 0,
    baseSequence: 0,
    isTransactional: producerId >= 0,
    records: values.map((value) => ({ timestamp: 1, value: Buffer.from(value) })),
  });

const marker = (baseOffset: number, producerId: number, type: 'ABORT' | 'COMMIT'): Buffer =>
  buildEndTxnBatch({ baseOffset, producerId, producerEpoch: 0, timestamp: 1, coordinatorEpoch: 0, type });

// Two transactions cross each other, one of them is aborted; its producer commits another one; a third stays open.
const LOG = Buffer.concat([
  batch(0, 7, 'a', 'b'),
  batch(2, 8, 'c'),
  batch(3, -1, 'plain'),
  marker(4, 7, 'ABORT'),
  batch(5, 7, 'd'),
  marker(6, 8, 'COMMIT'),
  marker(7, 7, 'COMMIT'),
  batch(8, 9, 'open'),
]);

test('a log is judged by its markers', () => {
  const { records, aborted, open, endOffset } = committedView(LOG, tell);
  expect(records.map(({ offset, value }) => `${offset} ${value}`)).toEqual(['2 c', '3 plain', '5 d']);
  expect(aborted).toEqual(['a', 'b']);
  expect(open).toEqual(['producer 9 since offset 8']);
  expect(endOffset).toBe(9);
});

test('a consumer leaves out what the answer says was aborted, up to its marker', () => {
  const stable = LOG.subarray(0, LOG.length - batch(8, 9, 'open').length);
  const { records, next } = readCommitted(stable, 0, [{ producerId: 7, firstOffset: 0 }], tell);
  expect(records.map(({ value }) => value)).toEqual(['c', 'plain', 'd']);
  expect(next).toBe(8);
  expect(readCommitted(stable, 3, null, tell).records.map(({ value }) => value)).toEqual(['plain', 'd']);
});
