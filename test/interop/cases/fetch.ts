import { DeleteRecords } from '@odradek/protocol/messages/delete-records';
import { Fetch } from '@odradek/protocol/messages/fetch';
import { Produce } from '@odradek/protocol/messages/produce';
import type { RequestInit } from '@odradek/protocol/schema/api';
import { ZERO_UUID } from '@odradek/protocol/wire/uuid';
import type { Both, Pair } from '../both';
import type { Scenario } from '../main';
import { batch, legacyBatch } from '../records';
import type { SideName } from '../world';

type FetchInit = RequestInit<typeof Fetch>;
type Wish = Partial<NonNullable<FetchInit['topics']>[number]['partitions'][number]>;

const NO_SUCH_ID = 'x9mTn0ZqSsuHHtBYaYTJ4w';
const FIRST_ID_VERSION = 13;
const LARGE = 1 << 24;

/** Wishes for one topic, by name and by id: a version takes what it knows. */
function wishing(both: Both, topic: string, ...partitions: Wish[]) {
  return (side: SideName) => ({
    topic,
    topicId: both.topicIds.get(topic)?.[side] ?? NO_SUCH_ID,
    partitions: partitions.map((wish) => ({ partition: 0, fetchOffset: 0, partitionMaxBytes: LARGE, ...wish })),
  });
}

type Topics = (side: SideName) => NonNullable<FetchInit['topics']>;

function fetching(topics: Topics, init: Partial<FetchInit> = {}) {
  return (side: SideName): FetchInit => ({
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: LARGE,
    forgottenTopicsData: [],
    ...init,
    topics: topics(side),
  });
}

const one =
  (both: Both, topic: string, ...partitions: Wish[]): Topics =>
  (side) => [wishing(both, topic, ...partitions)(side)];

async function fill(both: Both, topic: string, records: Buffer, index = 0): Promise<void> {
  const topicData = [{ name: topic, partitionData: [{ index, records }] }];
  await both.send(Produce, 9, { acks: -1, timeoutMs: 5000, topicData }, { note: `fill ${topic}` });
}

async function versions(both: Both): Promise<void> {
  await both.createTopic('fetch', { partitions: 2 });
  for (const count of [3, 1, 4]) await fill(both, 'fetch', batch(count));
  await fill(both, 'fetch', batch(5, { compression: 'gzip' }));
  const every = (note: string, topics: Topics, init: Partial<FetchInit> = {}) =>
    both.sendEvery(Fetch, () => fetching(topics, init), { note, recompressed: true });
  for (const offset of [0, 1, 2, 3, 8, 12]) await every(`from ${offset}`, one(both, 'fetch', { fetchOffset: offset }));
  await every('from the end', one(both, 'fetch', { fetchOffset: 13 }));
  for (const offset of [14, 1000, -1, -2]) await every(`from ${offset}`, one(both, 'fetch', { fetchOffset: offset }));
  await every('an empty partition', one(both, 'fetch', { partition: 1 }));
  await every('an unknown partition', one(both, 'fetch', { partition: 2 }));
  await every('partition -1', one(both, 'fetch', { partition: -1 }));
  await every('an unknown topic', one(both, 'fetch-nowhere', {}));
  await every('several', (side) => [
    wishing(both, 'fetch', { partition: 1 }, { fetchOffset: 3 }, { partition: 9 })(side),
    wishing(both, 'fetch-nowhere', {})(side),
  ]);
  await every('nothing', () => []);
  await every('a topic without partitions', one(both, 'fetch'));
  await every('one partition twice', one(both, 'fetch', { fetchOffset: 0 }, { fetchOffset: 3 }));
  await every('read committed', one(both, 'fetch', {}), { isolationLevel: 1 });
  await every('isolation level 5', one(both, 'fetch', {}), { isolationLevel: 5 });
  for (const maxBytes of [0, 1, 100, 250, -1]) {
    await every(`at most ${maxBytes} of a partition`, one(both, 'fetch', { partitionMaxBytes: maxBytes }));
    await every(`at most ${maxBytes}`, one(both, 'fetch', { fetchOffset: 0 }, { partition: 1 }), { maxBytes });
  }
  await both.send(Fetch, 11, fetching(one(both, 'fetch', {}), { rackId: 'r1' }), { note: 'own rack' });
  await both.send(Fetch, 12, fetching(one(both, 'fetch', {}), { rackId: 'elsewhere' }), { note: 'another rack' });
  await both.send(Fetch, 12, fetching(one(both, 'fetch', {}), { clusterId: 'another' }), { note: 'another cluster' });
}

async function conversion(both: Both): Promise<void> {
  const wholly = (topic: string, offset = 0) => fetching(one(both, topic, { fetchOffset: offset }));
  for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
    const topic = `fetch-down-${compression}`;
    await both.createTopic(topic);
    for (const count of [2, 3]) await fill(both, topic, batch(count, { compression }));
    await fill(both, topic, batch(2, { compression, producerId: 5, producerEpoch: 0, baseSequence: 0 }));
    for (const offset of [0, 1, 4]) {
      await both.sendEvery(Fetch, () => wholly(topic, offset), {
        note: `${compression} from ${offset}`,
        recompressed: true,
      });
    }
    for (const bytes of [1, 60, 90, 130, 200]) {
      const limited = fetching(one(both, topic, { partitionMaxBytes: bytes }));
      await both.sendEvery(
        Fetch,
        () => limited,
        { note: `${compression}, ${bytes} bytes`, recompressed: true },
        { from: 0, to: 4 },
      );
    }
  }
  await both.createTopic('fetch-mixed');
  await fill(both, 'fetch-mixed', batch(2));
  const old = legacyBatch(3, { magic: 1 });
  await both.send(Produce, 2, {
    acks: 1,
    timeoutMs: 5000,
    topicData: [{ name: 'fetch-mixed', partitionData: [{ index: 0, records: old }] }],
  });
  await fill(both, 'fetch-mixed', batch(2, { compression: 'zstd' }));
  await fill(both, 'fetch-mixed', batch(1));
  await both.sendEvery(Fetch, () => wholly('fetch-mixed'), { note: 'mixed, zstd inside', recompressed: true });
  for (const [name, value] of [
    ['zstd', 'zstd'],
    ['gzip', 'gzip'],
  ] as const) {
    const topic = `fetch-of-${name}`;
    await both.createTopic(topic, { configs: { 'compression.type': value } });
    await fill(both, topic, batch(2));
    await both.sendEvery(Fetch, () => wholly(topic), { note: topic, recompressed: true });
  }
  await both.createTopic('fetch-no-conversion', { configs: { 'message.downconversion.enable': 'false' } });
  await fill(both, 'fetch-no-conversion', batch(2));
  await both.sendEvery(Fetch, () => wholly('fetch-no-conversion'), { note: 'conversion is off', recompressed: true });
}

/** Several partitions with more than fits: who gets how much, and who gets a first batch nevertheless. */
async function limits(both: Both): Promise<void> {
  await both.createTopic('fetch-limits', { partitions: 3 });
  const value = Buffer.alloc(40_000, 'x');
  for (const partition of [0, 1, 2]) {
    for (let round = 0; round < 3; round++) await fill(both, 'fetch-limits', batch(2, {}, { value }), partition);
  }
  for (const maxBytes of [0, 1, 79_000, 81_000, 100_000, 161_000, 250_000, 400_000]) {
    for (const partitionMaxBytes of [0, 50_000, 90_000, 1_000_000]) {
      const wishes = [2, 0, 1].map((partition) => ({ partition, fetchOffset: partition, partitionMaxBytes }));
      for (const version of [1, 2, 3, 4, 11, 12, 17]) {
        const note = `${partitionMaxBytes} each, ${maxBytes} in all`;
        await both.send(Fetch, version, fetching(one(both, 'fetch-limits', ...wishes), { maxBytes }), { note });
      }
    }
  }
}

async function waiting(both: Both): Promise<void> {
  await both.createTopic('fetch-waiting');
  await fill(both, 'fetch-waiting', batch(2));
  const from = (offset: number, init: Partial<FetchInit>) =>
    fetching(one(both, 'fetch-waiting', { fetchOffset: offset }), init);
  const waitsMs = 700;
  const patient = { maxWaitMs: waitsMs };
  for (const version of [1, 3, 4, 6, 11, 12, 13, 17]) {
    await both.send(Fetch, version, from(2, { ...patient, minBytes: 1 }), { note: 'at the end', waitsMs });
    await both.send(Fetch, version, from(0, { ...patient, minBytes: 1 }), { note: 'data is there', waitsMs });
  }
  await both.send(Fetch, 11, from(0, { ...patient, minBytes: 100_000 }), { note: 'not enough data', waitsMs });
  await both.send(Fetch, 11, from(0, { ...patient, minBytes: 100_000, maxBytes: 50 }), {
    note: 'enough for the maximum',
    waitsMs,
  });
  await both.send(Fetch, 11, from(2, { ...patient, minBytes: 0 }), { note: 'no minimum', waitsMs });
  await both.send(Fetch, 11, from(2, { ...patient, minBytes: -1 }), { note: 'minimum -1', waitsMs });
  await both.send(Fetch, 11, from(9, { ...patient, minBytes: 1 }), { note: 'out of range', waitsMs });
  await both.send(Fetch, 11, from(2, { maxWaitMs: -1 }), { note: 'wait -1', waitsMs });
  await both.send(
    Fetch,
    11,
    fetching(() => [], patient),
    { note: 'nothing', waitsMs },
  );
  await both.send(Fetch, 11, fetching(one(both, 'fetch-nowhere', {}), patient), { note: 'unknown topic', waitsMs });
  await both.send(Fetch, 13, fetching(one(both, 'fetch-nowhere', {}), patient), { note: 'unknown id', waitsMs });
  await both.send(Fetch, 11, fetching(one(both, 'fetch-waiting', { fetchOffset: 2 }, { partition: 4 }), patient), {
    note: 'one unknown',
    waitsMs,
  });
}

async function replicas(both: Both): Promise<void> {
  await both.createTopic('fetch-replicas');
  await fill(both, 'fetch-replicas', batch(3));
  for (const replicaId of [-1, -2, -3, 0, 1, 7, -5]) {
    const ask = (init: Partial<FetchInit>, wish: Wish = {}) =>
      fetching(one(both, 'fetch-replicas', wish), {
        replicaId,
        replicaState: { replicaId, replicaEpoch: -1 },
        ...init,
      });
    await both.sendEvery(Fetch, (version) => ask(version < 15 ? { replicaState: undefined } : { replicaId: -1 }), {
      note: `replica ${replicaId}`,
    });
  }
}

async function epochs(both: Both): Promise<void> {
  await both.createTopic('fetch-epochs');
  await fill(both, 'fetch-epochs', batch(3));
  for (const currentLeaderEpoch of [-1, 0, 1, 5, -2]) {
    await both.sendEvery(
      Fetch,
      () => fetching(one(both, 'fetch-epochs', { currentLeaderEpoch })),
      { note: `leader epoch ${currentLeaderEpoch}` },
      { from: 9, to: 17 },
    );
  }
  for (const lastFetchedEpoch of [-1, 0, 1, 5, -2]) {
    for (const fetchOffset of [0, 1, 3, 4]) {
      await both.sendEvery(
        Fetch,
        () => fetching(one(both, 'fetch-epochs', { lastFetchedEpoch, fetchOffset })),
        { note: `last fetched epoch ${lastFetchedEpoch} at ${fetchOffset}` },
        { from: 12, to: 17 },
      );
    }
  }
  await both.sendEvery(
    Fetch,
    () => fetching(one(both, 'fetch-epochs', { lastFetchedEpoch: 3 }), { maxWaitMs: 700 }),
    { note: 'diverging, patient', waitsMs: 700 },
    { from: 12, to: 13 },
  );
}

async function foreignReplicas(both: Both): Promise<void> {
  await both.createTopic('fetch-foreign');
  for (const currentLeaderEpoch of [-1, 0, 1]) {
    const init = { replicaId: 7, replicaState: { replicaId: 7, replicaEpoch: -1 } };
    const ask = fetching(one(both, 'fetch-foreign', { currentLeaderEpoch }), init);
    for (const version of [9, 12, 13, 14]) {
      await both.send(Fetch, version, (side) => ({ ...ask(side), replicaState: undefined }), {
        note: `epoch ${currentLeaderEpoch}`,
      });
    }
    for (const version of [15, 16, 17]) {
      await both.send(Fetch, version, (side) => ({ ...ask(side), replicaId: -1 }), {
        note: `epoch ${currentLeaderEpoch}`,
      });
    }
  }
}

async function ids(both: Both): Promise<void> {
  await both.createTopic('fetch-ids');
  await fill(both, 'fetch-ids', batch(1));
  for (const version of [13, 14, 15, 16, 17]) {
    const by = (topicId: string, ...partitions: number[]) => ({
      topicId,
      partitions: partitions.map((partition) => ({ partition, fetchOffset: 0, partitionMaxBytes: LARGE })),
    });
    const id = both.topicId('fetch-ids');
    await both.send(
      Fetch,
      version,
      fetching(() => [by(NO_SUCH_ID, 0)]),
      { note: 'unknown id' },
    );
    await both.send(
      Fetch,
      version,
      fetching(() => [by(ZERO_UUID, 0)]),
      { note: 'no id' },
    );
    await both.send(
      Fetch,
      version,
      fetching((side) => [by(id(side), 0, 1), by(NO_SUCH_ID, 0, 1)]),
      { note: 'known and unknown' },
    );
    await both.send(
      Fetch,
      version,
      fetching((side) => [by(NO_SUCH_ID, 0), by(id(side), 0), by(NO_SUCH_ID, 1)]),
      { note: 'unknown around known' },
    );
  }
}

async function sessions(both: Both): Promise<void> {
  await both.createTopic('fetch-sessions', { partitions: 3 });
  await both.createTopic('fetch-sessions-b');
  for (const partition of [0, 1]) await fill(both, 'fetch-sessions', batch(2), partition);
  for (const version of [7, 10, 12, 13, 17]) {
    const wish = (...partitions: Wish[]) => one(both, 'fetch-sessions', ...partitions);
    const all = wish({ fetchOffset: 2 }, { partition: 1, fetchOffset: 2 }, { partition: 2 });
    const start = () =>
      both.send(Fetch, version, fetching(all, { sessionId: 0, sessionEpoch: 0 }), { note: 'new session' });
    const opened = await start();
    const session: Pair<number> = { ours: opened.ours.sessionId, apache: opened.apache.sessionId };
    const within =
      (sessionEpoch: number, topics: Topics, init: Partial<FetchInit> = {}) =>
      (side: SideName): FetchInit => ({ ...fetching(topics, init)(side), sessionId: session[side], sessionEpoch });
    const next = (epoch: number, topics: Topics, note: string, init: Partial<FetchInit> = {}) =>
      both.send(Fetch, version, within(epoch, topics, init), { note });
    const none: Topics = () => [];
    await next(1, none, 'nothing new');
    await fill(both, 'fetch-sessions', batch(1), version % 3);
    await next(2, none, 'something new');
    await next(3, none, 'the same again');
    await next(4, wish({ partition: version % 3, fetchOffset: 0 }), 'from the start');
    await next(5, wish({ partition: 0, fetchOffset: 9999 }), 'out of range');
    await next(6, none, 'still out of range');
    await next(7, wish({ partition: 0, fetchOffset: 0 }, { partition: 9 }), 'an unknown partition');
    await next(8, (side) => [wishing(both, 'fetch-sessions-b', {})(side)], 'another topic');
    const forgotten = (side: SideName) => ({
      topic: 'fetch-sessions',
      topicId: both.topicId('fetch-sessions')(side),
      partitions: [0, 9],
    });
    await both.send(Fetch, version, (side) => ({ ...within(9, none)(side), forgottenTopicsData: [forgotten(side)] }), {
      note: 'forgetting',
    });
    await next(10, none, 'without the forgotten');
    await next(10, none, 'an epoch again');
    await next(12, none, 'an epoch ahead');
    await next(11, none, 'the right epoch');
    const unknown = (sessionEpoch: number) => fetching(all, { sessionId: 123456789, sessionEpoch });
    await both.send(Fetch, version, unknown(1), { note: 'unknown session' });
    await both.send(Fetch, version, unknown(0), { note: 'unknown session, from the start' });
    await both.send(Fetch, version, unknown(-1), { note: 'unknown session, closing' });
    await both.send(Fetch, version, fetching(all, { sessionId: 0, sessionEpoch: 1 }), { note: 'no session, epoch 1' });
    await both.send(Fetch, version, fetching(all, { sessionId: 0, sessionEpoch: -1 }), { note: 'no session' });
    await both.send(Fetch, version, fetching(all, { sessionId: 0, sessionEpoch: -2 }), { note: 'epoch -2' });
    await both.send(Fetch, version, fetching(none, { sessionId: 0, sessionEpoch: 0 }), {
      note: 'a session of nothing',
    });
    await both.send(Fetch, version, fetching(one(both, 'fetch-nowhere', {}), { sessionId: 0, sessionEpoch: 0 }), {
      note: 'a session of the unknown',
    });
    const other = version < FIRST_ID_VERSION ? 13 : 12;
    await both.send(Fetch, other, within(12, none), { note: 'names and ids mixed' });
    await next(-1, none, 'closing');
    await next(12, none, 'closed');
    const second = await start();
    const again = (sessionEpoch: number, topics: Topics) => (side: SideName) => ({
      ...fetching(topics)(side),
      sessionId: second[side].sessionId,
      sessionEpoch,
    });
    const allForgotten = (side: SideName) => ({
      topic: 'fetch-sessions',
      topicId: both.topicId('fetch-sessions')(side),
      partitions: [0, 1, 2],
    });
    await both.send(
      Fetch,
      version,
      (side) => ({ ...again(1, none)(side), forgottenTopicsData: [allForgotten(side)] }),
      { note: 'forgetting all' },
    );
    await both.send(Fetch, version, again(2, none), { note: 'all forgotten' });
  }
}

async function deleted(both: Both): Promise<void> {
  await both.createTopic('fetch-deleted');
  for (const count of [2, 3, 4]) await fill(both, 'fetch-deleted', batch(count));
  await both.send(DeleteRecords, 2, {
    topics: [{ name: 'fetch-deleted', partitions: [{ partitionIndex: 0, offset: 3 }] }],
    timeoutMs: 5000,
  });
  for (const fetchOffset of [0, 2, 3, 4, 5]) {
    await both.sendEvery(Fetch, () => fetching(one(both, 'fetch-deleted', { fetchOffset })), {
      note: `from ${fetchOffset}`,
    });
  }
}

export const fetch: readonly Scenario[] = [
  { name: 'fetch: versions', run: versions },
  { name: 'fetch: conversion', run: conversion },
  { name: 'fetch: limits', run: limits },
  { name: 'fetch: waiting', run: waiting },
  { name: 'fetch: replicas', run: replicas },
  { name: 'fetch: replicas that are none', run: foreignReplicas },
  { name: 'fetch: epochs', run: epochs },
  { name: 'fetch: ids', run: ids },
  { name: 'fetch: sessions', run: sessions },
  { name: 'fetch: deleted records', run: deleted },
];
