import { DeleteRecords } from '@odradek/protocol/messages/delete-records';
import { Fetch } from '@odradek/protocol/messages/fetch';
import { ListOffsets } from '@odradek/protocol/messages/list-offsets';
import type { RequestInit } from '@odradek/protocol/schema/api';
import type { Both, Pair } from '../both';
import type { Scenario } from '../main';
import { BASE_TIME_MS } from '../records';
import type { SideName } from '../world';
import { fetchDuring, unverified, Writers } from './transactional';

type FetchInit = RequestInit<typeof Fetch>;
type Wish = Partial<NonNullable<FetchInit['topics']>[number]['partitions'][number]>;

const LARGE = 1 << 24;
const READ_COMMITTED = 1;
/** What records are fetched with in versions that know of transactions. */
const SINCE = { from: 4, to: Fetch.range.to };

function fetching(both: Both, topic: string, wish: Wish, init: Partial<FetchInit> = {}) {
  return (side: SideName): FetchInit => ({
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: LARGE,
    isolationLevel: READ_COMMITTED,
    forgottenTopicsData: [],
    ...init,
    topics: [
      {
        topic,
        topicId: both.topicId(topic)(side),
        partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: LARGE, ...wish }],
      },
    ],
  });
}

async function listed(both: Both, topic: string, note: string): Promise<void> {
  for (const isolationLevel of [0, READ_COMMITTED]) {
    for (const timestamp of [-1, -2, -3, BASE_TIME_MS, BASE_TIME_MS + 1, BASE_TIME_MS + 1000, BASE_TIME_MS + 100_000]) {
      const topics = [{ name: topic, partitions: [{ partitionIndex: 0, timestamp }] }];
      const request = { replicaId: -1, isolationLevel, topics };
      await both.sendEvery(ListOffsets, () => request, { note: `${topic}: ${note}` }, { from: 2, to: 9 });
    }
  }
}

/** All that may be read at this moment, from every offset. */
async function read(both: Both, topic: string, upTo: number, note: string): Promise<void> {
  for (let fetchOffset = 0; fetchOffset <= upTo; fetchOffset++) {
    const options = { note: `${topic} from ${fetchOffset}: ${note}`, recompressed: true };
    await both.sendEvery(Fetch, () => fetching(both, topic, { fetchOffset }), options, SINCE);
    for (const partitionMaxBytes of [1, 150, 400]) {
      const wish = { fetchOffset, partitionMaxBytes };
      await both.send(Fetch, 12, fetching(both, topic, wish), {
        ...options,
        note: `${options.note}, ${partitionMaxBytes}`,
      });
    }
    // Those who read everything hear of no aborted transaction.
    await both.send(Fetch, 12, fetching(both, topic, { fetchOffset }, { isolationLevel: 0 }), options);
  }
  await both.sendEvery(
    Fetch,
    () => fetching(both, topic, {}, { isolationLevel: 0 }),
    { note: `${topic}: ${note}, old formats` },
    { from: 0, to: 3 },
  );
  await listed(both, topic, note);
}

async function everything(both: Both): Promise<void> {
  const topic = 'committed';
  await both.createTopic(topic, { configs: { 'segment.bytes': '700', 'index.interval.bytes': '1' } });
  const writers = new Writers(both, topic);
  await writers.write(1, 2);
  await read(both, topic, 3, 'one open');
  await writers.write(2, 1);
  await writers.write(9, 2, { isTransactional: false });
  await writers.end(1, false);
  await read(both, topic, 6, 'one aborted, one open');
  await writers.end(2, true);
  await read(both, topic, 8, 'both ended');
  for (const [producerId, isCommit] of [
    [3, false],
    [4, true],
    [5, false],
  ] as const) {
    await writers.write(producerId, 3);
    await writers.write(6, 1);
    await writers.end(producerId, isCommit);
  }
  await read(both, topic, 22, 'a long one open');
  await writers.end(6, false);
  await writers.write(9, 1, { isTransactional: false });
  await writers.end(7, false);
  await read(both, topic, 26, 'all ended');
  const partitions = [{ partitionIndex: 0, offset: 6 }];
  await both.send(DeleteRecords, 2, { topics: [{ name: topic, partitions }], timeoutMs: 5000 });
  await read(both, topic, 12, 'the start deleted');
}

/** Readers that wait are woken when what they wait for becomes stable, and not before. */
async function waiting(both: Both): Promise<void> {
  const topic = 'committed-waiting';
  await both.createTopic(topic);
  const writers = new Writers(both, topic);
  const wait = (fetchOffset: number, note: string, meanwhile: () => Promise<void>, init: Partial<FetchInit> = {}) =>
    fetchDuring(
      both,
      12,
      fetching(both, topic, { fetchOffset }, { maxWaitMs: 3000, minBytes: 1, ...init }),
      note,
      meanwhile,
    );
  await wait(0, 'a record without its transaction ended', () => writers.write(1, 2));
  await wait(0, 'its commit', () => writers.end(1, true));
  await writers.write(2, 1);
  await wait(3, 'its abort', () => writers.end(2, false));
  await writers.write(3, 1);
  await wait(5, 'another producer beside an open one', () => writers.write(9, 1, { isTransactional: false }));
  await wait(5, 'more bytes than there are', () => writers.end(3, true), { minBytes: 100_000 });
  await wait(8, 'reads everything', () => writers.write(4, 1), { isolationLevel: 0 });
}

/** A session hears of a partition again when its last stable offset has moved, even without a record. */
async function sessions(both: Both): Promise<void> {
  for (const version of [7, 12, 13, 17]) {
    const topic = `committed-sessions-${version}`;
    await both.createTopic(topic);
    const writers = new Writers(both, topic);
    await writers.write(1, 2);
    await writers.write(2, 2);
    const opened = await both.send(Fetch, version, fetching(both, topic, {}, { sessionId: 0, sessionEpoch: 0 }), {
      note: 'new session',
    });
    const session: Pair<number> = { ours: opened.ours.sessionId, apache: opened.apache.sessionId };
    let sessionEpoch = 0;
    const next = (note: string, wish: Wish | null = null) => {
      sessionEpoch++;
      return both.send(
        Fetch,
        version,
        (side) => {
          const request = fetching(both, topic, wish ?? {}, { sessionId: session[side], sessionEpoch })(side);
          return wish === null ? { ...request, topics: [] } : request;
        },
        { note: `${topic}: ${note}` },
      );
    };
    await next('nothing new');
    await writers.write(1, 1);
    await next('the high watermark has moved');
    await writers.end(1, false);
    await next('the stable offset has moved');
    await next('all known again');
    await next('read on', { fetchOffset: 2 });
    await writers.end(2, true);
    await next('all stable');
    await next('read on', { fetchOffset: 7 });
    await next('nothing new');
  }
}

export const readCommitted: readonly Scenario[] = [
  { name: 'read-committed: everything', run: (both) => unverified(both, () => everything(both)) },
  { name: 'read-committed: waiting', run: (both) => unverified(both, () => waiting(both)) },
  { name: 'read-committed: sessions', run: (both) => unverified(both, () => sessions(both)) },
];
