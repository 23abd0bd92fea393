import { KafkaError } from '@odradek/protocol/errors';
import type { Api } from '@odradek/protocol/schema/api';
import { type Codec, encodeToBuffer } from '@odradek/protocol/schema/codegen';
import { Reader } from '@odradek/protocol/wire/reader';
import { EMPTY_IMAGE, type MetadataImage, type TopicMetadata } from '../cluster/metadata';
import { CoordinatorWorld, toCommit } from '../groups/testing/coordinator-world';
import { deleteGroups } from './delete-groups';
import { findCoordinator } from './find-coordinator';
import type { Handler, RequestContext } from './handler';
import { offsetCommit } from './offset-commit';
import { offsetDelete } from './offset-delete';
import { offsetFetch } from './offset-fetch';
import type { Services } from './services';

/** What is left of a value on its way over the wire. */
// biome-ignore lint/suspicious/noExplicitAny: answers of any API
function roundTrip(codec: Codec<any, any>, value: unknown): any {
  return codec.decode(new Reader(encodeToBuffer(codec, value)));
}

const topic = (name: string, partitions: number): [string, TopicMetadata] => [
  name,
  {
    name,
    topicId: 'AAAAAAAAAAAAAAAAAAAAAQ',
    partitions: new Map(
      Array.from({ length: partitions }, (_, partition) => [partition, { partition, leader: 0 } as never]),
    ),
  },
];

/** Handlers over a coordinator in memory; ZooKeeper is a map, topic creations are noted. */
async function setUp({ withOffsetsTopic = true } = {}) {
  const world = new CoordinatorWorld();
  await world.lead();
  const inZooKeeper = new Map<string, number>();
  const created: string[] = [];
  const endpoints = new Map([['PLAINTEXT', { host: 'h', port: 9, securityProtocol: 0 }]]);
  const image: MetadataImage = {
    ...EMPTY_IMAGE,
    brokers: new Map([[0, { id: 0, rack: null, endpoints }]]),
    topics: new Map([topic('t', 3), ...(withOffsetsTopic ? [topic('__consumer_offsets', 1)] : [])]),
  };
  const key = (...parts: unknown[]): string => parts.join('/');
  const services = {
    brokerId: 0,
    clock: world.clock,
    loggers: world.loggers,
    groups: world.coordinator,
    transactions: { partitionFor: () => 0 },
    config: () => ({ values: { offsetMetadataMaxBytes: 4096 }, metadataVersion: '3.9-IV0' }),
    metadata: {
      image,
      contains: (name: string, partition: number) => image.topics.get(name)?.partitions.has(partition) === true,
    },
    store: {
      consumerOffsets: {
        get: async (...at: unknown[]) => inZooKeeper.get(key(...at)) ?? null,
        set: async (group: string, name: string, partition: number, offset: number) => {
          if (group === 'bad') throw new Error('no such path');
          inZooKeeper.set(key(group, name, partition), offset);
        },
      },
    },
    quotas: { controllerMutation: { permissive: () => ({ take: () => {} }) } },
    topicAdmin: { autoCreate: async (name: string) => created.push(name) },
  } as unknown as Services;
  const context = (apiVersion: number, listenerName = 'PLAINTEXT') =>
    ({ apiVersion, listenerName, principal: 'User:ANONYMOUS', clientId: 'c' }) as RequestContext;
  /** A request as its version decodes it. */
  const ask = async <A extends Api>(handler: Handler<A>, version: number, request: object, listener?: string) => {
    const { requestCodec, responseCodec } = handler.api;
    const decoded = roundTrip(requestCodec(version), request);
    try {
      return roundTrip(responseCodec(version), await handler.handle(decoded as never, context(version, listener)));
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      return roundTrip(
        responseCodec(version),
        handler.fail(error as never, decoded as never, context(version, listener)),
      );
    }
  };
  return { world, services, inZooKeeper, created, ask, image };
}

const at = (partitionIndex: number, committedOffset: number, committedMetadata: string | null = '') => ({
  partitionIndex,
  committedOffset,
  committedMetadata,
});
const commitOf = (groupId: string, ...partitions: object[]) => ({
  groupId,
  memberId: '',
  topics: [{ name: 't', partitions }],
});
const everything = (groupId: string) => ({ groups: [{ groupId, topics: null }] });

describe('OffsetCommit', () => {
  test('answers each partition once, for what is not there, too', async () => {
    const { services, ask, world } = await setUp();
    const request = {
      ...commitOf('g', at(0, 1), at(7, 1), at(0, 2), at(1, 3, 'x'.repeat(4097))),
      topics: [
        { name: 't', partitions: [at(0, 1), at(7, 1), at(0, 2), at(1, 3, 'x'.repeat(4097))] },
        { name: 'none', partitions: [at(0, 1)] },
      ],
    };
    const { topics } = await ask(offsetCommit(services), 8, request);
    expect(topics).toEqual([
      {
        name: 't',
        partitions: [
          { partitionIndex: 7, errorCode: 3 },
          { partitionIndex: 0, errorCode: 0 },
          { partitionIndex: 1, errorCode: 12 },
        ],
      },
      { name: 'none', partitions: [{ partitionIndex: 0, errorCode: 3 }] },
    ]);
    expect(world.offsets('g')).toEqual({ 't-0': 2 });
  });

  test.each([
    [1, -1],
    [2, 5000],
    [4, -1],
    [5, undefined],
  ])('version %i with a retention of %s ms', async (version, retentionTimeMs) => {
    const { services, ask, world } = await setUp();
    const given = version >= 2 && version <= 4 ? { retentionTimeMs } : {};
    await ask(offsetCommit(services), version, { ...commitOf('g', at(0, 1, null)), ...given });
    const { offsets } = world.coordinator.offsetsOf('g');
    const nowMs = world.clock.nowMs();
    expect(offsets!.get('t', 0)).toMatchObject({
      metadata: '',
      leaderEpoch: -1,
      commitTimestamp: nowMs,
      expireTimestamp: retentionTimeMs === 5000 ? nowMs + 5000 : -1,
    });
  });

  test('version 1 may say when it was', async () => {
    const { services, ask, world } = await setUp();
    await ask(offsetCommit(services), 1, commitOf('g', { ...at(0, 1), commitTimestamp: 77 }));
    expect(world.coordinator.offsetsOf('g').offsets!.get('t', 0)?.commitTimestamp).toBe(77);
  });

  test('version 0 goes to ZooKeeper', async () => {
    const { services, ask, world, inZooKeeper } = await setUp();
    const handler = offsetCommit(services);
    const request = commitOf('g', at(0, 5), at(9, 5), at(1, 5, 'x'.repeat(4097)));
    const { topics } = await ask(handler, 0, request);
    expect(topics[0].partitions.map(({ errorCode }: { errorCode: number }) => errorCode)).toEqual([3, 0, 12]);
    expect([...inZooKeeper]).toEqual([['g/t/0', 5]]);
    expect(world.stateOf('g')).toBe('Dead');
    expect((await ask(handler, 0, commitOf('bad', at(0, 5)))).topics[0].partitions[0].errorCode).toBe(-1);
    const fetched = await ask(offsetFetch(services), 0, {
      groupId: 'g',
      topics: [{ name: 't', partitionIndexes: [0, 1, 9] }],
    });
    expect(fetched.topics[0].partitions).toMatchObject([
      { committedOffset: 5, errorCode: 0 },
      { committedOffset: -1, errorCode: 3 },
      { committedOffset: -1, errorCode: 3 },
    ]);
  });
});

describe('OffsetFetch', () => {
  test('tells what is committed, and of the rest that nothing is', async () => {
    const { services, ask } = await setUp();
    await ask(offsetCommit(services), 8, commitOf('g', { ...at(2, 8, 'note'), committedLeaderEpoch: 4 }));
    const topics = [{ name: 't', partitionIndexes: [2, 0, 2] }];
    const { groups } = await ask(offsetFetch(services), 8, {
      groups: [
        { groupId: 'g', topics },
        { groupId: 'none', topics },
      ],
    });
    expect(groups[0]).toMatchObject({
      errorCode: 0,
      topics: [
        {
          name: 't',
          partitions: [
            { partitionIndex: 2, committedOffset: 8, committedLeaderEpoch: 4, metadata: 'note', errorCode: 0 },
            { partitionIndex: 0, committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode: 0 },
          ],
        },
      ],
    });
    expect(groups[1].topics[0].partitions).toMatchObject([{ committedOffset: -1 }, { committedOffset: -1 }]);
    expect((await ask(offsetFetch(services), 8, everything('none'))).groups).toMatchObject([
      { errorCode: 0, topics: [] },
    ]);
  });

  test('what is on its way is unstable for those who ask', async () => {
    const { services, ask, world } = await setUp();
    world.writer.settlesAtOnce = false;
    world.commit('g', [
      {
        topic: 't',
        partition: 0,
        offset: 3,
        leaderEpoch: -1,
        metadata: '',
        commitTimestamp: 0,
        expireTimestamp: -1,
        recordOffset: -1,
      },
    ]);
    const topics = [{ name: 't', partitionIndexes: [0] }];
    const handler = offsetFetch(services);
    const stable = await ask(handler, 7, { groupId: 'g', topics, requireStable: true });
    expect(stable.topics[0].partitions).toMatchObject([{ committedOffset: -1, errorCode: 88 }]);
    const any = await ask(handler, 7, { groupId: 'g', topics });
    expect(any.topics[0].partitions).toMatchObject([{ committedOffset: -1, errorCode: 0 }]);
  });

  test.each([1, 2, 7, 8])('another broker knows: version %i', async (version) => {
    const { services, ask, world } = await setUp();
    world.coordinator.hosted.resigned(0, 1);
    const topics = [{ name: 't', partitionIndexes: [0] }];
    const answer = await ask(offsetFetch(services), version, version < 8 ? { groupId: 'g', topics } : everything('g'));
    if (version === 8) expect(answer.groups).toEqual([{ groupId: 'g', topics: [], errorCode: 16 }]);
    else expect(answer).toMatchObject({ topics: [], errorCode: version === 1 ? 0 : 16 });
  });
});

test('OffsetDelete answers what is named twice once, but for what is not there', async () => {
  const { services, ask } = await setUp();
  await ask(offsetCommit(services), 8, commitOf('g', at(0, 1), at(1, 2)));
  const partitions = [1, 0, 1, 9, 9].map((partitionIndex) => ({ partitionIndex }));
  const topics = [
    { name: 't', partitions },
    { name: 't', partitions: [{ partitionIndex: 0 }] },
  ];
  expect(await ask(offsetDelete(services), 0, { groupId: 'g', topics })).toMatchObject({
    topics: [
      {
        name: 't',
        partitions: [
          { partitionIndex: 9, errorCode: 3 },
          { partitionIndex: 9, errorCode: 3 },
          { partitionIndex: 1, errorCode: 0 },
          { partitionIndex: 0, errorCode: 0 },
        ],
      },
    ],
  });
});

test('OffsetDelete and DeleteGroups', async () => {
  const { services, ask } = await setUp();
  await ask(offsetCommit(services), 8, commitOf('g', at(0, 1), at(1, 1)));
  const topics = [
    { name: 't', partitions: [{ partitionIndex: 0 }, { partitionIndex: 9 }] },
    { name: 'none', partitions: [{ partitionIndex: 0 }] },
  ];
  expect(await ask(offsetDelete(services), 0, { groupId: 'g', topics })).toMatchObject({
    errorCode: 0,
    topics: [
      {
        name: 't',
        partitions: [
          { partitionIndex: 9, errorCode: 3 },
          { partitionIndex: 0, errorCode: 0 },
        ],
      },
      { name: 'none', partitions: [{ partitionIndex: 0, errorCode: 3 }] },
    ],
  });
  expect(await ask(offsetDelete(services), 0, { groupId: 'none', topics })).toMatchObject({
    errorCode: 69,
    topics: [],
  });
  expect((await ask(deleteGroups(services), 2, { groupsNames: ['g', 'none', 'g'] })).results).toEqual([
    { groupId: 'g', errorCode: 0 },
    { groupId: 'none', errorCode: 69 },
  ]);
});

test('thousands of groups that are deleted at once leave others their turns', async () => {
  const { services, world, ask } = await setUp();
  const { clock, coordinator } = world;
  const groupsNames = Array.from({ length: 1000 }, (_, index) => `g-${index}`);
  for (const groupId of groupsNames) world.commit(groupId, [toCommit(0, 1)]);
  const groups = {
    deleteGroup: (groupId: string) => {
      clock.spend(0.5);
      return coordinator.deleteGroup(groupId);
    },
  };
  let turnsOfOthers = 0;
  let isOver = false;
  const other = (): void => {
    if (isOver) return;
    turnsOfOthers++;
    clock.soon(other);
  };
  other();
  const deleted = ask(deleteGroups({ ...services, groups } as unknown as Services), 2, { groupsNames });
  void deleted.then(() => {
    isOver = true;
  });
  await clock.settle();
  expect((await deleted).results).toHaveLength(1000);
  expect(coordinator.list().groups).toEqual([]);
  expect(turnsOfOthers).toBeGreaterThanOrEqual(1000 / 20);
});

describe('FindCoordinator', () => {
  test('names the leader of the group’s partition, by the listener that asks', async () => {
    const { services, ask } = await setUp();
    const handler = findCoordinator(services);
    const found = { nodeId: 0, host: 'h', port: 9, errorCode: 0 };
    expect(await ask(handler, 1, { key: 'g', keyType: 0 })).toMatchObject({ ...found, errorMessage: 'NONE' });
    expect((await ask(handler, 4, { keyType: 0, coordinatorKeys: ['g', 'h'] })).coordinators).toMatchObject([
      { key: 'g', ...found },
      { key: 'h', ...found },
    ]);
    expect(await ask(handler, 1, { key: 'g', keyType: 0 }, 'OTHER')).toMatchObject({
      errorCode: 15,
      nodeId: -1,
      port: -1,
    });
  });

  test('the first question makes the topic, and is answered that it is not there yet', async () => {
    const { services, ask, created } = await setUp({ withOffsetsTopic: false });
    expect(await ask(findCoordinator(services), 2, { key: 'g', keyType: 0 })).toMatchObject({
      errorCode: 15,
      nodeId: -1,
    });
    expect(created).toEqual(['__consumer_offsets']);
  });

  test('why it cannot be made is said when that changes, and once a minute', async () => {
    const { world, services, ask } = await setUp({ withOffsetsTopic: false });
    let why = new KafkaError('INVALID_REPLICATION_FACTOR', 'Three of one.');
    const topicAdmin = { autoCreate: () => Promise.reject(why) };
    const handler = findCoordinator({ ...services, topicAdmin } as never);
    const said = async (): Promise<number> => {
      await ask(handler, 2, { key: 'g', keyType: 0 });
      await world.clock.settle();
      return world.loggers.messages('warn', 'error').filter((line) => line.includes('could not be created')).length;
    };
    expect(await said()).toBe(1);
    expect(world.loggers.messages('error').at(-1)).toContain('set offsets.topic.replication.factor to no more than');
    expect(await said()).toBe(1);
    why = new KafkaError('INVALID_REPLICATION_FACTOR', 'Three of two.');
    expect(await said()).toBe(2);
    await world.clock.advance(60_000);
    expect(await said()).toBe(3);
  });

  test('the one of a transactional id is asked for in the same way', async () => {
    const { services, ask, created, image } = await setUp();
    const handler = findCoordinator(services);
    const question = { key: 'polygenelubricants', keyType: 1 };
    expect(await ask(handler, 2, question)).toMatchObject({ errorCode: 15, nodeId: -1 });
    expect(created).toEqual(['__transaction_state']);
    (image.topics as Map<string, TopicMetadata>).set(...topic('__transaction_state', 1));
    expect(await ask(handler, 2, question)).toMatchObject({ errorCode: 0, nodeId: 0, port: 9 });
  });

  test('of no other kind is there one here', async () => {
    const { services, ask, created } = await setUp();
    const handler = findCoordinator(services);
    const codes = [];
    for (const [version, keyType] of [
      [6, 2],
      [5, 2],
      [6, 3],
    ] as const) {
      codes.push((await ask(handler, version, { keyType, coordinatorKeys: ['k'] })).coordinators[0].errorCode);
    }
    codes.push((await ask(handler, 3, { key: 'k', keyType: -1 })).errorCode);
    expect(codes).toEqual([15, 42, 42, 42]);
    expect(created).toEqual([]);
  });
});
