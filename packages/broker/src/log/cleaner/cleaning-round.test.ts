import { type BatchInit, buildBatch } from '@odradek/protocol/records/builder';
import type { PartitionLog } from '../partition-log';
import { append, type Fixture, fixture, START_MS } from '../testing/fixture';
import { roundOf, rowsOf, runRound } from './testing/cleaning';

const CONFIG = { cleanupCompact: true, cleanupDelete: false, segmentBytes: 400, deleteRetentionMs: 1000 };

/** `k=v` records, `k` alone for a tombstone, as one batch. */
function put(log: PartitionLog, text: string, init: BatchInit = {}): void {
  const records = text.split(' ').map((word) => {
    const [key, value] = word.split('=');
    return { timestamp: START_MS, key: Buffer.from(key!), value: value === undefined ? null : Buffer.from(value) };
  });
  append(log, buildBatch({ ...init, records }));
  log.setHighWatermark(log.logEndOffset);
}

const textOf = (log: PartitionLog): string =>
  rowsOf(log)
    .map(({ offset, key, value }) => `${offset}:${key}${value === null ? '' : `=${value}`}`)
    .join(' ');

async function clean({ disk, clock }: Fixture, log: PartitionLog, checkpoint: number | null = null) {
  return runRound(roundOf(log, disk, clock, checkpoint), clock);
}

test('of each key the last record stays, the active segment as it is', async () => {
  const at = fixture();
  const log = at.open(CONFIG);
  put(log, 'a=1 b=1');
  put(log, 'a=2 c=1');
  put(log, 'b=2');
  log.roll();
  put(log, 'a=3');
  const { endOffset, keys } = await clean(at, log);
  expect({ endOffset, keys }).toEqual({ endOffset: 5, keys: 3 });
  expect(textOf(log)).toBe('2:a=2 3:c=1 4:b=2 5:a=3');
  expect(at.disk.paths().filter((path) => /cleaned|swap/.test(path))).toEqual([]);
  expect(textOf(at.open(CONFIG))).toBe('2:a=2 3:c=1 4:b=2 5:a=3');
});

test('tombstones go once their horizon has passed, not before', async () => {
  const at = fixture();
  const log = at.open(CONFIG);
  put(log, 'a=1 b=1');
  put(log, 'a');
  log.roll();
  await clean(at, log);
  expect(textOf(log)).toBe('1:b=1 2:a');
  await at.clock.advance(999);
  await clean(at, log);
  expect(textOf(log)).toBe('1:b=1 2:a');
  await at.clock.advance(1);
  await clean(at, log);
  expect(textOf(log)).toBe('1:b=1');
});

test('a segment of which nothing stays takes the place of all files of the old one, also after a crash', () => {
  const at = fixture();
  const log = at.open(CONFIG);
  put(log, 'a=1');
  log.roll();
  put(log, 'a=2');
  log.close();
  const base = '/data/t-0/00000000000000000000';
  for (const suffix of ['.log', '.index', '.timeindex']) at.disk.replaceFile(`${base}${suffix}.swap`, '');
  at.disk.replaceFile(`${base}.txnindex`, Buffer.alloc(34));
  expect(textOf(at.open(CONFIG))).toBe('1:a=2');
  expect(at.disk.paths().filter((path) => path.startsWith(base))).toEqual([
    `${base}.log`,
    `${base}.index`,
    `${base}.timeindex`,
  ]);
});
