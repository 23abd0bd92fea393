import { CreatePartitions } from '@odradek/protocol/messages/create-partitions';
import { CreateTopics } from '@odradek/protocol/messages/create-topics';
import { DeleteRecords } from '@odradek/protocol/messages/delete-records';
import { DeleteTopics } from '@odradek/protocol/messages/delete-topics';
import { DescribeProducers } from '@odradek/protocol/messages/describe-producers';
import { Fetch } from '@odradek/protocol/messages/fetch';
import { ListOffsets } from '@odradek/protocol/messages/list-offsets';
import { Metadata } from '@odradek/protocol/messages/metadata';
import { OffsetForLeaderEpoch } from '@odradek/protocol/messages/offset-for-leader-epoch';
import { Produce } from '@odradek/protocol/messages/produce';
import type { Both } from '../both';
import type { Scenario } from '../main';
import { batch } from '../records';
import type { SideName } from '../world';

/** A topic whose only replica should be on a broker that is not there. */
async function withoutLeader(both: Both): Promise<void> {
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

export const leaderless: readonly Scenario[] = [{ name: 'control: no leader', run: withoutLeader }];
