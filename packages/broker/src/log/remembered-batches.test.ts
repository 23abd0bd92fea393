import { seededBelow } from '@odradek/protocol/testing/seeded';
import type { PartitionLog } from './partition-log';
import type { BatchMetadata } from './producer-entry';
import { append, batch, type Fixture, fixture, readAll } from './testing/fixture';

const CONFIG = { segmentBytes: 2500, indexIntervalBytes: 200, segmentIndexBytes: 2400 };
const PRODUCER = 5;

/** Batches of two records each, in sequence from number `from` on. */
function produce(log: PartitionLog, count: number, from = 0, producerId = PRODUCER, bytes = 50): void {
  for (let i = from; i < from + count; i++) send(log, i, producerId, bytes);
}

const send = (log: PartitionLog, index: number, producerId = PRODUCER, bytes = 50) =>
  append(log, batch(2, { bytes, producerId, producerEpoch: 0, baseSequence: 2 * index }));

/** Opens what a process has left that was killed, or one that has stopped. */
function reopen(f: Fixture, log: PartitionLog, how: 'killed' | 'stopped', config = CONFIG): PartitionLog {
  if (how === 'stopped') log.close();
  else f.disk.killProcess();
  return f.open(config, {
    hadCleanShutdown: how === 'stopped',
    recoveryPoint: how === 'stopped' ? log.logEndOffset : 0,
  });
}

describe.each(['killed', 'stopped'] as const)('after its broker was %s', (how) => {
  test.each([0, 1, 2, 5])('a log knows five batches, %i of them behind a roll', (behind) => {
    const f = fixture();
    const log = f.open();
    produce(log, 7 - behind);
    log.roll();
    produce(log, behind, 7 - behind);
    const next = reopen(f, log, how);
    for (let index = 2; index < 7; index++) {
      expect(send(next, index)).toMatchObject({ duplicate: true, firstOffset: 2 * index, lastOffset: 2 * index + 1 });
    }
    expect(() => send(next, 1)).toThrow(expect.objectContaining({ error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' }));
    expect(send(next, 7)).toMatchObject({ duplicate: false, firstOffset: 14 });
  });

  test('so it does of several producers, over segments of a batch each', () => {
    const f = fixture();
    const log = f.open();
    for (let i = 0; i < 8; i++) {
      for (const producerId of [1, 2, 3]) send(log, i, producerId);
      append(log, batch(1));
      log.roll();
    }
    const next = reopen(f, log, how);
    for (const producerId of [1, 2, 3]) expect(send(next, 3, producerId)).toMatchObject({ duplicate: true });
  });

  test('of an epoch that is over nothing is remembered', () => {
    const f = fixture();
    const log = f.open();
    produce(log, 3);
    append(log, batch(2, { producerId: PRODUCER, producerEpoch: 1, baseSequence: 0 }));
    append(log, batch(2, { producerId: PRODUCER, producerEpoch: 1, baseSequence: 2 }));
    const next = reopen(f, log, how);
    expect(next.producers.entry(PRODUCER)!.batches.map(({ firstOffset }) => firstOffset)).toEqual([6, 8]);
  });

  test('what lies below the log start offset is not remembered', () => {
    const f = fixture();
    const log = f.open();
    produce(log, 6);
    log.close();
    const next = f.open(CONFIG, { hadCleanShutdown: how === 'stopped', logStartOffset: 7 });
    expect(next.producers.entry(PRODUCER)!.batches.map(({ firstOffset }) => firstOffset)).toEqual([8, 10]);
  });

  test('where an index leads astray the rest is left', () => {
    const f = fixture();
    const log = f.open({ ...CONFIG, segmentBytes: 100_000 });
    produce(log, 20);
    log.roll();
    log.close();
    const path = '/data/t-0/00000000000000000000.index';
    const index = f.disk.readFile(path)!;
    index.writeInt32BE(index.readInt32BE(index.length - 4) + 3, index.length - 4);
    f.disk.replaceFile(path, index);
    const next = f.open(CONFIG, { hadCleanShutdown: how === 'stopped', recoveryPoint: log.logEndOffset });
    expect(next.producers.entry(PRODUCER)!.batches).toHaveLength(1);
    expect(send(next, 19)).toMatchObject({ duplicate: true });
  });
});

test('what was cut off is not remembered, what is left is', async () => {
  const f = fixture();
  const log = f.open();
  produce(log, 6);
  log.roll();
  produce(log, 4, 6);
  log.truncateTo(14);
  expect(log.producers.entry(PRODUCER)!.batches.map(({ firstOffset }) => firstOffset)).toEqual([4, 6, 8, 10, 12]);
  const next = reopen(f, log, 'killed');
  expect(next.producers.entry(PRODUCER)!.batches.map(({ firstOffset }) => firstOffset)).toEqual([4, 6, 8, 10, 12]);
  expect(send(next, 7)).toMatchObject({ duplicate: false, firstOffset: 14 });
});

test('a follower that becomes the leader right behind a roll knows five batches', () => {
  const leader = fixture().open();
  produce(leader, 7);
  const log = fixture().open();
  log.appendAsFollower(readAll(leader, 0));
  log.roll();
  for (let index = 2; index < 7; index++) expect(send(log, index)).toMatchObject({ duplicate: true });
  expect(() => send(log, 1)).toThrow(expect.objectContaining({ error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' }));
});

const sameAs = ({ firstSequence, lastSequence, firstOffset, lastOffset }: BatchMetadata) => [
  firstSequence,
  lastSequence,
  firstOffset,
  lastOffset,
];

test('after any history a restart knows what the process before knew', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = seededBelow(seed);
    const f = fixture();
    let log = f.open(CONFIG);
    const next = new Map<number, { epoch: number; index: number }>();
    for (let i = 0; i < 60; i++) {
      const producerId = 1 + random(4);
      let at = next.get(producerId) ?? { epoch: 0, index: 0 };
      if (random(15) === 0) at = { epoch: at.epoch + 1, index: 0 };
      const { epoch: producerEpoch, index } = at;
      append(log, batch(2, { bytes: random(400), producerId, producerEpoch, baseSequence: 2 * index }));
      next.set(producerId, { epoch: producerEpoch, index: index + 1 });
      if (random(10) === 0) append(log, batch(1));
      if (random(20) === 0) log.roll();
      if (random(25) !== 0) continue;
      const told = [...next.keys()].map((id) => [id, log.producers.entry(id)!.batches.map(sameAs)]);
      log = reopen(f, log, random(2) === 0 ? 'killed' : 'stopped');
      expect([seed, [...next.keys()].map((id) => [id, log.producers.entry(id)!.batches.map(sameAs)])]).toEqual([
        seed,
        told,
      ]);
    }
  }
});

test('a look is bounded: who has long written nothing is not looked for, who is slow only so far', () => {
  const f = fixture();
  const config = { ...CONFIG, segmentBytes: 10_000_000, indexIntervalBytes: 4096, segmentIndexBytes: 100_000 };
  let log = f.open(config);
  produce(log, 3, 10, 1);
  produce(log, 4000, 0, 2, 1000);
  log.roll();
  let reads = 0;
  /** How many batches of the slow one are known after a restart. */
  const known = (): number => {
    log.close();
    reads = 0;
    log = f.open(config, { recoveryPoint: log.logEndOffset });
    return log.producers.entry(1)!.batches.length;
  };
  f.disk.fault = (operation, path) => {
    if (operation === 'read' && path.endsWith('.log')) reads++;
    return null;
  };
  expect(known()).toBe(1);
  expect(reads).toBeLessThan(120);
  send(log, 13, 1);
  expect(known()).toBe(1);
  expect(reads).toBeGreaterThan(150);
  expect(reads).toBeLessThan(600);
});
