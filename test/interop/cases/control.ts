import { CreatePartitions } from '@odradek/protocol/messages/create-partitions';
import { CreateTopics } from '@odradek/protocol/messages/create-topics';
import { DeleteRecords } from '@odradek/protocol/messages/delete-records';
import { DeleteTopics } from '@odradek/protocol/messages/delete-topics';
import { DescribeProducers } from '@odradek/protocol/messages/describe-producers';
import { Fetch } from '@odradek/protocol/messages/fetch';
import { LeaderAndIsr } from '@odradek/protocol/messages/leader-and-isr';
import { ListOffsets } from '@odradek/protocol/messages/list-offsets';
import { Metadata } from '@odradek/protocol/messages/metadata';
import { OffsetForLeaderEpoch } from '@odradek/protocol/messages/offset-for-leader-epoch';
import { Produce } from '@odradek/protocol/messages/produce';
import { StopReplica } from '@odradek/protocol/messages/stop-replica';
import { UpdateMetadata } from '@odradek/protocol/messages/update-metadata';
import { ZERO_UUID } from '@odradek/protocol/wire/uuid';
import type { Both } from '../both';
import type { Scenario } from '../main';
import { batch } from '../records';
import type { SideName } from '../world';

const NO_SUCH_ID = 'x9mTn0ZqSsuHHtBYaYTJ4w';
/** The controllers here are in their first epoch. */
const CURRENT = 1;
const LATER_BROKER_EPOCH = 1_000_000;

interface Order {
  readonly topic: string;
  readonly topicId?: (side: SideName) => string;
  readonly partition?: number;
  readonly leader?: number;
  readonly leaderEpoch?: number;
  readonly replicas?: number[];
  readonly controllerEpoch?: number;
  readonly brokerEpoch?: number;
}

/** One partition's order in the shape of any version. */
const leaderAndIsr =
  ({
    topic,
    topicId,
    partition = 0,
    leader = 0,
    leaderEpoch = 0,
    replicas = [0],
    controllerEpoch = CURRENT,
    brokerEpoch = LATER_BROKER_EPOCH,
  }: Order) =>
  (version: number) =>
  (side: SideName) => {
    const state = {
      partitionIndex: partition,
      controllerEpoch,
      leader,
      leaderEpoch,
      isr: replicas,
      partitionEpoch: 0,
      replicas,
    };
    const common = {
      controllerId: 0,
      controllerEpoch,
      brokerEpoch,
      type: 0,
      liveLeaders: [{ brokerId: 0, hostName: '127.0.0.1', port: 9 }],
    };
    return version < 2
      ? { ...common, ungroupedPartitionStates: [{ ...state, topicName: topic }] }
      : {
          ...common,
          topicStates: [{ topicName: topic, topicId: topicId?.(side) ?? ZERO_UUID, partitionStates: [state] }],
        };
  };

async function orders(both: Both): Promise<void> {
  await both.createTopic('control', { partitions: 3 });
  const topicId = both.topicId('control');
  const every = (note: string, order: Omit<Order, 'topic'> & { topic?: string }) =>
    both.sendEvery(LeaderAndIsr, leaderAndIsr({ topic: 'control', ...order }), { note });
  await every('old controller epoch', { controllerEpoch: 0 });
  await every('old broker epoch', { brokerEpoch: 0 });
  await every('old leader epoch', { topicId, leaderEpoch: -1 });
  await every('the same leader epoch', { topicId, leaderEpoch: 0 });
  await every('another id', { topicId: () => NO_SUCH_ID, leaderEpoch: 5 });
  await every('not a replica', { topicId, partition: 2, leaderEpoch: 100, replicas: [7], leader: 7 });
}

async function stops(both: Both): Promise<void> {
  await both.createTopic('control-stop', { partitions: 2 });
  const every = (
    note: string,
    init: {
      controllerEpoch?: number;
      brokerEpoch?: number;
      leaderEpoch?: number;
      partition?: number;
      topic?: string;
      deletes?: boolean;
    },
  ) =>
    both.sendEvery(
      StopReplica,
      (version) => {
        const {
          controllerEpoch = CURRENT,
          brokerEpoch = LATER_BROKER_EPOCH,
          leaderEpoch = 0,
          partition = 0,
          topic = 'control-stop',
          deletes = false,
        } = init;
        const common = { controllerId: 0, controllerEpoch, brokerEpoch };
        if (version >= 3)
          return {
            ...common,
            topicStates: [
              {
                topicName: topic,
                partitionStates: [{ partitionIndex: partition, leaderEpoch, deletePartition: deletes }],
              },
            ],
          };
        return version === 0
          ? {
              ...common,
              deletePartitions: deletes,
              ungroupedPartitions: [{ topicName: topic, partitionIndex: partition }],
            }
          : { ...common, deletePartitions: deletes, topics: [{ name: topic, partitionIndexes: [partition] }] };
      },
      { note },
    );
  await every('old controller epoch', { controllerEpoch: 0 });
  await every('old broker epoch', { brokerEpoch: 0 });
  await every('unknown topic', { topic: 'control-none' });
  await every('unknown topic, deleted', { topic: 'control-none', deletes: true });
  await both.send(
    StopReplica,
    3,
    {
      controllerId: 0,
      controllerEpoch: CURRENT,
      brokerEpoch: LATER_BROKER_EPOCH,
      topicStates: [
        {
          topicName: 'control-stop',
          partitionStates: [{ partitionIndex: 1, leaderEpoch: -3, deletePartition: false }],
        },
      ],
    },
    { note: 'old leader epoch' },
  );
  await both.send(
    StopReplica,
    3,
    { controllerId: 0, controllerEpoch: CURRENT, brokerEpoch: LATER_BROKER_EPOCH, topicStates: [] },
    { note: 'nothing' },
  );
}

async function metadataUpdates(both: Both): Promise<void> {
  for (const [note, epochs] of [
    ['old controller epoch', { controllerEpoch: 0, brokerEpoch: LATER_BROKER_EPOCH }],
    ['old broker epoch', { controllerEpoch: CURRENT, brokerEpoch: 0 }],
  ] as const) {
    await both.sendEvery(
      UpdateMetadata,
      (version) => ({
        controllerId: 0,
        ...epochs,
        ...(version < 5 ? { ungroupedPartitionStates: [] } : { topicStates: [] }),
        liveBrokers: [],
      }),
      { note },
      { from: note === 'old broker epoch' ? 5 : 0, to: 8 },
    );
  }
}

/** A partition that broker 0 follows a broker 1 that does not live in: what clients are told by a replica that does not lead. */
async function followers(both: Both): Promise<void> {
  const topic = 'control-follower';
  await both.createTopic(topic, { partitions: 2 });
  const topicId = both.topicId(topic);
  await both.send(Produce, 9, {
    acks: 1,
    timeoutMs: 1000,
    topicData: [
      {
        name: topic,
        partitionData: [{ index: 0, records: batch(3, { producerId: 4, producerEpoch: 0, baseSequence: 0 }) }],
      },
    ],
  });
  // A leader must be known to live before anybody follows it.
  const live = { controllerId: 0, controllerEpoch: CURRENT, brokerEpoch: LATER_BROKER_EPOCH, topicStates: [] };
  await both.send(UpdateMetadata, 8, (side) => ({
    ...live,
    liveBrokers: [0, 1].map((id) => ({
      id,
      endpoints: [
        {
          port: id === 0 ? both.world.sides[side].port : 1,
          host: '127.0.0.1',
          listener: 'PLAINTEXT',
          securityProtocol: 0,
        },
      ],
      rack: `r${id}`,
    })),
  }));
  const order = { topic, topicId, leader: 1, leaderEpoch: 3, replicas: [0, 1] };
  await both.send(LeaderAndIsr, 7, leaderAndIsr(order)(7), { note: 'follow 1' });
  for (const acks of [1, -1]) {
    await both.sendEvery(
      Produce,
      () => ({ acks, timeoutMs: 1000, topicData: [{ name: topic, partitionData: [{ index: 0, records: batch(1) }] }] }),
      { note: `acks ${acks}` },
      { from: 3, to: 11 },
    );
  }
  await both.sendUnanswered(
    Produce,
    9,
    { acks: 0, timeoutMs: 1000, topicData: [{ name: topic, partitionData: [{ index: 0, records: batch(1) }] }] },
    'to a follower',
  );
  for (const currentLeaderEpoch of [-1, 0, 3, 4]) {
    for (const fetchOffset of [0, 3, 9]) {
      await both.sendEvery(
        Fetch,
        () => (side) => ({
          maxWaitMs: 0,
          minBytes: 1,
          maxBytes: 1 << 20,
          forgottenTopicsData: [],
          topics: [
            {
              topic,
              topicId: topicId(side),
              partitions: [{ partition: 0, fetchOffset, currentLeaderEpoch, partitionMaxBytes: 1 << 20 }],
            },
          ],
        }),
        { note: `at ${fetchOffset} in epoch ${currentLeaderEpoch}`, recompressed: true },
      );
    }
    await both.sendEvery(
      ListOffsets,
      () => ({
        replicaId: -1,
        topics: [{ name: topic, partitions: [{ partitionIndex: 0, currentLeaderEpoch, timestamp: -1 }] }],
      }),
      { note: `in epoch ${currentLeaderEpoch}` },
    );
    await both.send(
      ListOffsets,
      7,
      {
        replicaId: -2,
        topics: [{ name: topic, partitions: [{ partitionIndex: 0, currentLeaderEpoch, timestamp: -1 }] }],
      },
      { note: `debugging in epoch ${currentLeaderEpoch}` },
    );
    await both.sendEvery(
      OffsetForLeaderEpoch,
      () => ({ topics: [{ topic, partitions: [{ partition: 0, currentLeaderEpoch, leaderEpoch: 0 }] }] }),
      { note: `in epoch ${currentLeaderEpoch}` },
    );
  }
  await both.sendEvery(DeleteRecords, () => ({
    topics: [{ name: topic, partitions: [{ partitionIndex: 0, offset: 1 }] }],
    timeoutMs: 500,
  }));
  await both.send(DescribeProducers, 0, { topics: [{ name: topic, partitionIndexes: [0] }] });
  await both.send(LeaderAndIsr, 7, leaderAndIsr({ ...order, leaderEpoch: 2 })(7), { note: 'an older epoch' });
  await both.send(LeaderAndIsr, 7, leaderAndIsr({ ...order, leader: 0, leaderEpoch: 4 })(7), { note: 'lead again' });
  const partition = { partition: 0, leaderEpoch: 0 };
  for (const leaderEpoch of [0, 1, 3, 4, 5]) {
    await both.sendEvery(
      OffsetForLeaderEpoch,
      () => ({ topics: [{ topic, partitions: [{ ...partition, leaderEpoch }] }] }),
      { note: `of epoch ${leaderEpoch}, leading again` },
    );
  }
  await both.send(
    Produce,
    9,
    { acks: -1, timeoutMs: 500, topicData: [{ name: topic, partitionData: [{ index: 0, records: batch(2) }] }] },
    { note: 'a replica is missing', waitsMs: 500 },
  );
  await both.send(
    Produce,
    9,
    { acks: -1, timeoutMs: 0, topicData: [{ name: topic, partitionData: [{ index: 0, records: batch(2) }] }] },
    { note: 'a replica is missing, timeout 0' },
  );
  await both.send(
    Produce,
    9,
    { acks: -1, timeoutMs: -1, topicData: [{ name: topic, partitionData: [{ index: 0, records: batch(2) }] }] },
    { note: 'a replica is missing, timeout -1' },
  );
  for (const isolationLevel of [0, 1]) {
    await both.send(
      ListOffsets,
      7,
      {
        replicaId: -1,
        isolationLevel,
        topics: [
          {
            name: topic,
            partitions: [
              { partitionIndex: 0, timestamp: -1 },
              { partitionIndex: 0, timestamp: -2 },
            ],
          },
        ],
      },
      { note: 'with a high watermark behind' },
    );
    await both.send(
      Fetch,
      12,
      (side) => ({
        maxWaitMs: 0,
        minBytes: 1,
        maxBytes: 1 << 20,
        isolationLevel,
        forgottenTopicsData: [],
        topics: [
          { topic, topicId: topicId(side), partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }] },
        ],
      }),
      { note: 'with a high watermark behind' },
    );
  }
  for (const timestamp of [-1, -2, -3, -4, 0]) {
    await both.sendEvery(
      ListOffsets,
      () => ({ replicaId: -1, topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp }] }] }),
      { note: `at ${timestamp} in a new epoch` },
    );
  }
  await both.send(
    Metadata,
    12,
    { topics: [{ name: topic }] },
    { note: 'what the brokers believe is what UpdateMetadata said' },
  );
}

/** A topic whose only replica should be on a broker that is not there. */
async function leaderless(both: Both): Promise<void> {
  const topic = 'control-leaderless';
  const assignments = [
    { partitionIndex: 0, brokerIds: [7] },
    { partitionIndex: 1, brokerIds: [0] },
  ];
  const wish = { name: topic, numPartitions: -1, replicationFactor: -1, assignments, configs: [] };
  await both.send(CreateTopics, 7, { topics: [wish], timeoutMs: 1500 }, { note: 'on nobody', waitsMs: 1500 });
  await both.sendEvery(
    Metadata,
    (version) => ({ topics: [{ name: topic }], ...(version >= 4 && { allowAutoTopicCreation: false }) }),
    { note: 'without a leader' },
  );
  const described = await both.send(Metadata, 12, { topics: [{ name: topic }] });
  const topicId = (side: SideName) => described[side].topics[0]!.topicId;
  for (const acks of [1, -1]) {
    await both.sendEvery(
      Produce,
      () => ({ acks, timeoutMs: 500, topicData: [{ name: topic, partitionData: [{ index: 0, records: batch(1) }] }] }),
      { note: `acks ${acks}` },
      { from: 3, to: 11 },
    );
  }
  await both.sendEvery(
    Fetch,
    () => (side) => ({
      maxWaitMs: 0,
      minBytes: 1,
      maxBytes: 1 << 20,
      forgottenTopicsData: [],
      topics: [
        { topic, topicId: topicId(side), partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }] },
      ],
    }),
    { note: 'without a leader' },
  );
  await both.sendEvery(
    ListOffsets,
    () => ({ replicaId: -1, topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1 }] }] }),
    { note: 'without a leader' },
  );
  await both.sendEvery(
    OffsetForLeaderEpoch,
    () => ({ topics: [{ topic, partitions: [{ partition: 0, leaderEpoch: 0 }] }] }),
    { note: 'without a leader' },
  );
  await both.sendEvery(
    DeleteRecords,
    () => ({ topics: [{ name: topic, partitions: [{ partitionIndex: 0, offset: 0 }] }], timeoutMs: 500 }),
    { note: 'without a leader' },
  );
  await both.send(
    DescribeProducers,
    0,
    { topics: [{ name: topic, partitionIndexes: [0] }] },
    { note: 'without a leader' },
  );
  await both.send(
    CreatePartitions,
    3,
    { topics: [{ name: topic, count: 3, assignments: null }], timeoutMs: 800, validateOnly: false },
    { note: 'one more', waitsMs: 800 },
  );
  await both.send(
    DeleteTopics,
    5,
    { topicNames: [topic], timeoutMs: 800 },
    { note: 'whose replica is away', waitsMs: 800 },
  );
  await both.send(DeleteTopics, 5, { topicNames: [topic], timeoutMs: 800 }, { note: 'being deleted', waitsMs: 800 });
  await both.send(
    CreateTopics,
    7,
    { topics: [{ ...wish, assignments: [], numPartitions: 1, replicationFactor: 1 }], timeoutMs: 1000 },
    { note: 'being deleted' },
  );
  await both.send(
    CreatePartitions,
    3,
    { topics: [{ name: topic, count: 9, assignments: null }], timeoutMs: 800, validateOnly: false },
    { note: 'being deleted' },
  );
  await both.send(
    Metadata,
    12,
    { topics: [{ name: topic }], allowAutoTopicCreation: false },
    { note: 'being deleted' },
  );
}

export const control: readonly Scenario[] = [
  { name: 'control: no leader', run: leaderless },
  { name: 'control: LeaderAndIsr', run: orders },
  { name: 'control: StopReplica', run: stops },
  { name: 'control: UpdateMetadata', run: metadataUpdates },
  { name: 'control: a follower', run: followers },
];
