import { AlterPartition } from '@odradek/protocol/messages/alter-partition';
import type { RequestInit } from '@odradek/protocol/schema/api';
import { ZERO_UUID } from '@odradek/protocol/wire/uuid';
import type { Both, Pair } from '../both';
import type { Scenario } from '../main';
import type { SideName } from '../world';
import { brokerEpochs, readZNode, untilLed, withBrokerBeside } from '../zookeeper';

const TOPIC = 'alter-partition';
const NO_SUCH_ID = 'x9mTn0ZqSsuHHtBYaYTJ4w';
const LEADER = 0;
/** A broker that is only registered: it lives, for all that a controller can tell, and answers nothing. */
const REGISTERED = 7;
const UNKNOWN = 99;
const [RECOVERED, RECOVERING] = [0, 1];
const FIRST_TOPIC_ID_VERSION = 2;
const ISR_WITH_EPOCHS_VERSION = 3;

interface Wish {
  readonly partition?: number;
  readonly isr: readonly number[];
  readonly leaderEpoch?: number;
  readonly partitionEpoch?: number;
  readonly leaderRecoveryState?: number;
  readonly brokerId?: number;
  readonly brokerEpoch?: (side: SideName) => number;
  readonly topic?: string;
}

interface Known {
  readonly epochs: Pair<number>;
  readonly topicId: (side: SideName) => string;
}

const requestOf =
  (version: number, wish: Wish, { epochs, topicId }: Known) =>
  (side: SideName): RequestInit<typeof AlterPartition> => {
    const { topic = TOPIC, isr, leaderEpoch = 0, partitionEpoch = 0, leaderRecoveryState = RECOVERED } = wish;
    const hasEpochs = version >= ISR_WITH_EPOCHS_VERSION;
    return {
      brokerId: wish.brokerId ?? LEADER,
      brokerEpoch: wish.brokerEpoch?.(side) ?? epochs[side],
      topics: [
        {
          topicName: version < FIRST_TOPIC_ID_VERSION ? topic : '',
          topicId: version < FIRST_TOPIC_ID_VERSION ? ZERO_UUID : topic === TOPIC ? topicId(side) : NO_SUCH_ID,
          partitions: [
            {
              // Each version has a partition of its own.
              partitionIndex: wish.partition ?? version,
              leaderEpoch,
              newIsr: hasEpochs ? [] : isr,
              newIsrWithEpochs: hasEpochs ? isr.map((brokerId) => ({ brokerId, brokerEpoch: -1 })) : [],
              leaderRecoveryState: version === 0 ? RECOVERED : leaderRecoveryState,
              partitionEpoch,
            },
          ],
        },
      ],
    };
  };

async function askOne(both: Both, version: number, known: Known): Promise<void> {
  const ask = (note: string, wish: Wish) =>
    both.send(AlterPartition, version, requestOf(version, wish, known), { note });
  const other = await brokerEpochs(both.world, REGISTERED);
  await ask('of a broker that is not registered', { brokerId: UNKNOWN, isr: [LEADER] });
  await ask('of the process before', { brokerEpoch: (side) => known.epochs[side] - 1, isr: [LEADER] });
  await ask('of the process to come', { brokerEpoch: (side) => known.epochs[side] + 1, isr: [LEADER] });
  await ask('of no broker epoch', { brokerEpoch: () => -1, isr: [LEADER] });
  await ask('unknown topic', { topic: 'no-such-topic', isr: [LEADER] });
  await ask('unknown partition', { partition: UNKNOWN, isr: [LEADER] });
  await ask('later leader epoch', { leaderEpoch: 1, isr: [LEADER] });
  await ask('later partition epoch', { partitionEpoch: 1, isr: [LEADER] });
  await ask('earlier leader epoch', { leaderEpoch: -1, isr: [LEADER] });
  await ask('what is already', { isr: [LEADER, REGISTERED] });
  await ask('what is already, of an earlier partition epoch', { partitionEpoch: -1, isr: [LEADER, REGISTERED] });
  await ask('what is already, in another order, of an earlier partition epoch', {
    partitionEpoch: -1,
    isr: [REGISTERED, LEADER],
  });
  await ask('earlier partition epoch', { partitionEpoch: -1, isr: [LEADER] });
  if (version > 0) {
    await ask('recovering with two', { leaderRecoveryState: RECOVERING, isr: [LEADER, REGISTERED] });
    await ask('recovering again', { leaderRecoveryState: RECOVERING, isr: [LEADER] });
    await ask('no such recovery state', { leaderRecoveryState: 7, isr: [LEADER] });
    await ask('negative recovery state', { leaderRecoveryState: -1, isr: [LEADER] });
  }
  await ask('a dead replica', { isr: [LEADER, UNKNOWN] });
  await ask('a shrink', { isr: [LEADER] });
  await ask('a shrink, again', { isr: [LEADER] });
  await ask('an expansion that missed the shrink', { isr: [LEADER, REGISTERED] });
  await ask('an expansion', { partitionEpoch: 1, isr: [LEADER, REGISTERED] });
  await ask('another order', { partitionEpoch: 2, isr: [REGISTERED, LEADER] });
  await ask('without the leader', { partitionEpoch: 3, isr: [REGISTERED] });
  await ask('nobody', { partitionEpoch: 4, isr: [] });
  await ask('the leader, back', { partitionEpoch: 5, isr: [LEADER] });
  await ask('of a follower', {
    partitionEpoch: 5,
    brokerId: REGISTERED,
    brokerEpoch: (side) => other[side],
    isr: [LEADER],
    leaderEpoch: 1,
  });
  const { ours, apache } = await readZNode(both.world, `/brokers/topics/${TOPIC}/partitions/${version}/state`);
  if (ours !== apache) both.report(`the state after version ${version}`, [`ours ${ours}, Apache ${apache}`]);
}

async function wishes(both: Both): Promise<void> {
  const { world } = both;
  await withBrokerBeside(world, REGISTERED, 'r2', async () => {
    const { from, to } = AlterPartition.range;
    await both.createTopic(TOPIC, { partitions: to + 1, replicas: [LEADER, REGISTERED] });
    await untilLed(world, TOPIC);
    const known = { epochs: await brokerEpochs(world, LEADER), topicId: both.topicId(TOPIC) };
    for (let version = from; version <= to; version++) await askOne(both, version, known);
  });
}

export const alterPartition: readonly Scenario[] = [{ name: 'alter-partition: wishes of a leader', run: wishes }];
