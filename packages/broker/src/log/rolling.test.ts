import { baseOffsetAt } from '@odradek/protocol/records/batch';
import { append, batch, fixture, readAll, START_MS } from './testing/fixture';

test('a segment ends before an offset that its indexes cannot express', () => {
  const f = fixture();
  const log = f.open({ indexIntervalBytes: 1 });
  const at = (baseOffset: number) => log.appendAsFollower(batch(1, { baseOffset, partitionLeaderEpoch: 0 }));
  at(0);
  at(0x7fffffff);
  expect(log.segmentCount).toBe(1);
  at(0x80000000);
  expect(log.segmentCount).toBe(2);
  at(0x80000000 + 0x7fffffff);
  expect([log.segmentCount, log.logEndOffset]).toEqual([2, 0x100000000]);
  const offsets = [0, 0x7fffffff, 0x80000000, 0xffffffff];
  const found = (l: typeof log) => offsets.map((offset) => baseOffsetAt(readAll(l, offset), 0));
  expect(found(log)).toEqual(offsets);
  expect(found(f.open({}, { hadCleanShutdown: false }))).toEqual(offsets);
});

test('segments end by the time of their records, or by ours where those have none', async () => {
  const f = fixture();
  const log = f.open({ segmentMs: 1000 });
  append(log, batch(1, { timestamp: START_MS }));
  append(log, batch(1, { timestamp: START_MS + 1000 }));
  expect(log.segmentCount).toBe(1);
  append(log, batch(1, { timestamp: START_MS + 1001 }));
  expect(log.segmentCount).toBe(2);
  await f.clock.advance(5000);
  append(log, batch(1, { timestamp: START_MS + 2001 }));
  expect(log.segmentCount).toBe(2);

  const timeless = fixture();
  const other = timeless.open({ segmentMs: 1000 });
  append(other, batch(1, { timestamp: -1 }));
  await timeless.clock.advance(1000);
  append(other, batch(1, { timestamp: -1 }));
  expect(other.segmentCount).toBe(1);
  await timeless.clock.advance(1);
  append(other, batch(1, { timestamp: -1 }));
  expect(other.segmentCount).toBe(2);
});

test('a batch larger than a segment may be is refused, and nothing of it is there', () => {
  const log = fixture().open({ segmentBytes: 300 });
  append(log, batch(1));
  expect(() => append(log, batch(1, { bytes: 400 }))).toThrow(
    expect.objectContaining({ error: 'RECORD_LIST_TOO_LARGE' }),
  );
  expect([log.logEndOffset, log.segmentCount]).toEqual([1, 1]);
});

test.each([true, false])(
  'an open transaction holds the last stable offset after a restart (clean: %s)',
  (hadCleanShutdown) => {
    const f = fixture();
    const config = { producerIdExpirationMs: 1e9, transactionVerificationEnable: false };
    const open = () => f.open({ segmentBytes: 200 }, { hadCleanShutdown, producerStateConfig: config });
    const first = open();
    append(first, batch(1, { producerId: 1, producerEpoch: 0, baseSequence: 0 }));
    append(first, batch(1, { producerId: 2, producerEpoch: 0, baseSequence: 0, isTransactional: true }));
    for (let i = 1; i < 6; i++) append(first, batch(1, { producerId: 1, producerEpoch: 0, baseSequence: i }));
    if (hadCleanShutdown) first.close();
    const second = open();
    second.setHighWatermark(second.logEndOffset);
    expect([second.lastStableOffset, second.highWatermark]).toEqual([1, 7]);
    expect(second.hasOngoingTransaction(2)).toBe(true);
  },
);

test('preallocated files are cut to their records when they are rolled, and when the log is closed', () => {
  const f = fixture();
  const log = f.open({ preallocate: true, segmentBytes: 500 });
  const bytes = batch(1, { bytes: 150 }).length;
  const sizes = (): number[] =>
    f.disk
      .list('/data/t-0')
      .filter((name) => name.endsWith('.log'))
      .sort()
      .map((name) => f.disk.stat(`/data/t-0/${name}`)!.size);
  expect(sizes()).toEqual([500]);
  for (let i = 0; i < 3; i++) append(log, batch(1, { bytes: 150 }));
  expect(sizes()).toEqual([2 * bytes, 500]);
  const crashed = f.open({ preallocate: true, segmentBytes: 500 }, { hadCleanShutdown: false });
  expect([crashed.logEndOffset, crashed.size, ...sizes()]).toEqual([3, 3 * bytes, 2 * bytes, bytes]);
  crashed.roll();
  expect(sizes()).toEqual([2 * bytes, bytes, 500]);
  // The setting counts for files to come: what is preallocated is cut all the same.
  crashed.updateConfig({ ...crashed.config, preallocate: false });
  crashed.close();
  expect(sizes()).toEqual([2 * bytes, bytes, 0]);
});
