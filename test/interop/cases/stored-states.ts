import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeGroups } from '@odradek/protocol/messages/describe-groups';
import { DescribeTransactions } from '@odradek/protocol/messages/describe-transactions';
import { Heartbeat } from '@odradek/protocol/messages/heartbeat';
import { ListGroups } from '@odradek/protocol/messages/list-groups';
import { ListTransactions } from '@odradek/protocol/messages/list-transactions';
import { OffsetFetch } from '@odradek/protocol/messages/offset-fetch';
import { Produce } from '@odradek/protocol/messages/produce';
import { buildBatch } from '@odradek/protocol/records/builder';
import type { Message } from '@odradek/protocol/schema/api';
import type { Fields } from '@odradek/protocol/schema/fields';
import { GroupMetadataKey, GroupMetadataValue } from '@odradek/protocol/stored/group-metadata';
import { OffsetCommitKey, OffsetCommitValue } from '@odradek/protocol/stored/offset-commit';
import { TransactionLogKey, TransactionLogValue } from '@odradek/protocol/stored/transaction-log';
import { Writer } from '@odradek/protocol/wire/writer';
import type { Both } from '../both';
import type { Scenario } from '../main';
import { untilThereIsACoordinator } from './groups';
import { assignment, leavingNobody, Member, protocols, subscription } from './members';
import { Orders } from './orders';
import { COORDINATOR_PARTITIONS, partitionOf } from './transactional';
import {
  ENDING,
  type Identity,
  olderEpoch,
  Producer,
  sameEpoch,
  untilNoneIs,
  untilTransactionsAreCoordinated,
} from './transactional-producer';

/** Records that a broker might have left, written by hand; then the coordinator reads them back. */

const TOPIC = 'kept';
const ALL_OF_THEM = Array.from({ length: COORDINATOR_PARTITIONS }, (_, index) => index);
/** What may write to internal topics. */
const ADMIN = '__admin_client';
const LAST_EPOCH = 32_767;
const LONG_AGO_MS = 3_600_000;

export interface Stored {
  /** The group or the transactional id. */
  readonly of: string;
  readonly key: Buffer;
  readonly value: Buffer | null;
}

function encoded<F extends Fields>(message: Message<F>, version: number, value: object): Buffer {
  const writer = new Writer();
  writer.int16(version);
  message.codec(version).encode(writer, value as never);
  return writer.toBuffer();
}

/** Writes records to the partitions where coordinators would. */
export async function store(both: Both, topic: string, records: readonly Stored[]): Promise<void> {
  const timestamp = Date.now();
  for (const index of ALL_OF_THEM) {
    const own = records.filter(({ of }) => partitionOf(of) === index);
    if (own.length === 0) continue;
    const batch = buildBatch({ records: own.map(({ key, value }) => ({ timestamp, key, value })) });
    const topicData = [{ name: topic, partitionData: [{ index, records: batch }] }];
    const request = { acks: -1, timeoutMs: 5000, topicData };
    const except = { paths: ['responses[0].partitionResponses[0].baseOffset'], why: 'other scenarios ask until' };
    await both.send(Produce, 9, request, { clientId: ADMIN, note: `what ${topic} holds`, except });
  }
}

/** As `store`; then the coordinators read all of their records back. */
async function reload(both: Both, topic: string, records: readonly Stored[]): Promise<void> {
  await store(both, topic, records);
  const orders = new Orders(both);
  await orders.brokersAre([0, 1]);
  await orders.follow(topic, ALL_OF_THEM);
  await orders.lead(topic, ALL_OF_THEM);
  await orders.brokersAre([0]);
}

const STATES = ['Empty', 'Ongoing', 'PrepareCommit', 'PrepareAbort', 'CompleteCommit', 'CompleteAbort', 'Dead'];

export interface Kept extends Identity {
  readonly name: string;
  readonly state: string;
  readonly partitions: number[] | null;
  readonly topic?: string;
  readonly version?: number;
  readonly ageMs?: number;
  readonly timeoutMs?: number;
}

/** What transactional ids are found in. */
function keptTransactions(): Kept[] {
  const found: Omit<Kept, 'producerId'>[] = [];
  for (const epoch of [LAST_EPOCH - 3, LAST_EPOCH - 2, LAST_EPOCH - 1]) {
    found.push({ name: `empty-${epoch}`, state: 'Empty', producerEpoch: epoch, partitions: null });
    found.push({ name: `open-${epoch}`, state: 'Ongoing', producerEpoch: epoch, partitions: [0] });
    found.push({ name: `late-${epoch}`, state: 'Ongoing', producerEpoch: epoch, partitions: [0], ageMs: LONG_AGO_MS });
    found.push({ name: `aborted-${epoch}`, state: 'CompleteAbort', producerEpoch: epoch, partitions: [] });
  }
  found.push({ name: 'aborted-last', state: 'CompleteAbort', producerEpoch: LAST_EPOCH, partitions: [] });
  for (const state of ['PrepareCommit', 'PrepareAbort']) {
    const of = { state, producerEpoch: 3 };
    found.push({ ...of, name: `${state}-two`, partitions: [0, 1] });
    found.push({ ...of, name: `${state}-none`, partitions: [] });
    found.push({ ...of, name: `${state}-gone`, partitions: [0, 5], topic: 'kept-none' });
    found.push({ ...of, name: `${state}-beyond`, partitions: [0, 77] });
  }
  for (const state of ['Ongoing', 'CompleteCommit', 'Empty']) {
    // What has ended has no partitions any more.
    const of = { state, producerEpoch: 3, partitions: state === 'CompleteCommit' ? [] : [1] };
    found.push({ ...of, name: `${state}-flexible`, version: 1 });
    found.push({ ...of, name: `${state}-no-timeout`, timeoutMs: 2_147_483_647 });
  }
  return found.map((it, index) => ({ producerId: 900_000 + index, ...it }));
}

export function storedTransaction(kept: Kept): Stored {
  const { name, state, partitions, topic = TOPIC, version = 0, ageMs = 0, timeoutMs = 60_000, ...identity } = kept;
  const nowMs = Date.now() - ageMs;
  const value = encoded(TransactionLogValue, version, {
    ...identity,
    transactionTimeoutMs: timeoutMs,
    transactionStatus: STATES.indexOf(state),
    transactionPartitions: partitions && (partitions.length === 0 ? [] : [{ topic, partitionIds: partitions }]),
    transactionLastUpdateTimestampMs: nowMs,
    transactionStartTimestampMs: state === 'Empty' ? -1 : nowMs,
  });
  return { of: `kept-${name}`, key: encoded(TransactionLogKey, 0, { transactionalId: `kept-${name}` }), value };
}

async function transactions(both: Both): Promise<void> {
  await both.createTopic(TOPIC, { partitions: 2 });
  await untilThereIsACoordinator(both);
  await untilTransactionsAreCoordinated(both);
  const all = keptTransactions();
  const gone = storedTransaction({ ...all[0]!, name: 'gone' });
  await reload(both, '__transaction_state', [...all.map(storedTransaction), gone, { ...gone, value: null }]);
  await untilTransactionsAreCoordinated(both);
  // Those of long ago are aborted with the next look.
  await sleep(1500);
  await untilNoneIs(both, ENDING);
  const transactionalIds = [...all.map(({ name }) => `kept-${name}`), 'kept-gone'];
  for (const id of transactionalIds) {
    await both.send(DescribeTransactions, 0, { transactionalIds: [id] }, { note: `${id}, read back` });
  }
  await both.sendEvery(ListTransactions, () => ({ stateFilters: [], producerIdFilters: [] }), { note: 'read back' });
  for (const { name, producerId, producerEpoch } of all) {
    const producer = new Producer(both, `kept-${name}`);
    const own = () => ({ producerId, producerEpoch });
    const init = async (note: string, expected: Parameters<Producer['init']>[1]): Promise<void> => {
      await producer.init(4, expected, { note: `${name}: ${note}` });
      await untilNoneIs(both, ENDING);
      await producer.describe();
    };
    await init('of the epoch before', () => olderEpoch(own()));
    await init('its own', own);
    await init('its own again', own);
    await init('whoever', null);
    await init('the one that it is now', sameEpoch);
    await init('the one before', olderEpoch);
    await init('the first again', own);
    await producer.add(3, [{ name: TOPIC, partitions: [0] }], {}, name);
    await init('with a transaction', sameEpoch);
    await init('whoever comes then', null);
    await producer.end(3, true, {}, name);
  }
}

const NOW = { commitTimestamp: Date.now() };

const keyOf = (group: string): Buffer => encoded(GroupMetadataKey, 2, { group });

export function storedGroup(group: string, version: number, change: object = {}): Stored {
  const member = {
    memberId: 'm-1',
    clientId: 'm',
    clientHost: '/127.0.0.1',
    sessionTimeout: 30_000,
    ...(version > 0 && { rebalanceTimeout: 20_000 }),
    subscription: subscription([TOPIC]),
    assignment: assignment(TOPIC, [0]),
  };
  const value = { protocolType: 'consumer', generation: 7, protocol: 'range', leader: 'm-1', members: [member] };
  const state = version >= 2 ? { currentStateTimestamp: Date.now() } : {};
  return {
    of: group,
    key: keyOf(group),
    value: encoded(GroupMetadataValue, version, { ...value, ...state, ...change }),
  };
}

export function storedOffset(group: string, version: number, change: object = {}, keyVersion = 1): Stored {
  const { topic = TOPIC, ...fields } = change as { topic?: string };
  const value = { offset: 40 + version, metadata: 'm', ...NOW, ...(version >= 3 && { leaderEpoch: 2 }), ...fields };
  const key = encoded(OffsetCommitKey, keyVersion, { group, topic, partition: version % 2 });
  return { of: group, key, value: encoded(OffsetCommitValue, version, value) };
}

const EMPTY = { members: [], leader: null, protocol: null };

async function groups(both: Both): Promise<void> {
  if (!both.topicIds.has(TOPIC)) await both.createTopic(TOPIC, { partitions: 2 });
  await untilThereIsACoordinator(both);
  const versions = [0, 1, 2, 3, 4];
  const records = [
    ...versions.map((version) => storedGroup(`kept-${version}`, version)),
    ...versions.map((version) => storedGroup(`kept-empty-${version}`, version, EMPTY)),
    ...versions.map((version) => storedOffset(`kept-${version}`, version)),
    ...versions.map((version) => storedOffset(`kept-offsets-${version}`, version, {}, version % 2)),
    storedOffset('kept-expiring', 1, { expireTimestamp: Date.now() + 3_600_000 }),
    storedOffset('kept-expired', 1, { expireTimestamp: 1 }),
    storedOffset('kept-topic', 3, { topic: 'kept-none' }),
    storedOffset('kept-negative', 3, { offset: -7 }),
    storedGroup('kept-nameless', 3, { ...EMPTY, protocolType: '' }),
    storedGroup('kept-without', 3, { leader: null }),
    storedGroup('kept-connect', 3, { protocolType: 'connect' }),
    { ...storedGroup('kept-gone', 3), value: null },
    storedGroup('kept-back', 3),
    { ...storedGroup('kept-back', 3), value: null },
    storedGroup('kept-back', 2, EMPTY),
  ];
  await reload(both, '__consumer_offsets', records);
  await untilThereIsACoordinator(both);
  await both.sendEvery(ListGroups, () => ({}), { note: 'read back' });
  for (const group of new Set(records.map(({ of }) => of))) {
    await both.sendEvery(DescribeGroups, () => ({ groups: [group] }), { note: group });
    for (const version of [2, 5, 7]) await both.send(OffsetFetch, version, { groupId: group, topics: null });
    await both.send(OffsetFetch, 9, { groups: [{ groupId: group, topics: null }], requireStable: true });
    for (const generationId of [7, 6]) {
      await both.send(Heartbeat, 4, { groupId: group, generationId, memberId: 'm-1' }, { note: group });
    }
    const member = new Member(both, group, 'm', { protocols: protocols([TOPIC]) });
    member.ids = { ours: 'm-1', apache: 'm-1' };
    member.generation = 7;
    await member.sync(5);
    await member.leave(5);
    await both.send(DescribeGroups, 5, { groups: [group] }, { note: `${group}, left` });
  }
}

export const storedStates: readonly Scenario[] = [
  { name: 'read back: transactions', run: transactions },
  ...leavingNobody([{ name: 'read back: groups', run: groups }]),
];
