import { LeaderAndIsr } from '@odradek/protocol/messages/leader-and-isr';
import { StopReplica } from '@odradek/protocol/messages/stop-replica';
import { UpdateMetadata } from '@odradek/protocol/messages/update-metadata';
import type { Both } from '../both';
import type { Scenario } from '../main';

import { controllerEpoch as currentEpoch, LATER_BROKER_EPOCH, leaderAndIsr, NO_SUCH_ID, type Order } from './orders';

async function orders(both: Both): Promise<void> {
  await both.createTopic('control', { partitions: 3 });
  const topicId = both.topicId('control');
  const current = await currentEpoch(both);
  const every = (note: string, order: Partial<Order>) =>
    both.sendEvery(LeaderAndIsr, leaderAndIsr({ topic: 'control', controllerEpoch: current, ...order }), { note });
  await every('old controller epoch', { controllerEpoch: 0 });
  await every('old broker epoch', { brokerEpoch: 0 });
  await every('old leader epoch', { topicId, leaderEpoch: -1 });
  await every('the same leader epoch', { topicId, leaderEpoch: 0 });
  await every('another id', { topicId: () => NO_SUCH_ID, leaderEpoch: 5 });
  await every('not a replica', { topicId, partition: 2, leaderEpoch: 100, replicas: [7], leader: 7 });
}

async function stops(both: Both): Promise<void> {
  await both.createTopic('control-stop', { partitions: 2 });
  const current = await currentEpoch(both);
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
          controllerEpoch = current,
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
      controllerEpoch: current,
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
    { controllerId: 0, controllerEpoch: current, brokerEpoch: LATER_BROKER_EPOCH, topicStates: [] },
    { note: 'nothing' },
  );
}

async function metadataUpdates(both: Both): Promise<void> {
  const current = await currentEpoch(both);
  for (const [note, epochs] of [
    ['old controller epoch', { controllerEpoch: 0, brokerEpoch: LATER_BROKER_EPOCH }],
    ['old broker epoch', { controllerEpoch: current, brokerEpoch: 0 }],
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

export const control: readonly Scenario[] = [
  { name: 'control: LeaderAndIsr', run: orders },
  { name: 'control: StopReplica', run: stops },
  { name: 'control: UpdateMetadata', run: metadataUpdates },
];
