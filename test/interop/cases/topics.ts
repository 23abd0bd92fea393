import { CreatePartitions } from '@odradek/protocol/messages/create-partitions';
import { CreateTopics } from '@odradek/protocol/messages/create-topics';
import { DeleteTopics } from '@odradek/protocol/messages/delete-topics';
import { Metadata } from '@odradek/protocol/messages/metadata';
import type { RequestInit } from '@odradek/protocol/schema/api';
import { ZERO_UUID } from '@odradek/protocol/wire/uuid';
import type { Both } from '../both';
import type { Scenario } from '../main';
import type { SideName } from '../world';

const NO_SUCH_ID = 'x9mTn0ZqSsuHHtBYaYTJ4w';
const TIMEOUT_MS = 20_000;

type Id = (side: SideName) => string;
type NewTopic = RequestInit<typeof CreateTopics>['topics'][number];

const topic = (name: string, init: Partial<NewTopic> = {}): NewTopic => ({
  name,
  numPartitions: 1,
  replicationFactor: 1,
  assignments: [],
  configs: [],
  ...init,
});
const assigned = (...replicas: number[][]) =>
  replicas.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds }));
const byAssignment = (name: string, ...replicas: number[][]) =>
  topic(name, { numPartitions: -1, replicationFactor: -1, assignments: assigned(...replicas) });
const config = (name: string, value: string | null) => [{ name, value }];

async function create(both: Both): Promise<void> {
  await both.sendEvery(CreateTopics, () => ({ topics: [], timeoutMs: TIMEOUT_MS }), { note: 'nothing' });
  await both.sendEvery(
    CreateTopics,
    (version) => ({ topics: [topic(`create-v${version}`, { numPartitions: 2 })], timeoutMs: TIMEOUT_MS }),
    { note: 'one' },
  );
  await both.sendEvery(CreateTopics, (version) => ({ topics: [topic(`create-v${version}`)], timeoutMs: TIMEOUT_MS }), {
    note: 'that exists',
  });
  await both.sendEvery(
    CreateTopics,
    (version) => ({
      topics: [topic(`create-dry-${version}`, { numPartitions: 3 })],
      timeoutMs: TIMEOUT_MS,
      validateOnly: true,
    }),
    { note: 'only validated' },
    { from: 1, to: 7 },
  );
  await both.send(Metadata, 12, { topics: null }, { note: 'nothing was created by validating' });
  await both.sendEvery(
    CreateTopics,
    (version) => ({
      topics: [topic(`create-twice-${version}`), topic(`create-once-${version}`), topic(`create-twice-${version}`)],
      timeoutMs: TIMEOUT_MS,
    }),
    { note: 'one twice' },
  );
  await both.sendEvery(
    CreateTopics,
    (version) => ({
      topics: [topic(`create-default-${version}`, { numPartitions: -1, replicationFactor: -1 })],
      timeoutMs: TIMEOUT_MS,
    }),
    { note: 'defaults' },
  );
}

async function createBad(both: Both): Promise<void> {
  await both.createTopic('create.there_already');
  const bad: readonly [string, NewTopic][] = [
    ['0 partitions', topic('bad', { numPartitions: 0 })],
    ['-2 partitions', topic('bad', { numPartitions: -2 })],
    ['factor 0', topic('bad', { replicationFactor: 0 })],
    ['factor -2', topic('bad', { replicationFactor: -2 })],
    ['factor 3', topic('bad', { replicationFactor: 3 })],
    ['0 partitions, factor 0', topic('bad', { numPartitions: 0, replicationFactor: 0 })],
    ['empty name', topic('')],
    ['dot', topic('.')],
    ['dots', topic('..')],
    ['blank', topic('a b')],
    ['slash', topic('a/b')],
    ['umlaut', topic('ä')],
    ['250 characters', topic('x'.repeat(250))],
    ['a colliding name', topic('create_there.already')],
    ['counts and assignment', topic('bad', { assignments: assigned([0]) })],
    ['count and assignment', topic('bad', { replicationFactor: -1, assignments: assigned([0]) })],
    ['factor and assignment', topic('bad', { numPartitions: -1, assignments: assigned([0]) })],
    ['assignment to nobody', byAssignment('bad', [])],
    ['assignment to nobody and to 0', byAssignment('bad', [], [0])],
    ['assignment twice to 0', byAssignment('bad', [0, 0])],
    ['assignment to unknown 7', byAssignment('bad-7', [7])],
    ['assignments of two sizes', byAssignment('bad', [0], [0, 1])],
    [
      'assignment from 1',
      topic('bad', { numPartitions: -1, replicationFactor: -1, assignments: [{ partitionIndex: 1, brokerIds: [0] }] }),
    ],
    [
      'assignment of -1',
      topic('bad', { numPartitions: -1, replicationFactor: -1, assignments: [{ partitionIndex: -1, brokerIds: [0] }] }),
    ],
    [
      'assignment of 0 twice',
      topic('bad-twice', {
        numPartitions: -1,
        replicationFactor: -1,
        assignments: [
          { partitionIndex: 0, brokerIds: [0] },
          { partitionIndex: 0, brokerIds: [0] },
        ],
      }),
    ],
    ['null config', topic('bad', { configs: config('retention.ms', null) })],
    [
      'two null configs',
      topic('bad', { configs: [...config('retention.ms', null), ...config('cleanup.policy', null)] }),
    ],
    ['unknown config', topic('bad', { configs: config('no.such.config', '1') })],
    ['config that is no number', topic('bad', { configs: config('retention.ms', 'abc') })],
    ['config out of range', topic('bad', { configs: config('retention.ms', '-2') })],
    ['segment too small', topic('bad', { configs: config('segment.bytes', '1') })],
    ['unknown policy', topic('bad', { configs: config('cleanup.policy', 'keep') })],
    ['unknown codec', topic('bad', { configs: config('compression.type', 'brotli') })],
    ['ratio above 1', topic('bad', { configs: config('min.cleanable.dirty.ratio', '1.5') })],
    ['boolean maybe', topic('bad', { configs: config('preallocate', 'maybe') })],
    [
      'lag max below min',
      topic('bad', { configs: [...config('min.compaction.lag.ms', '10'), ...config('max.compaction.lag.ms', '5')] }),
    ],
    ['throttle list', topic('bad', { configs: config('leader.replication.throttled.replicas', '0:x') })],
    ['empty config name', topic('bad', { configs: config('', '1') })],
    ['timestamp type', topic('bad', { configs: config('message.timestamp.type', 'Now') })],
    ['remote storage', topic('bad', { configs: config('remote.storage.enable', 'true') })],
    ['number with blanks', topic('create-blanks', { configs: config('retention.ms', ' 5000 ') })],
    ['number too large', topic('bad', { configs: config('segment.bytes', '99999999999') })],
    ['message.format.version', topic('bad', { configs: config('message.format.version', '9.9') })],
    [
      'a config twice',
      topic('create-config-twice', { configs: [...config('retention.ms', '1'), ...config('retention.ms', '2')] }),
    ],
  ];
  for (const [index, [note, given]] of bad.entries()) {
    // A name of its own, so that one that slips through does not hide the next.
    const wish = given.name === 'bad' ? { ...given, name: `bad-${index}` } : given;
    for (const version of [0, 4, 7]) {
      const validateOnly = version > 0;
      if (version === 0 && given.name !== 'bad') continue;
      await both.send(
        CreateTopics,
        version,
        { topics: [wish], timeoutMs: 2000, ...(validateOnly && { validateOnly }) },
        { note },
      );
    }
  }
  await both.send(
    CreateTopics,
    5,
    { topics: [topic('create-good'), topic('bad', { numPartitions: 0 }), topic('a b')], timeoutMs: TIMEOUT_MS },
    { note: 'good and bad' },
  );
  await both.send(
    CreateTopics,
    7,
    {
      topics: [topic('__consumer_offsets', { numPartitions: 1 }), topic('__cluster_metadata')],
      timeoutMs: TIMEOUT_MS,
      validateOnly: true,
    },
    { note: 'internal names' },
  );
  for (const timeoutMs of [0, -1, -2147483648]) {
    await both.send(
      CreateTopics,
      7,
      { topics: [topic(`create-at-once${timeoutMs}`), topic('create-good')], timeoutMs },
      { note: `timeout ${timeoutMs}` },
    );
  }
  // Version 0 and 1 know no defaults of counts; later versions reach the same code.
  await both.send(
    CreateTopics,
    1,
    {
      topics: [topic('create-1', { numPartitions: -1, replicationFactor: -1 })],
      timeoutMs: TIMEOUT_MS,
      validateOnly: true,
    },
    { note: 'defaults' },
  );
  await both.send(
    CreateTopics,
    7,
    { topics: [byAssignment('create-assigned', [0], [0], [0])], timeoutMs: TIMEOUT_MS },
    { note: 'assigned' },
  );
  await both.send(
    CreateTopics,
    7,
    {
      topics: [
        topic('create-configured', {
          numPartitions: 2,
          configs: [
            ...config('cleanup.policy', 'compact,delete'),
            ...config('retention.ms', '60000'),
            ...config('compression.type', 'zstd'),
          ],
        }),
      ],
      timeoutMs: TIMEOUT_MS,
    },
    { note: 'configured' },
  );
}

async function partitions(both: Both): Promise<void> {
  await both.createTopic('partitions', { partitions: 2 });
  await both.createTopic('partitions-b', { partitions: 2 });
  const wish = (name: string, count: number, assignments: number[][] | null = null) => ({
    name,
    count,
    assignments: assignments?.map((brokerIds) => ({ brokerIds })) ?? null,
  });
  const bad: readonly [string, ReturnType<typeof wish>[]][] = [
    ['none', []],
    ['unknown', [wish('partitions-none', 3)]],
    ['empty name', [wish('', 3)]],
    ['bad name', [wish('a b', 3)]],
    ['fewer', [wish('partitions', 1)]],
    ['as many', [wish('partitions', 2)]],
    ['0', [wish('partitions', 0)]],
    ['-1', [wish('partitions', -1)]],
    ['twice', [wish('partitions', 3), wish('partitions-b', 1), wish('partitions', 4)]],
    ['assigned to unknown', [wish('partitions', 3, [[5]])]],
    ['assigned to unknowns', [wish('partitions', 4, [[5], [6, 5]])]],
    ['assigned to nobody', [wish('partitions', 3, [[]])]],
    ['assigned twice', [wish('partitions', 3, [[0, 0]])]],
    ['too few assignments', [wish('partitions', 4, [[0]])]],
    ['too many assignments', [wish('partitions', 3, [[0], [0]])]],
    ['no assignments', [wish('partitions', 3, [])]],
    ['good', [wish('partitions', 3)]],
    ['good, assigned', [wish('partitions', 4, [[0], [0]])]],
    ['unknown and good', [wish('partitions-none', 3), wish('partitions', 5)]],
  ];
  for (const [note, topics] of bad) {
    await both.sendEvery(CreatePartitions, () => ({ topics, timeoutMs: TIMEOUT_MS, validateOnly: true }), {
      note: `validated: ${note}`,
    });
  }
  await both.sendEvery(
    CreatePartitions,
    (version) => ({ topics: [wish('partitions', 3 + version)], timeoutMs: TIMEOUT_MS, validateOnly: false }),
    { note: 'one more' },
  );
  await both.sendEvery(
    CreatePartitions,
    (version) => ({
      topics: [wish('partitions', 7 + 2 * (version + 1) - 1, [[0], [0]]), wish('partitions-gone', 9)],
      timeoutMs: TIMEOUT_MS,
      validateOnly: false,
    }),
    { note: 'two more, assigned' },
  );
  await both.send(
    CreatePartitions,
    3,
    { topics: [wish('partitions-b', 4)], timeoutMs: 0, validateOnly: false },
    { note: 'timeout 0' },
  );
  await both.send(
    CreatePartitions,
    3,
    { topics: [wish('partitions-b', 3)], timeoutMs: -1, validateOnly: false },
    { note: 'timeout -1' },
  );
  await both.send(Metadata, 12, { topics: [{ name: 'partitions' }] });
}

async function remove(both: Both): Promise<void> {
  for (const name of ['0', '1', '2', '3', '4', '5', '6', 'id', 'id-b', 'id-c', 'again', 'twice', 'mixed', 'slow'])
    await both.createTopic(`delete-${name}`);
  const [id, idB, idC] = ['delete-id', 'delete-id-b', 'delete-id-c'].map((name) => both.topicId(name)) as [Id, Id, Id];
  const names = (...topicNames: string[]) => ({ topicNames, timeoutMs: TIMEOUT_MS });
  const wish = (name: string | null, topicId = ZERO_UUID) => ({ name, topicId });
  await both.sendEvery(DeleteTopics, () => names(), { note: 'nothing' }, { from: 0, to: 5 });
  await both.send(DeleteTopics, 6, { topics: [], timeoutMs: TIMEOUT_MS }, { note: 'nothing' });
  await both.sendEvery(DeleteTopics, () => names('delete-missing'), { note: 'unknown' }, { from: 0, to: 5 });
  await both.sendEvery(DeleteTopics, () => names('', 'a b'), { note: 'bad names' }, { from: 0, to: 5 });
  await both.sendEvery(
    DeleteTopics,
    () => names('delete-twice', 'delete-missing', 'delete-twice'),
    { note: 'one twice' },
    { from: 0, to: 5 },
  );
  await both.send(DeleteTopics, 6, { topics: [wish('delete-missing')], timeoutMs: TIMEOUT_MS }, { note: 'unknown' });
  await both.send(DeleteTopics, 6, { topics: [wish(null, NO_SUCH_ID)], timeoutMs: TIMEOUT_MS }, { note: 'unknown id' });
  await both.send(
    DeleteTopics,
    6,
    { topics: [wish(null, NO_SUCH_ID), wish(null, NO_SUCH_ID)], timeoutMs: TIMEOUT_MS },
    { note: 'unknown id twice' },
  );
  await both.send(DeleteTopics, 6, { topics: [wish(null)], timeoutMs: TIMEOUT_MS }, { note: 'neither name nor id' });
  await both.send(DeleteTopics, 6, (side) => ({ topics: [wish('delete-id', id(side))], timeoutMs: TIMEOUT_MS }), {
    note: 'name and id',
  });
  await both.send(
    DeleteTopics,
    6,
    (side) => ({ topics: [wish('delete-id'), wish(null, id(side))], timeoutMs: TIMEOUT_MS }),
    { note: 'the same by name and by id' },
  );
  await both.send(
    DeleteTopics,
    6,
    (side) => ({ topics: [wish(null, idB(side)), wish(null, idB(side))], timeoutMs: TIMEOUT_MS }),
    { note: 'the same id twice' },
  );
  await both.send(
    DeleteTopics,
    6,
    { topics: [wish('delete-twice'), wish('delete-twice')], timeoutMs: TIMEOUT_MS },
    { note: 'the same name twice' },
  );
  await both.send(
    DeleteTopics,
    6,
    (side) => ({
      topics: [wish(null, idC(side)), wish('delete-missing'), wish('delete-mixed')],
      timeoutMs: TIMEOUT_MS,
    }),
    { note: 'by id and by name' },
  );
  await both.sendEvery(DeleteTopics, (version) => names(`delete-${version}`), { note: 'by name' }, { from: 0, to: 5 });
  await both.send(DeleteTopics, 6, { topics: [wish('delete-6')], timeoutMs: TIMEOUT_MS }, { note: 'by name' });
  await both.send(DeleteTopics, 6, (side) => ({ topics: [wish(null, id(side))], timeoutMs: TIMEOUT_MS }), {
    note: 'by an id that is gone',
  });
  await both.send(
    DeleteTopics,
    6,
    { topics: [wish('delete-slow'), wish('delete-missing')], timeoutMs: 0 },
    { note: 'timeout 0' },
  );
  await both.send(DeleteTopics, 5, { topicNames: ['delete-again'], timeoutMs: -1 }, { note: 'timeout -1' });
}

export const topics: readonly Scenario[] = [
  { name: 'topics: create', run: create },
  { name: 'topics: create, bad fields', run: createBad },
  { name: 'topics: partitions', run: partitions },
  { name: 'topics: delete', run: remove },
];
