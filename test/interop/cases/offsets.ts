import { DeleteRecords } from '@odradek/protocol/messages/delete-records';
import { DescribeLogDirs } from '@odradek/protocol/messages/describe-log-dirs';
import { DescribeProducers } from '@odradek/protocol/messages/describe-producers';
import { ListOffsets } from '@odradek/protocol/messages/list-offsets';
import { OffsetForLeaderEpoch } from '@odradek/protocol/messages/offset-for-leader-epoch';
import { Produce } from '@odradek/protocol/messages/produce';
import { buildBatch } from '@odradek/protocol/records/builder';
import type { RequestInit } from '@odradek/protocol/schema/api';
import type { Both } from '../both';
import type { Scenario } from '../main';
import { BASE_TIME_MS, batch, someRecords } from '../records';

const CLIENT = -1;

async function fill(both: Both, name: string, ...batches: Buffer[]): Promise<void> {
  for (const records of batches) {
    const topicData = [{ name, partitionData: [{ index: 0, records }] }];
    await both.send(Produce, 9, { acks: -1, timeoutMs: 5000, topicData }, { note: `fill ${name}` });
  }
}

const stamped = (...timestamps: number[]) =>
  buildBatch({ records: timestamps.map((timestamp) => ({ ...someRecords(1)[0]!, timestamp })) });

async function byTime(both: Both): Promise<void> {
  await both.createTopic('offsets', { partitions: 2 });
  // The largest timestamp is not the last one, and appears twice.
  await fill(
    both,
    'offsets',
    batch(3),
    stamped(5000, 9000, 7000),
    stamped(9000, 100),
    stamped(-1),
    batch(4, { compression: 'gzip' }),
    stamped(BASE_TIME_MS + 3000, 6000),
  );
  const ask = (
    timestamp: number,
    wish: { partitionIndex?: number; currentLeaderEpoch?: number; maxNumOffsets?: number } = {},
    name = 'offsets',
  ) => [{ name, partitions: [{ partitionIndex: 0, timestamp, ...wish }] }];
  const times = [
    -1,
    -2,
    -3,
    -4,
    -5,
    -6,
    -7,
    -100,
    0,
    1,
    5000,
    5001,
    9000,
    9001,
    BASE_TIME_MS,
    BASE_TIME_MS + 1,
    BASE_TIME_MS + 3000,
    BASE_TIME_MS + 3001,
    4102444800000,
  ];
  for (const timestamp of times) {
    for (const replicaId of timestamp < 0 ? [CLIENT, -2, 0, 5] : [CLIENT]) {
      await both.sendEvery(ListOffsets, () => ({ replicaId, topics: ask(timestamp) }), {
        note: `at ${timestamp} for ${replicaId}`,
      });
    }
    await both.sendEvery(ListOffsets, () => ({ replicaId: CLIENT, topics: ask(timestamp, { partitionIndex: 1 }) }), {
      note: `at ${timestamp}, empty`,
    });
    await both.send(
      ListOffsets,
      5,
      { replicaId: CLIENT, isolationLevel: 1, topics: ask(timestamp) },
      { note: `at ${timestamp}, read committed` },
    );
    for (const maxNumOffsets of [0, 2, 10, -1])
      await both.send(
        ListOffsets,
        0,
        { replicaId: CLIENT, topics: ask(timestamp, { maxNumOffsets }) },
        { note: `at ${timestamp}, up to ${maxNumOffsets}` },
      );
  }
  for (const currentLeaderEpoch of [-1, 0, 1, -2]) {
    await both.sendEvery(
      ListOffsets,
      () => ({ replicaId: CLIENT, topics: ask(-1, { currentLeaderEpoch }) }),
      { note: `in epoch ${currentLeaderEpoch}` },
      { from: 4, to: 9 },
    );
    await both.send(
      ListOffsets,
      7,
      { replicaId: -2, topics: ask(-1, { currentLeaderEpoch }) },
      { note: `in epoch ${currentLeaderEpoch}, debugging` },
    );
  }
  await both.sendEvery(ListOffsets, () => ({ replicaId: CLIENT, topics: ask(-1, {}, 'offsets-none') }), {
    note: 'unknown topic',
  });
  await both.sendEvery(ListOffsets, () => ({ replicaId: CLIENT, topics: ask(-1, { partitionIndex: 5 }) }), {
    note: 'unknown partition',
  });
  await both.sendEvery(ListOffsets, () => ({ replicaId: CLIENT, topics: [] }), { note: 'nothing' });
  await both.sendEvery(ListOffsets, () => ({ replicaId: CLIENT, topics: [{ name: 'offsets', partitions: [] }] }), {
    note: 'no partitions',
  });
  await both.sendEvery(
    ListOffsets,
    () => ({ replicaId: CLIENT, isolationLevel: 7, topics: ask(-1) }),
    { note: 'isolation level 7' },
    { from: 2, to: 9 },
  );
  const twice = [
    {
      name: 'offsets',
      partitions: [
        { partitionIndex: 0, timestamp: -1 },
        { partitionIndex: 1, timestamp: -2 },
        { partitionIndex: 0, timestamp: -2 },
      ],
    },
  ];
  await both.sendEvery(ListOffsets, () => ({ replicaId: CLIENT, topics: twice }), { note: 'one twice' });
  await both.sendEvery(ListOffsets, () => ({ replicaId: CLIENT, topics: [...ask(-1), ...ask(-2)] }), {
    note: 'one in two topics',
  });
  await both.send(
    ListOffsets,
    0,
    { replicaId: CLIENT, topics: ask(-3, {}, 'offsets-none') },
    { note: 'at -3, unknown topic' },
  );
  await both.send(
    ListOffsets,
    0,
    { replicaId: CLIENT, topics: ask(-1, { maxNumOffsets: -1 }, 'offsets-none') },
    { note: 'up to -1, unknown topic' },
  );
  await both.createTopic('offsets-append-time', { configs: { 'message.timestamp.type': 'LogAppendTime' } });
  await fill(both, 'offsets-append-time', batch(2), batch(3));
  for (const timestamp of [-1, -2, 0, BASE_TIME_MS]) {
    await both.send(
      ListOffsets,
      9,
      { replicaId: CLIENT, topics: ask(timestamp, {}, 'offsets-append-time') },
      {
        note: `at ${timestamp}, append time`,
        except: timestamp < 0 ? undefined : { paths: ['topics[0].partitions[0].timestamp'], why: "the broker's clock" },
      },
    );
  }
  await both.send(
    ListOffsets,
    9,
    { replicaId: CLIENT, topics: ask(-3, {}, 'offsets-append-time') },
    {
      note: 'the largest, append time',
      except: { paths: ['topics[0].partitions[0].timestamp'], why: "the broker's clock" },
    },
  );
}

async function epochs(both: Both): Promise<void> {
  await both.createTopic('epochs', { partitions: 2 });
  await fill(both, 'epochs', batch(3));
  const ask = (
    wish: Partial<RequestInit<typeof OffsetForLeaderEpoch>['topics'][number]['partitions'][number]>,
    topic = 'epochs',
  ) => [{ topic, partitions: [{ partition: 0, leaderEpoch: 0, ...wish }] }];
  for (const replicaId of [-1, -2, 0, 3]) {
    for (const leaderEpoch of [0, 1, 5, -1, -2]) {
      await both.sendEvery(
        OffsetForLeaderEpoch,
        (version) => ({ ...(version >= 3 && { replicaId }), topics: ask({ leaderEpoch }) }),
        { note: `of epoch ${leaderEpoch} for ${replicaId}` },
      );
    }
  }
  for (const currentLeaderEpoch of [0, 1, -1, -2]) {
    await both.sendEvery(
      OffsetForLeaderEpoch,
      () => ({ topics: ask({ currentLeaderEpoch }) }),
      { note: `in epoch ${currentLeaderEpoch}` },
      { from: 2, to: 4 },
    );
  }
  await both.sendEvery(OffsetForLeaderEpoch, () => ({ topics: ask({ partition: 1 }) }), { note: 'empty' });
  await both.sendEvery(OffsetForLeaderEpoch, () => ({ topics: ask({ partition: 9 }) }), { note: 'unknown partition' });
  await both.sendEvery(OffsetForLeaderEpoch, () => ({ topics: ask({}, 'epochs-none') }), { note: 'unknown topic' });
  await both.sendEvery(OffsetForLeaderEpoch, () => ({ topics: [] }), { note: 'nothing' });
  await both.sendEvery(
    OffsetForLeaderEpoch,
    () => ({ topics: [...ask({}), ...ask({ partition: 1 }), ...ask({}, 'epochs-none')] }),
    { note: 'several' },
  );
}

async function deletions(both: Both): Promise<void> {
  await both.createTopic('deletions', { partitions: 2 });
  await both.createTopic('deletions-compact', { configs: { 'cleanup.policy': 'compact' } });
  await both.createTopic('deletions-both', { configs: { 'cleanup.policy': 'compact,delete' } });
  for (const name of ['deletions', 'deletions-compact', 'deletions-both'])
    await fill(both, name, batch(3), batch(4), batch(5));
  const ask = (offset: number, partitionIndex = 0, name = 'deletions') => ({
    topics: [{ name, partitions: [{ partitionIndex, offset }] }],
    timeoutMs: 5000,
  });
  for (const offset of [0, 2, 2, 1, 5, 13, 100, -2, -5])
    await both.sendEvery(DeleteRecords, () => ask(offset), { note: `up to ${offset}` });
  await both.sendEvery(DeleteRecords, () => ask(-1), { note: 'all' });
  await both.sendEvery(DeleteRecords, () => ask(-1, 1), { note: 'all of nothing' });
  await both.sendEvery(DeleteRecords, () => ask(1, 5), { note: 'unknown partition' });
  await both.sendEvery(DeleteRecords, () => ask(1, 0, 'deletions-none'), { note: 'unknown topic' });
  await both.sendEvery(DeleteRecords, () => ask(1, 0, 'deletions-compact'), { note: 'compacted' });
  await both.sendEvery(DeleteRecords, () => ask(4, 0, 'deletions-both'), { note: 'compacted and deleted' });
  await both.sendEvery(DeleteRecords, () => ask(1, 0, '__transaction_state'), { note: 'internal' });
  await both.sendEvery(DeleteRecords, () => ({ topics: [], timeoutMs: 5000 }), { note: 'nothing' });
  await both.sendEvery(DeleteRecords, () => ({ ...ask(3), timeoutMs: 0 }), { note: 'timeout 0' });
  await both.sendEvery(DeleteRecords, () => ({ ...ask(3), timeoutMs: -1 }), { note: 'timeout -1' });
  const several = {
    topics: [
      {
        name: 'deletions',
        partitions: [
          { partitionIndex: 1, offset: 0 },
          { partitionIndex: 0, offset: -1 },
          { partitionIndex: 4, offset: 0 },
        ],
      },
      { name: 'deletions-none', partitions: [{ partitionIndex: 0, offset: 0 }] },
    ],
    timeoutMs: 5000,
  };
  await both.sendEvery(DeleteRecords, () => several, { note: 'several' });
  for (const timestamp of [-1, -2, -4, 0]) {
    await both.send(
      ListOffsets,
      9,
      { replicaId: CLIENT, topics: [{ name: 'deletions-both', partitions: [{ partitionIndex: 0, timestamp }] }] },
      { note: `at ${timestamp}, after deletion` },
    );
  }
}

async function producers(both: Both): Promise<void> {
  await both.createTopic('producers', { partitions: 2 });
  const from = (producerId: number, producerEpoch: number, baseSequence: number) =>
    batch(2, { producerId, producerEpoch, baseSequence });
  await fill(both, 'producers', from(50, 0, 0), from(50, 0, 2), from(51, 3, 0), from(50, 1, 0), batch(1));
  const ask = (name: string, ...partitionIndexes: number[]) => ({ name, partitionIndexes });
  await both.send(DescribeProducers, 0, { topics: [ask('producers', 0)] });
  await both.send(DescribeProducers, 0, { topics: [ask('producers', 1)] }, { note: 'none' });
  await both.send(DescribeProducers, 0, { topics: [ask('producers', 5)] }, { note: 'unknown partition' });
  await both.send(DescribeProducers, 0, { topics: [ask('producers-none', 0)] }, { note: 'unknown topic' });
  await both.send(DescribeProducers, 0, { topics: [] }, { note: 'nothing' });
  await both.send(
    DescribeProducers,
    0,
    { topics: [ask('a b', 0), ask('producers', 1, 7), ask('producers-none', 0)] },
    { note: 'several' },
  );
}

async function logDirs(both: Both): Promise<void> {
  await both.createTopic('dirs', { partitions: 3 });
  await fill(both, 'dirs', batch(10));
  const ask = (topics: RequestInit<typeof DescribeLogDirs>['topics'], note: string) =>
    both.sendEvery(DescribeLogDirs, () => ({ topics }), { note });
  await ask([{ topic: 'dirs', partitions: [0, 1] }], 'some partitions');
  await ask([{ topic: 'dirs', partitions: [] }], 'no partitions');
  await ask(
    [
      { topic: 'dirs', partitions: [9] },
      { topic: 'dirs-none', partitions: [0] },
    ],
    'unknown',
  );
  await ask([], 'nothing');
  await ask(
    [
      { topic: 'dirs', partitions: [0] },
      { topic: 'dirs', partitions: [2] },
    ],
    'one topic twice',
  );
}

export const offsets: readonly Scenario[] = [
  { name: 'offsets: ListOffsets', run: byTime },
  { name: 'offsets: OffsetForLeaderEpoch', run: epochs },
  { name: 'offsets: DeleteRecords', run: deletions },
  { name: 'offsets: DescribeProducers', run: producers },
  { name: 'offsets: DescribeLogDirs', run: logDirs },
];
