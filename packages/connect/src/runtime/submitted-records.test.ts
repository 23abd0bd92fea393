import type { SourceRecord } from '../data/record';
import { SubmittedRecords } from './submitted-records';

const record = (part: string, position: number): SourceRecord => ({
  sourcePartition: new Map([['part', part]]),
  sourceOffset: new Map([['position', position]]),
  topic: 't',
  partition: null,
  keySchema: null,
  key: null,
  valueSchema: null,
  value: null,
  timestamp: null,
  headers: [],
});

const shown = (records: SubmittedRecords): unknown[] =>
  records.committable().map(({ partition, offset }) => [partition?.get('part'), offset?.get('position')]);

it('commits no further than the first record that is not written', () => {
  const records = new SubmittedRecords();
  const [first, second, third] = [1, 2, 3].map((position) => records.submit(record('a', position)));
  second!();
  expect(shown(records)).toEqual([]);
  first!();
  expect(shown(records)).toEqual([['a', 2]]);
  expect(shown(records)).toEqual([]);
  third!();
  expect(shown(records)).toEqual([['a', 3]]);
});

it('keeps the parts of a source apart', () => {
  const records = new SubmittedRecords();
  records.submit(record('a', 1));
  records.submit(record('b', 7))();
  expect(shown(records)).toEqual([['b', 7]]);
});

it('tells when nothing is under way any more', async () => {
  const records = new SubmittedRecords();
  expect(await records.settled(0)).toBe(true);
  const done = records.submit(record('a', 1));
  expect(await records.settled(1)).toBe(false);
  const settled = records.settled(60_000);
  done();
  expect(await settled).toBe(true);
});
