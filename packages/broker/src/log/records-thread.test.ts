import { recordCountAt } from '@odradek/protocol/records/batch';
import { buildLegacyRecords } from '@odradek/protocol/records/legacy';
import { readRecords } from '@odradek/protocol/records/record';
import type { Background } from '../env/background';
import { InTurns } from '../env/in-turns';
import { silentLoggers } from '../env/logger';
import { ManualClock } from '../env/testing/clock';
import { TakesLongError } from './judged-records';
import type { LogConfig } from './log-config';
import type { PartitionLog } from './partition-log';
import { RecordsThread } from './records-thread';
import { RECORDS_WORK, type RecordsAnswer, type RecordsRequest, RecordsWork } from './records-work';
import { append, batch, fixture, readAll, START_MS } from './testing/fixture';

function setUp(background?: Background) {
  const clock = new ManualClock(START_MS);
  const counts = { started: 0 };
  const inTurns = new InTurns(clock, {
    [RECORDS_WORK]: (port) => {
      counts.started++;
      return new RecordsWork(port);
    },
  });
  const thread = new RecordsThread(background ?? inTurns, clock, silentLoggers.logger('test'));
  /** What comes of work that is waited for: in turns of a clock that stands still. */
  const done = async <T>(work: Promise<T>): Promise<T> => {
    const settled = work.catch(() => {});
    await clock.advance(0);
    await settled;
    return work;
  };
  return { clock, thread, counts, done };
}

/** What an append is put aside with. */
function putAside(log: PartitionLog, records: Buffer): TakesLongError {
  try {
    append(log, records);
  } catch (error) {
    if (error instanceof TakesLongError) return error;
    throw error;
  }
  throw new Error('it did not take long');
}

const zeros = (bytes: number, init = {}): Buffer => batch(3, { bytes, compression: 'gzip', ...init });

function oldRecords(bytes: number): Buffer {
  const record = (offset: number) => ({
    offset,
    timestamp: START_MS,
    key: null,
    value: Buffer.alloc(bytes),
    headers: [],
  });
  return buildLegacyRecords([record(0), record(1)], { magic: 1, compression: 'lz4' });
}

const cases: readonly (readonly [string, Partial<LogConfig>, () => Buffer])[] = [
  ['a lot in a small batch', {}, () => zeros(2_000_000)],
  ['another codec', { compressionType: 'lz4' }, () => batch(3, { bytes: 100_000 })],
  [
    'another codec, stamped here',
    { compressionType: 'zstd', messageTimestampType: 'LogAppendTime' },
    () => zeros(300_000),
  ],
  ['an old format', { maxMessageBytes: 10_000_000 }, () => oldRecords(150_000)],
  [
    'an idempotent producer',
    { compressionType: 'gzip' },
    () => batch(3, { bytes: 100_000, producerId: 5, producerEpoch: 1, baseSequence: 7 }),
  ],
];

test.each(cases)('%s is judged aside, and stored as it would have been at once', async (_, config, records) => {
  const { thread, done } = setUp();
  const log = fixture().open(config);
  append(log, batch(1), 4);
  const work = putAside(log, records());
  expect(log.logEndOffset).toBe(1);
  const judged = await done(thread.judge(work));
  const info = log.appendAsLeader(work.records, { leaderEpoch: 4, origin: 'client', judged });
  expect(info).toMatchObject({ firstOffset: 1, lastOffset: recordCountAt(judged.records, 0) });

  const direct = fixture().open(config);
  append(direct, batch(1), 4);
  append(direct, records(), 4, 'coordinator');
  expect(readAll(log, 1).equals(readAll(direct, 1))).toBe(true);
});

test("by settings that are no longer the topic's nothing is appended", async () => {
  const { thread, done } = setUp();
  const log = fixture().open();
  const work = putAside(log, zeros(2_000_000));
  const judged = await done(thread.judge(work));
  log.updateConfig({ ...log.config, compressionType: 'zstd' });
  const again = { leaderEpoch: 0, origin: 'client', judged } as const;
  expect(() => log.appendAsLeader(work.records, again)).toThrow(TakesLongError);
  expect(log.logEndOffset).toBe(0);
});

test('what is wrong with records is told as if nothing had been put aside', async () => {
  const { thread, done } = setUp();
  const before = fixture().open({ messageTimestampBeforeMaxMs: 1000 });
  await expect(done(thread.judge(putAside(before, zeros(2_000_000, { timestamp: 1 }))))).rejects.toMatchObject({
    error: 'INVALID_TIMESTAMP',
    message: 'One or more records have been rejected due to invalid timestamp',
    recordErrors: [{ batchIndex: 0 }, { batchIndex: 1 }, { batchIndex: 2 }],
  });
  const plain = fixture().open({ compressionType: 'uncompressed' });
  await expect(done(thread.judge(putAside(plain, zeros(2_000_000))))).rejects.toMatchObject({
    error: 'MESSAGE_TOO_LARGE',
    message: expect.stringMatching(/^Message batch size is 6\d{6} bytes in append topartition t-0 which exceeds/),
  });
});

test('records are converted for old readers', async () => {
  const { thread, done } = setUp();
  // A view of more memory than it shows.
  const records = Buffer.concat([Buffer.alloc(10), batch(3)]).subarray(10);
  const converted = await done(thread.downConvert(records, 1, 2));
  expect([...readRecords(converted, 0)].map(({ offset, key }) => [offset, String(key)])).toEqual([[2, 'k2']]);
});

test('who asks is told how long it was worked for, not how long it waited behind others', async () => {
  const posted: RecordsRequest[] = [];
  let answer = (_: RecordsAnswer): void => {};
  const slow: Background = {
    start(_name, { onAnswer }) {
      answer = onAnswer as typeof answer;
      return { post: (request) => posted.push(request as RecordsRequest), stop: async () => {} };
    },
  };
  const { clock, thread } = setUp(slow);
  const spent: number[] = [];
  const work = putAside(fixture().open(), zeros(2_000_000));
  const judged = [1, 2, 3].map(() => thread.judge(work, (durationMs) => spent.push(durationMs)));
  const outcome = { kind: 'judged', records: null, recordCount: 3, maxTimestamp: 0 } as const;
  for (const [index, durationMs] of [30, 20, 10].entries()) {
    await clock.advance(durationMs);
    answer({ id: posted[index]!.id, outcome });
  }
  await Promise.all(judged);
  expect(spent).toEqual([30, 20, 10]);
  await thread.stop();
});

test('it goes when nobody needs it, comes again, and tells who waits at its end', async () => {
  const { clock, thread, counts, done } = setUp();
  await done(thread.downConvert(batch(1), 1, 0));
  await clock.advance(59_000);
  await done(thread.downConvert(batch(1), 1, 0));
  await clock.advance(59_000);
  expect(counts.started).toBe(1);
  await clock.advance(1_000);
  await done(thread.downConvert(batch(1), 1, 0));
  expect(counts.started).toBe(2);
  const waiting = thread.downConvert(batch(1), 1, 0);
  const told = expect(waiting).rejects.toMatchObject({ error: 'NOT_LEADER_OR_FOLLOWER' });
  await thread.stop();
  await told;
  await expect(thread.downConvert(batch(1), 1, 0)).rejects.toMatchObject({ error: 'NOT_LEADER_OR_FOLLOWER' });
  expect(clock.timers).toBe(0);
});

test('a producer whose records the thread ends with is told to try again, and so is one who finds no thread', async () => {
  const work = putAside(fixture().open(), zeros(2_000_000));
  let fail: ((error: Error) => void) | undefined;
  let isShort = false;
  const { thread } = setUp({
    start: (_name, { onFailure }) => {
      if (isShort) throw new Error('no more threads');
      fail = onFailure;
      return { post: () => {}, stop: async () => {} };
    },
  });
  const poison = expect(thread.judge(work)).rejects.toMatchObject({ error: 'REQUEST_TIMED_OUT' });
  fail!(new Error('out of memory'));
  fail!(new Error('out of memory'));
  await poison;
  isShort = true;
  await expect(thread.judge(work)).rejects.toMatchObject({ error: 'REQUEST_TIMED_OUT' });
  isShort = false;
  const waiting = expect(thread.judge(work)).rejects.toMatchObject({ error: 'REQUEST_TIMED_OUT' });
  isShort = true;
  fail!(new Error('out of memory'));
  await waiting;
});

test('work that ends by itself is begun anew; what it was at is tried twice, and what waited behind is done', async () => {
  const starts: { fail(error: Error): void; answer(answer: never): void; readonly ids: number[] }[] = [];
  const { thread } = setUp({
    start: (_name, { onFailure, onAnswer }) => {
      const ids: number[] = [];
      starts.push({ fail: onFailure, answer: onAnswer as (answer: never) => void, ids });
      return { post: (request) => ids.push((request as { id: number }).id), stop: async () => {} };
    },
  });
  const poison = thread.downConvert(batch(1), 0, 0);
  const behind = thread.downConvert(batch(1), 0, 0);
  const told = expect(poison).rejects.toMatchObject({ error: 'UNKNOWN_SERVER_ERROR' });
  starts[0]!.fail(new Error('out of memory'));
  expect(starts[1]!.ids).toEqual([1, 2]);
  starts[1]!.fail(new Error('out of memory'));
  await told;
  expect(starts[2]!.ids).toEqual([2]);
  starts[2]!.answer({ id: 2, outcome: { kind: 'converted', records: Buffer.from('x') } } as never);
  expect(String(await behind)).toBe('x');
});

test('who waits hears where the work cannot be begun anew', async () => {
  let fail: ((error: Error) => void) | undefined;
  const { thread } = setUp({
    start: (_name, { onFailure }) => {
      if (fail) throw new Error('no more threads');
      fail = onFailure;
      return { post: () => {}, stop: async () => {} };
    },
  });
  const waiting = thread.downConvert(batch(1), 0, 0);
  fail!(new Error('out of memory'));
  await expect(waiting).rejects.toMatchObject({ error: 'UNKNOWN_SERVER_ERROR' });
});

test('what cannot be copied to it keeps it no longer', async () => {
  const answers: ((answer: never) => void)[] = [];
  let posted = 0;
  let stopped = 0;
  const { clock, thread } = setUp({
    start: (_name, { onAnswer }) => {
      answers.push(onAnswer);
      const post = (): void => {
        if (posted++ === 0) throw new Error('out of memory');
      };
      return { post, stop: async () => void stopped++ };
    },
  });
  await expect(thread.downConvert(batch(1), 0, 0)).rejects.toMatchObject({ error: 'UNKNOWN_SERVER_ERROR' });
  const second = thread.downConvert(batch(1), 0, 0);
  answers[0]!({ id: 2, outcome: { kind: 'converted', records: Buffer.from('x') } } as never);
  expect(String(await second)).toBe('x');
  await clock.advance(60_000);
  expect(stopped).toBe(1);
});
