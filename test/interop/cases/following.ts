import { DeleteRecords } from '@odradek/protocol/messages/delete-records';
import { Fetch } from '@odradek/protocol/messages/fetch';
import { ListOffsets } from '@odradek/protocol/messages/list-offsets';
import { Produce } from '@odradek/protocol/messages/produce';
import type { RequestInit } from '@odradek/protocol/schema/api';
import type { Both } from '../both';
import type { Scenario } from '../main';
import { batch } from '../records';
import type { SideName } from '../world';
import { untilLed, withBrokerBeside } from '../zookeeper';

const TOPIC = 'following';
const LEADER = 0;
const FOLLOWER = 7;
const STRANGER = 8;
const CONSUMER = -1;
const NO_EPOCH = -1;
const LARGE = 1 << 20;
const REPLICA_STATE_VERSION = 15;
const TIMEOUT_MS = 10_000;

interface Wish {
  readonly from: number;
  readonly by?: number;
  readonly partition?: number;
  readonly leaderEpoch?: number;
  readonly lastFetchedEpoch?: number;
  readonly logStartOffset?: number;
  readonly maxWaitMs?: number;
  readonly rackId?: string;
}

/** The requests of a follower and of consumers, for partitions of the one topic. */
class Asking {
  constructor(private readonly both: Both) {}

  private request(wish: Wish, version: number) {
    const { from, by = FOLLOWER, partition = 0, leaderEpoch = 0, lastFetchedEpoch = NO_EPOCH, maxWaitMs = 0 } = wish;
    const isConsumer = by === CONSUMER;
    return (side: SideName): RequestInit<typeof Fetch> => ({
      ...(version < REPLICA_STATE_VERSION ? { replicaId: by } : { replicaState: { replicaId: by, replicaEpoch: 1 } }),
      maxWaitMs,
      minBytes: 1,
      maxBytes: LARGE,
      rackId: wish.rackId ?? '',
      topics: [
        {
          topic: TOPIC,
          topicId: this.both.topicId(TOPIC)(side),
          partitions: [
            {
              partition,
              fetchOffset: from,
              partitionMaxBytes: LARGE,
              currentLeaderEpoch: leaderEpoch,
              lastFetchedEpoch,
              logStartOffset: wish.logStartOffset ?? (isConsumer ? -1 : 0),
            },
          ],
        },
      ],
      forgottenTopicsData: [],
    });
  }

  /** In the version that brokers use; at once, or when `maxWaitMs` is over. */
  fetch(note: string, wish: Wish, on = '') {
    return this.both.send(Fetch, Fetch.range.to, this.request(wish, Fetch.range.to), { note, on });
  }

  fetchInEvery(note: string, wish: Wish) {
    return this.both.sendEvery(Fetch, (version) => this.request(wish, version), { note, recompressed: true });
  }

  produce(note: string, acks: number, partition = 0, on = '') {
    const topicData = [{ name: TOPIC, partitionData: [{ index: partition, records: batch(2) }] }];
    return this.both.send(Produce, 9, { acks, timeoutMs: TIMEOUT_MS, topicData }, { note, on });
  }

  latest(note: string, partition = 0) {
    const partitions = [{ partitionIndex: partition, timestamp: -1, currentLeaderEpoch: NO_EPOCH }];
    return this.both.send(ListOffsets, 8, { replicaId: CONSUMER, topics: [{ name: TOPIC, partitions }] }, { note });
  }
}

async function copying(ask: Asking): Promise<void> {
  await ask.produce('not copied yet', 1);
  await ask.fetchInEvery('of a consumer, of what is not copied', { by: CONSUMER, from: 0 });
  await ask.latest('before the follower came');
  await ask.fetchInEvery('of the follower', { from: 0 });
  await ask.fetch('of a consumer, of what was sent only', { by: CONSUMER, from: 0 });
  await ask.fetch('of the follower, at the end', { from: 2 });
  await ask.latest('after the follower came');
  await ask.fetch('of a consumer, of what is copied', { by: CONSUMER, from: 0 });
  await ask.fetch('of the follower, in its epoch', { from: 2, lastFetchedEpoch: 0 });
  const waiting = ask.produce('until it is copied', -1, 0, 'producer');
  await ask.fetch('of the follower, again', { from: 2, maxWaitMs: TIMEOUT_MS });
  await ask.fetch('of the follower, which has it', { from: 4 });
  await waiting;
  const parked = ask.fetch('of the follower, which waits', { from: 4, maxWaitMs: TIMEOUT_MS }, 'follower');
  await ask.produce('for the follower that waits', 1);
  await parked;
}

async function erring(ask: Asking): Promise<void> {
  await ask.fetchInEvery('of a stranger', { by: STRANGER, from: 0 });
  await ask.fetchInEvery('of a stranger without an epoch', { by: STRANGER, from: 0, leaderEpoch: NO_EPOCH });
  await ask.fetchInEvery('of the follower without an epoch', { from: 0, leaderEpoch: NO_EPOCH });
  await ask.fetchInEvery('of a later epoch', { from: 0, leaderEpoch: 1 });
  await ask.fetchInEvery('of no such partition', { partition: 9, from: 0 });
  await ask.fetch('beyond the end', { from: 7 });
  await ask.fetch('beyond the end, of an epoch', { from: 7, lastFetchedEpoch: 0 });
  await ask.fetch('of an epoch to come', { from: 2, lastFetchedEpoch: 5 });
  await ask.fetch('of the leader itself', { by: LEADER, from: 0 });
}

async function deleting(both: Both, ask: Asking): Promise<void> {
  await ask.fetch('of the follower, which has all', { from: 6 });
  const topics = [{ name: TOPIC, partitions: [{ partitionIndex: 0, offset: 3 }] }];
  const remove = (note: string, timeoutMs: number) =>
    both.send(DeleteRecords, 2, { topics, timeoutMs }, { note, on: 'admin' });
  await remove('that the follower has not heard of', 100);
  const deleted = remove('awaited', TIMEOUT_MS);
  await ask.fetch('of the follower, which has not deleted', { from: 6, logStartOffset: 0 });
  await ask.fetch('of the follower, which has deleted some', { from: 6, logStartOffset: 2 });
  await ask.fetch('of the follower, which has deleted all', { from: 6, logStartOffset: 3 });
  await deleted;
  await ask.fetch('of the follower, below the start', { from: 1, lastFetchedEpoch: 0 });
}

/** KIP-392: consumers are sent to the replica in their rack, if it has what they want. */
async function choosing(ask: Asking): Promise<void> {
  const far = { by: CONSUMER, partition: 1, rackId: 'r2' };
  await ask.produce('to be read nearby', 1, 1);
  await ask.fetch('of a follower that has nothing', { ...far, from: 0 });
  await ask.fetch('of the follower', { partition: 1, from: 0 });
  await ask.fetch('of the follower, at the end', { partition: 1, from: 2 });
  await ask.fetchInEvery('of a consumer far from the leader', { ...far, from: 0 });
  await ask.fetch('of one that has no rack', { ...far, rackId: '', from: 0 });
  await ask.fetch('of one near the leader', { ...far, rackId: 'r1', from: 0 });
  await ask.fetch('of one near nobody', { ...far, rackId: 'r3', from: 0 });
  await ask.fetch('of one that is further than the follower', { ...far, from: 3 });
  await ask.fetch('of one that is ahead of all', { ...far, from: 99 });
  await ask.fetch('of one in another epoch', { ...far, from: 0, leaderEpoch: 4 });
  await ask.produce('that the follower has not', 1, 1);
  await ask.fetch('of one at the end of the follower', { ...far, from: 2 });
  await ask.fetch('of one beyond the end of the follower', { ...far, from: 3 });
  await ask.fetch('of a debugging consumer', { ...far, by: -2, from: 0 });
}

async function follow(both: Both): Promise<void> {
  await withBrokerBeside(both.world, FOLLOWER, 'r2', async () => {
    await both.createTopic(TOPIC, { partitions: 2, replicas: [LEADER, FOLLOWER] });
    await untilLed(both.world, TOPIC);
    const ask = new Asking(both);
    await copying(ask);
    await erring(ask);
    await deleting(both, ask);
    await choosing(ask);
  });
}

export const following: readonly Scenario[] = [
  { name: 'following: what a leader tells followers and consumers', run: follow },
];
