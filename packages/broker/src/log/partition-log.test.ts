import {
  baseOffsetAt,
  forEachBatch,
  isCrcValidAt,
  lastOffsetAt,
  partitionLeaderEpochAt,
} from '@odradek/protocol/records/batch';
import { buildEndTxnBatch } from '@odradek/protocol/records/control';
import { append, batch, fixture, readAll, START_MS } from './testing/fixture';
import { UnexpectedAppendOffsetError } from './types';

const offsetsOf = (b: Buffer): [number, number][] => {
  const offsets: [number, number][] = [];
  forEachBatch(b, (at) => offsets.push([baseOffsetAt(b, at), lastOffsetAt(b, at)]));
  return offsets;
};

test('a leader gives offsets and its epoch; readers get whole batches from the one that holds the offset on', () => {
  const log = fixture().open();
  expect(append(log, batch(3), 5)).toMatchObject({
    firstOffset: 0,
    lastOffset: 2,
    logAppendTimeMs: -1,
    recordCount: 3,
  });
  expect(append(log, batch(2), 5)).toMatchObject({ firstOffset: 3, lastOffset: 4 });
  expect(log.logEndOffset).toBe(5);
  expect(log.latestEpoch).toBe(5);
  const bytes = readAll(log, 1);
  expect(offsetsOf(bytes)).toEqual([
    [0, 2],
    [3, 4],
  ]);
  forEachBatch(bytes, (at) => {
    expect(isCrcValidAt(bytes, at)).toBe(true);
    expect(partitionLeaderEpochAt(bytes, at)).toBe(5);
  });
  expect(offsetsOf(readAll(log, 3))).toEqual([[3, 4]]);
});

test('LogAppendTime stamps the batch with the clock', () => {
  const f = fixture();
  const log = f.open({ messageTimestampType: 'LogAppendTime' });
  expect(append(log, batch(2, { timestamp: 5 }))).toMatchObject({ logAppendTimeMs: START_MS, maxTimestamp: START_MS });
  expect(isCrcValidAt(readAll(log, 0), 0)).toBe(true);
});

test('a reader sees nothing at or above its bound, and is refused outside the log', () => {
  const log = fixture().open();
  append(log, batch(2));
  append(log, batch(2));
  log.maybeIncrementHighWatermark(2);
  expect(offsetsOf(readAll(log, 0, 'high-watermark'))).toEqual([[0, 1]]);
  expect(readAll(log, 2, 'high-watermark')).toHaveLength(0);
  expect(readAll(log, 4)).toHaveLength(0);
  expect(() => readAll(log, 5)).toThrow(
    'Received request for offset 5 for partition t-0, but we only have log segments upto 4.',
  );
  log.maybeIncrementLogStartOffset(1, 'test');
  expect(() => readAll(log, 0)).toThrow('but we only have log segments starting from offset: 1.');
  expect(() => log.maybeIncrementLogStartOffset(3, 'test')).toThrow('since it is larger than the high watermark 2');
});

test('a batch larger than asked for is returned whole or cut', () => {
  const log = fixture().open();
  append(log, batch(1, { bytes: 1000 }));
  append(log, batch(1, { bytes: 1000 }));
  const options = { maxBytes: 100, isolation: 'log-end' } as const;
  const whole = log.read(0, { ...options, minOneMessage: true });
  expect(whole.slice.bytes).toBeGreaterThan(1000);
  expect(whole.slice.bytes).toBeLessThan(1200);
  expect(whole.firstEntryIncomplete).toBe(false);
  const cut = log.read(0, { ...options, minOneMessage: false });
  expect([cut.slice.bytes, cut.firstEntryIncomplete]).toEqual([100, true]);
});

test('segments roll by size and are read across; a slice outlives the deletion of its segment', async () => {
  const f = fixture();
  const log = f.open({ segmentBytes: 1500, retentionBytes: 0, fileDeleteDelayMs: 10 });
  for (let i = 0; i < 10; i++) append(log, batch(1, { bytes: 600 }));
  expect(log.segmentCount).toBe(5);
  for (let i = 0; i < 10; i++) expect(offsetsOf(readAll(log, i))[0]).toEqual([i, i]);
  log.setHighWatermark(10);
  const { slice } = log.read(0, { maxBytes: 1e6, minOneMessage: true, isolation: 'log-end' });
  expect(log.deleteOldSegments(START_MS)).toBe(5);
  expect([log.logStartOffset, log.size]).toEqual([10, 0]);
  const target = Buffer.alloc(slice.bytes);
  expect(slice.readInto(target, 0)).toBe(slice.bytes);
  expect(offsetsOf(target)).toEqual([
    [0, 0],
    [1, 1],
  ]);
  const later = Buffer.alloc(slice.bytes);
  const reading = slice.readLater(later, 0);
  await f.clock.advance(10);
  expect([await reading, later.equals(target), f.disk.openFiles]).toEqual([slice.bytes, true, f.pool.openFiles]);
  expect(f.disk.paths().filter((path) => path.endsWith('.deleted'))).toEqual([]);
});

test('a slice whose read fails, at once or later, gives nothing, and the owner of its dir hears of it', async () => {
  const f = fixture();
  const log = f.open();
  append(log, batch(3));
  const { slice } = log.read(0, { maxBytes: 1e6, minOneMessage: true, isolation: 'log-end' });
  f.disk.fault = (operation) => (operation === 'read' ? { code: 'EIO' } : null);
  expect(slice.readInto(Buffer.alloc(slice.bytes), 0)).toBe(0);
  expect(await slice.readLater(Buffer.alloc(slice.bytes), 0)).toBe(0);
  expect(f.diskErrors.map(({ code }) => code)).toEqual(['EIO', 'EIO']);
});

test('a read under which the log was cut gives nothing: it may be of two histories', async () => {
  const log = fixture().open();
  append(log, batch(3));
  append(log, batch(3));
  const { slice } = log.read(0, { maxBytes: 1e6, minOneMessage: true, isolation: 'log-end' });
  const reading = slice.readLater(Buffer.alloc(slice.bytes), 0);
  log.truncateTo(3);
  append(log, batch(3, { bytes: 20 }), 1);
  expect(await reading).toBe(0);
});

test('a follower takes more at once than a segment may hold by now', () => {
  const log = fixture().open({ segmentBytes: 300 });
  const records = [0, 1, 2].map((baseOffset) => batch(1, { baseOffset, bytes: 100, partitionLeaderEpoch: 0 }));
  log.appendAsFollower(Buffer.concat(records));
  log.appendAsFollower(batch(1, { baseOffset: 3, bytes: 400, partitionLeaderEpoch: 0 }));
  expect([log.logEndOffset, log.segmentCount]).toEqual([4, 2]);
  expect(offsetsOf(readAll(log, 3))).toEqual([[3, 3]]);
});

test('a follower takes offsets as they are, holes included, and none twice', () => {
  const log = fixture().open();
  log.appendAsFollower(batch(2, { baseOffset: 10, partitionLeaderEpoch: 3 }));
  log.appendAsFollower(batch(2, { baseOffset: 20, partitionLeaderEpoch: 4 }));
  expect(log.logEndOffset).toBe(22);
  expect(log.endOffsetForEpoch(3)).toEqual({ leaderEpoch: 3, endOffset: 20 });
  expect(log.endOffsetForEpoch(4)).toEqual({ leaderEpoch: 4, endOffset: 22 });
  expect(log.endOffsetForEpoch(5)).toEqual({ leaderEpoch: -1, endOffset: -1 });
  expect(offsetsOf(readAll(log, 12))).toEqual([[20, 21]]);
  expect(() => log.appendAsFollower(batch(1, { baseOffset: 21 }))).toThrow(UnexpectedAppendOffsetError);
  // An epoch above the one that was fetched in: its leader is another (KAFKA-18723).
  expect(log.appendAsFollower(batch(1, { baseOffset: 22, partitionLeaderEpoch: 9 }), 4).validBytes).toBe(0);
});

test('truncation drops whole batches, epochs and producer state above it', () => {
  const log = fixture().open({ segmentBytes: 400 });
  for (let i = 0; i < 9; i++) {
    append(log, batch(2, { bytes: 50, producerId: 7, producerEpoch: 0, baseSequence: i * 2 }), i < 5 ? 1 : 2);
  }
  expect(log.truncateTo(11)).toBe(true);
  expect([log.logEndOffset, log.latestEpoch]).toEqual([11, 2]);
  expect(log.activeProducers()).toMatchObject([{ producerId: 7, lastSequence: 9 }]);
  expect(offsetsOf(readAll(log, 8))).toContainEqual([8, 9]);
  expect(log.truncateTo(10)).toBe(true);
  expect(log.latestEpoch).toBe(1);
  expect(log.truncateTo(10)).toBe(false);
  append(log, batch(1), 3);
  expect(offsetsOf(readAll(log, 10))).toEqual([[10, 10]]);
  log.truncateFullyAndStartAt(100);
  expect([log.logStartOffset, log.logEndOffset, log.latestEpoch, log.activeProducers()]).toEqual([100, 100, null, []]);
});

describe('idempotent producers', () => {
  const from = (baseSequence: number, count = 1, producerEpoch = 0) =>
    batch(count, { producerId: 7, producerEpoch, baseSequence });

  test('the last five batches are recognised; others must follow on', () => {
    const log = fixture().open();
    for (let i = 0; i < 6; i++) append(log, from(i * 2, 2));
    expect(append(log, from(4, 2))).toMatchObject({
      duplicate: true,
      firstOffset: 4,
      lastOffset: 5,
      logAppendTimeMs: START_MS + 1,
    });
    expect(log.logEndOffset).toBe(12);
    expect(() => append(log, from(0, 2))).toThrow(
      'Out of order sequence number for producer 7 at offset 12 in partition t-0: 0 (incoming seq. number), 11 (current end sequence number)',
    );
    expect(() => append(log, from(13))).toThrow(expect.objectContaining({ error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' }));
    expect(append(log, from(12))).toMatchObject({ duplicate: false, firstOffset: 12 });
  });

  test('a newer epoch begins at 0, an older one is fenced', () => {
    const log = fixture().open();
    append(log, from(5));
    expect(() => append(log, from(3, 1, 1))).toThrow('Invalid sequence number for new epoch of producer 7at offset 1');
    append(log, from(0, 1, 1));
    expect(() => append(log, from(6, 1, 0))).toThrow('which is smaller than the last seen epoch 1');
  });

  test('sequences go from the largest integer on to 0', () => {
    const log = fixture().open();
    append(log, from(2147483646, 2));
    expect(append(log, from(0))).toMatchObject({ firstOffset: 2 });
  });

  test('state outlives a clean restart and, rebuilt from the log, a crash', () => {
    const f = fixture();
    const first = f.open({ segmentBytes: 200 });
    for (let i = 0; i < 5; i++) append(first, from(i));
    first.close();
    const second = f.open();
    expect(append(second, from(4))).toMatchObject({ duplicate: true, firstOffset: 4 });
    append(second, from(5));
    const third = f.open({}, { hadCleanShutdown: false });
    expect(third.logEndOffset).toBe(6);
    expect(append(third, from(5))).toMatchObject({ duplicate: true, firstOffset: 5 });
  });
});

describe('transactions', () => {
  const data = (producerId: number, baseSequence = 0) =>
    batch(1, { producerId, producerEpoch: 0, baseSequence, isTransactional: true });
  const marker = (producerId: number, type: 'ABORT' | 'COMMIT', coordinatorEpoch = 0) =>
    buildEndTxnBatch({ producerId, producerEpoch: 0, type, coordinatorEpoch, timestamp: START_MS });
  const open = (f = fixture()) =>
    f.open({}, { producerStateConfig: { producerIdExpirationMs: 1e9, transactionVerificationEnable: false } });

  test('the last stable offset waits for markers below the high watermark; aborted ones are told', () => {
    const log = open();
    append(log, data(1));
    append(log, data(2));
    log.setHighWatermark(2);
    expect(log.lastStableOffset).toBe(0);
    append(log, marker(1, 'ABORT'), 0, 'coordinator');
    expect(log.lastStableOffset).toBe(0);
    log.setHighWatermark(3);
    expect(log.lastStableOffset).toBe(1);
    append(log, marker(2, 'COMMIT'), 0, 'coordinator');
    log.setHighWatermark(4);
    expect(log.lastStableOffset).toBe(4);
    const read = log.read(0, { maxBytes: 1e6, minOneMessage: true, isolation: 'committed' });
    expect(read.abortedTransactions).toEqual([{ producerId: 1, firstOffset: 0 }]);
    expect(log.read(3, { maxBytes: 1e6, minOneMessage: true, isolation: 'committed' }).abortedTransactions).toEqual([]);
  });

  test('a marker of an older coordinator is fenced', () => {
    const log = open();
    append(log, data(1));
    append(log, marker(1, 'COMMIT', 5), 0, 'coordinator');
    expect(() => append(log, marker(1, 'COMMIT', 4), 0, 'coordinator')).toThrow(
      expect.objectContaining({ error: 'TRANSACTION_COORDINATOR_FENCED' }),
    );
  });

  test('open and aborted transactions are found again after a crash', () => {
    const f = fixture();
    const log = open(f);
    append(log, data(1));
    append(log, marker(1, 'ABORT'), 0, 'coordinator');
    append(log, data(2));
    const again = f.open({}, { hadCleanShutdown: false });
    again.setHighWatermark(3);
    expect(again.lastStableOffset).toBe(2);
    expect(again.read(0, { maxBytes: 1e6, minOneMessage: true, isolation: 'committed' }).abortedTransactions).toEqual([
      { producerId: 1, firstOffset: 0 },
    ]);
    expect(() => append(again, batch(1, { producerId: 2, producerEpoch: 0, baseSequence: 1 }))).toThrow(
      expect.objectContaining({ error: 'INVALID_TXN_STATE' }),
    );
  });

  test('a transaction that nobody has verified is refused until it is', () => {
    const log = fixture().open();
    expect(() => append(log, data(1))).toThrow('Record was not part of an ongoing transaction');
    const verificationGuard = log.startTransactionVerification(1, 0, 0);
    log.appendAsLeader(data(1), { leaderEpoch: 0, origin: 'client', verificationGuard });
    expect(log.startTransactionVerification(1, 1, 0)).toBeNull();
    append(log, data(1, 1));
  });
});

test('offsets by timestamp: first at or after, largest, and by segment for the oldest clients', () => {
  const f = fixture();
  const log = f.open({ segmentBytes: 300, indexIntervalBytes: 1 });
  for (let i = 0; i < 6; i++) append(log, batch(2, { timestamp: 1000 + i * 10, bytes: 60 }));
  expect(log.offsetForTimestamp(0, 100)).toMatchObject({ offset: 0, timestamp: 1000 });
  expect(log.offsetForTimestamp(1021, 100)).toMatchObject({ offset: 5, timestamp: 1021, leaderEpoch: 0 });
  expect(log.offsetForTimestamp(1022, 100)).toMatchObject({ offset: 6, timestamp: 1030 });
  expect(log.offsetForTimestamp(1022, 6)).toBeNull();
  expect(log.offsetForTimestamp(2000, 100)).toBeNull();
  expect(log.maxTimestampOffset()).toMatchObject({ offset: 11, timestamp: 1051 });
  expect(log.legacyOffsetsBefore(-1, 2)).toEqual(
    [12, 11].map((_, i) => (i === 0 ? 12 : log.segmentCount === 6 ? 10 : 11)),
  );
  expect(log.legacyOffsetsBefore(-2, 5)).toEqual([0]);
});

test('a failed write counts for nothing and takes the log offline', () => {
  const f = fixture();
  const log = f.open();
  append(log, batch(1));
  f.disk.fault = (operation) => (operation === 'write' ? { code: 'ENOSPC', tornAfterBytes: 30 } : null);
  expect(() => append(log, batch(1))).toThrow(expect.objectContaining({ error: 'KAFKA_STORAGE_ERROR' }));
  expect(f.diskErrors.map(({ code }) => code)).toEqual(['ENOSPC']);
  f.disk.fault = () => null;
  expect(log.logEndOffset).toBe(1);
  expect(offsetsOf(readAll(f.open({}, { hadCleanShutdown: false }), 0))).toEqual([[0, 0]]);
});
