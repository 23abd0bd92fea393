import { KafkaError } from '@odradek/protocol/errors';
import { EMPTY_IMAGE, type MetadataImage } from '../cluster/metadata';
import { parseSeedTopics } from '../config/seed-topics';
import { silentLoggers } from '../env/logger';
import { ManualClock } from '../env/testing/clock';
import type { NewTopic } from './topic-admin';
import { TopicSeeds } from './topic-seeds';

/** A cluster of so many brokers, which knows topics as soon as they are created; `refuse` throws in place of a creation. */
function cluster(brokers: number, refuse: (topic: NewTopic) => void = () => {}) {
  const created: NewTopic[] = [];
  const warnings: string[] = [];
  const image = { ...EMPTY_IMAGE, brokers: new Map(), topics: new Map() };
  const setBrokers = (count: number): void => {
    for (let id = 0; id < count; id++) image.brokers.set(id, {});
  };
  setBrokers(brokers);
  const clock = new ManualClock();
  const seedsOf = (text: string) =>
    new TopicSeeds({
      topics: parseSeedTopics(text)!,
      metadata: { image: image as unknown as MetadataImage },
      clock,
      logger: { ...silentLoggers.logger('test'), warn: (message) => void warnings.push(message) },
      admin: {
        async create(topic) {
          refuse(topic);
          created.push(topic);
          image.topics.set(topic.name, {});
          return { topicId: '', numPartitions: 1, replicationFactor: 1, configs: {} };
        },
      },
    });
  return { created, warnings, clock, seedsOf, setBrokers };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('makes what was asked for, once', async () => {
  const { created, clock, seedsOf } = cluster(1);
  const seeds = seedsOf('orders:3:1, users:1:1:compact');
  expect(seeds.missing).toEqual(['topic orders is not created yet', 'topic users is not created yet']);
  seeds.start();
  await settled();
  expect(created).toEqual([
    { name: 'orders', numPartitions: 3, replicationFactor: 1, assignments: [], configs: [] },
    {
      name: 'users',
      numPartitions: 1,
      replicationFactor: 1,
      assignments: [],
      configs: [{ name: 'cleanup.policy', value: 'compact' }],
    },
  ]);
  clock.advance(1_000);
  await settled();
  expect(seeds.missing).toEqual([]);
  expect(created).toHaveLength(2);
});

test('waits for as many brokers as there are to be replicas', async () => {
  const { created, warnings, clock, seedsOf, setBrokers } = cluster(2);
  const seeds = seedsOf('wide:1:3');
  seeds.start();
  await settled();
  expect(created).toEqual([]);
  const why = 'topic wide is not created yet: it is to have 3 replicas, and there are 2 brokers';
  expect(seeds.missing).toEqual([why]);
  await clock.advance(9_500);
  expect(warnings).toEqual([]);
  await clock.advance(60_000);
  expect(warnings).toEqual([`${why} (odradek.create.topics)`]);
  setBrokers(3);
  clock.advance(1_000);
  await settled();
  expect(created.map(({ name }) => name)).toEqual(['wide']);
});

test('tries again after trouble, takes what is there already for done, gives up what can never be', async () => {
  let attempts = 0;
  const { created, clock, seedsOf } = cluster(1, ({ name }) => {
    if (name === 'late' && ++attempts === 1) throw new Error('ZooKeeper is away');
    if (name === 'bad') throw new KafkaError('INVALID_TOPIC_EXCEPTION');
  });
  const seeds = seedsOf('late:1:1,bad:1:1');
  seeds.start();
  await settled();
  expect(seeds.missing).toEqual(['topic late is not created yet']);
  clock.advance(1_000);
  await settled();
  expect(created.map(({ name }) => name)).toEqual(['late']);
});

test('nothing is made after the stop', async () => {
  const { created, clock, seedsOf, setBrokers } = cluster(0);
  const seeds = seedsOf('orders:1:1');
  seeds.start();
  await settled();
  seeds.stop();
  setBrokers(1);
  clock.advance(10_000);
  await settled();
  expect(created).toEqual([]);
});

test.each(['orders', 'orders:0:1', 'orders:1', 'orders:1:1:compact:x', 'a b:1:1', ':1:1'])(
  '%s names no topics',
  (text) => {
    expect(parseSeedTopics(text)).toBeNull();
  },
);
