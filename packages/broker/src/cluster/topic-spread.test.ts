import { ManualClock } from '../env/testing/clock';
import { EMPTY_IMAGE } from './metadata';
import { MetadataCache } from './metadata-cache';
import type { ConnectPeer } from './peers';
import { TopicSpread } from './topic-spread';

/** Broker 0 of three; what the others know, by broker: leaders of partitions by topic. */
function clusterOf(known: Record<number, Record<string, number[]>>) {
  const clock = new ManualClock();
  const metadata = new MetadataCache(clock);
  const node = (id: number) => ({
    id,
    rack: null,
    endpoints: new Map([
      ['INSIDE', { listenerName: 'INSIDE', securityProtocol: 'PLAINTEXT', host: `b${id}`, port: 1 }],
    ]),
  });
  const brokers = new Map([0, 1, 2].map((id) => [id, node(id)]));
  Object.assign(metadata, { current: { ...EMPTY_IMAGE, brokers } });
  const asked: string[] = [];
  let open = 0;
  const connect: ConnectPeer = async ({ host }) => {
    const id = Number(host.slice(1));
    if (known[id] === undefined) throw new Error('refused');
    open++;
    return {
      isGone: false,
      async send(_api, _version, request) {
        const { topics, allowAutoTopicCreation } = request as unknown as {
          topics: { name: string }[];
          allowAutoTopicCreation: boolean;
        };
        expect(allowAutoTopicCreation).toBe(false);
        asked.push(`${id}: ${topics.map(({ name }) => name).join(' ')}`);
        const answers = topics.map(({ name }) => ({
          name,
          partitions: (known[id]![name] ?? []).map((leaderId) => ({ leaderId })),
        }));
        return { topics: answers } as never;
      },
      close: () => void open--,
    };
  };
  const spread = new TopicSpread({ brokerId: 0, metadata, connect, clock, listenerName: 'INSIDE' });
  return { spread, clock, asked, open: () => open };
}

const settledOf = (promise: Promise<void>): { is: boolean } => {
  const settled = { is: false };
  void promise.then(() => {
    settled.is = true;
  });
  return settled;
};

test('waits until every other broker knows a leader of each partition', async () => {
  const known = { 1: { t: [2, 1] }, 2: {} as Record<string, number[]> };
  const { spread, clock, asked, open } = clusterOf(known);
  const done = settledOf(spread.everywhere('t', 2, 60_000));
  await clock.advance(100);
  expect(done.is).toBe(false);
  known[2].t = [2, -1];
  await clock.advance(100);
  expect(done.is).toBe(false);
  known[2].t = [2, 1];
  await clock.advance(100);
  expect(done.is).toBe(true);
  expect(asked.filter((one) => one.startsWith('1'))).toEqual(['1: t']);
  expect({ open: open(), timers: clock.timers }).toEqual({ open: 0, timers: 0 });
});

test('asks for all that is waited for at once', async () => {
  const { spread, clock, asked } = clusterOf({ 1: { a: [0], b: [0] }, 2: { a: [0], b: [0] } });
  const done = settledOf(Promise.all(['a', 'b'].map((topic) => spread.everywhere(topic, 1, 1_000))).then(() => {}));
  await clock.settle();
  expect(done.is).toBe(true);
  expect(asked.sort()).toEqual(['1: a b', '2: a b']);
});

test('does not wait for a broker that cannot be reached, nor longer than a second for one that is slow', async () => {
  const { spread, clock, open } = clusterOf({ 1: {} });
  const done = settledOf(spread.everywhere('t', 1, 60_000));
  await clock.advance(999);
  expect(done.is).toBe(false);
  await clock.advance(1);
  expect(done.is).toBe(true);
  await clock.advance(100);
  expect({ open: open(), timers: clock.timers }).toEqual({ open: 0, timers: 0 });
});
