import { DeleteRecords } from '@odradek/protocol/messages/delete-records';
import { DescribeProducers } from '@odradek/protocol/messages/describe-producers';
import { Fetch } from '@odradek/protocol/messages/fetch';
import { LeaderAndIsr } from '@odradek/protocol/messages/leader-and-isr';
import { ListOffsets } from '@odradek/protocol/messages/list-offsets';
import { Metadata } from '@odradek/protocol/messages/metadata';
import { OffsetForLeaderEpoch } from '@odradek/protocol/messages/offset-for-leader-epoch';
import { Produce } from '@odradek/protocol/messages/produce';
import type { Both } from '../both';
import type { Scenario } from '../main';
import { batch } from '../records';
import { controllerEpoch, leaderAndIsr, Orders } from './orders';

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
  const orders = new Orders(both);
  await orders.brokersAre([0, 1]);
  const epoch = await controllerEpoch(both);
  const order = { topic, topicId, controllerEpoch: epoch, leader: 1, leaderEpoch: 3, replicas: [0, 1] };
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
  await orders.brokersAre([0]);
}

export const notLeading: readonly Scenario[] = [{ name: 'control: a follower', run: followers }];
