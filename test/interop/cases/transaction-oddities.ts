import { setTimeout as sleep } from 'node:timers/promises';
import { AddPartitionsToTxn } from '@odradek/protocol/messages/add-partitions-to-txn';
import { CreatePartitions } from '@odradek/protocol/messages/create-partitions';
import { DeleteRecords } from '@odradek/protocol/messages/delete-records';
import { DeleteTopics } from '@odradek/protocol/messages/delete-topics';
import { DescribeTransactions } from '@odradek/protocol/messages/describe-transactions';
import { FindCoordinator } from '@odradek/protocol/messages/find-coordinator';
import { ListTransactions } from '@odradek/protocol/messages/list-transactions';
import { Produce } from '@odradek/protocol/messages/produce';
import type { BatchInit } from '@odradek/protocol/records/builder';
import { buildEndTxnBatch } from '@odradek/protocol/records/control';
import type { Both } from '../both';
import type { Scenario } from '../main';
import { BASE_TIME_MS, batch, legacyBatch } from '../records';
import type { SideName } from '../world';
import { isZNodeThere } from '../zookeeper';
import { type Identity, Producer, TRANSACTION, untilTransactionsAreCoordinated } from './transactional-producer';

/** Where Apache's broker waits for as many results as there are transactions, it never answers what is there twice. */
const MAY_HANG = { mayHang: true, patienceMs: 1500, alone: true };

/** Batches of transactions as no broker sends them. */
async function batches(both: Both): Promise<void> {
  await both.createTopic('odd-batch', { partitions: 3 });
  await untilTransactionsAreCoordinated(both);
  const [one, two] = [new Producer(both, 'odd-one'), new Producer(both, 'odd-two')];
  for (const producer of [one, two]) await producer.enter();
  const of = (producer: Producer, verifyOnly: boolean, partitions: number[], topic = 'odd-batch') => ({
    producer,
    verifyOnly,
    topics: [{ name: topic, partitions }],
  });
  const nobody = new Producer(both, 'odd-nobody');
  const nameless = new Producer(both, '');
  const requests: readonly (readonly [string, ReturnType<typeof of>[]])[] = [
    ['one twice, verified', [of(one, true, [0]), of(one, true, [1])]],
    ['one twice, added', [of(one, false, [0]), of(one, false, [1])]],
    ['one added and verified', [of(one, false, [2]), of(one, true, [2])]],
    ['nobody and one', [of(nobody, true, [0]), of(one, true, [0])]],
    ['nobody twice', [of(nobody, true, [0]), of(nobody, false, [1])]],
    ['without a name', [of(nameless, true, [0]), of(two, true, [0])]],
    ['an unknown topic for one', [of(one, false, [0], 'odd-none'), of(two, false, [0])]],
    ['unknown topics for both', [of(one, true, [0], 'odd-none'), of(two, true, [0], 'odd-none')]],
    ['nothing for one', [of(one, true, []), of(two, true, [0])]],
  ];
  for (const [note, list] of requests) {
    for (const version of [4, 5]) {
      const request = (side: SideName) => ({
        transactions: list.map(({ producer, verifyOnly, topics }) => ({
          transactionalId: producer.transactionalId,
          ...producer.id(side),
          verifyOnly,
          topics,
        })),
      });
      await both.send(AddPartitionsToTxn, version, request, { note, ...MAY_HANG });
      await both.send(DescribeTransactions, 0, { transactionalIds: ['odd-one', 'odd-two', 'odd-one'] }, { note });
    }
  }
  for (const producer of [one, two]) await producer.end(3, false);
  for (const coordinatorKeys of [
    ['odd-one', 'odd-one'],
    ['odd-one', ''],
    ['x'.repeat(300), 'odd-two'],
  ]) {
    await both.sendEvery(
      FindCoordinator,
      () => ({ coordinatorKeys, keyType: TRANSACTION }),
      { note: `${coordinatorKeys}`.slice(0, 30) },
      { from: 4, to: 6 },
    );
  }
}

/** What producers with an open transaction write that they should not. */
async function writes(both: Both): Promise<void> {
  const topic = 'odd-writes';
  await both.createTopic(topic, { partitions: 3 });
  await untilTransactionsAreCoordinated(both);
  const producer = new Producer(both, 'odd-writes');
  await producer.enter();
  await producer.add(3, [{ name: topic, partitions: [0, 1] }]);
  type Make = (own: Identity) => Buffer;
  const plain = (own: Identity, init: BatchInit = {}) =>
    batch(1, { ...own, baseSequence: 0, isTransactional: true, ...init });
  const odd: readonly (readonly [string, Make])[] = [
    ['without a producer', () => batch(1, { isTransactional: true })],
    ['without an epoch', (own) => plain(own, { producerEpoch: -1 })],
    ['without a sequence', (own) => plain(own, { baseSequence: -1 })],
    ['two batches', (own) => Buffer.concat([plain(own), plain(own, { baseSequence: 1 })])],
    ['not transactional behind', (own) => Buffer.concat([plain(own), plain(own, { isTransactional: false })])],
    ['an old format', () => legacyBatch(1, { magic: 1, compression: 'none' } as Parameters<typeof legacyBatch>[1])],
    ['nothing', () => Buffer.alloc(0)],
    ['a marker', (own) => buildEndTxnBatch({ ...own, type: 'COMMIT', coordinatorEpoch: 0, timestamp: BASE_TIME_MS })],
    ['a first sequence above 0', (own) => plain(own, { baseSequence: 5 })],
    ['the one before', (own) => plain(own, { baseSequence: 4 })],
    ['as it should be', (own) => plain(own)],
    ['again', (own) => plain(own)],
    ['a gap', (own) => plain(own, { baseSequence: 9 })],
    ['an older epoch', (own) => plain(own, { producerEpoch: own.producerEpoch - 1 })],
  ];
  const ids = [producer.transactionalId, '', 'odd-nobody', null];
  for (const [note, make] of odd) {
    for (const transactionalId of ids) {
      await both.sendEvery(
        Produce,
        () => (side) => {
          const records = make(producer.id(side));
          // To a partition that is in the transaction, and to one that is not.
          const partitionData = [0, 2].map((index) => ({ index, records }));
          return { transactionalId, acks: -1, timeoutMs: 1000, topicData: [{ name: topic, partitionData }] };
        },
        { note: `${note} as ${transactionalId}`, alone: true },
        { from: 9, to: Produce.range.to },
      );
    }
  }
  for (const acks of [0, 1]) {
    const request = (side: SideName) => {
      const records = plain(producer.id(side), { baseSequence: acks });
      const topicData = [{ name: topic, partitionData: [{ index: 1, records }] }];
      return { transactionalId: producer.transactionalId, acks, timeoutMs: 1000, topicData };
    };
    await both.send(Produce, 9, request, { note: `acks ${acks}`, mayHang: true, patienceMs: 500, alone: true });
  }
  await producer.end(3, true);
  await producer.untilComplete();
}

/** Apache's broker answers a deletion before its controller is done with it. */
async function untilForgotten({ world }: Both, topic: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const there = await isZNodeThere(world, `/admin/delete_topics/${topic}`);
    if (!there.ours && !there.apache) return;
    await sleep(50);
  }
  throw new Error(`${topic} is not forgotten`);
}

/** Partitions that go, or come, while a transaction has them. */
async function changingTopics(both: Both): Promise<void> {
  await untilTransactionsAreCoordinated(both);
  for (const committed of [true, false]) {
    const topic = `odd-going-${committed}`;
    await both.createTopic(topic, { partitions: 2 });
    await both.createTopic(`${topic}-stays`);
    const producer = new Producer(both, topic);
    await producer.enter();
    const topics = [
      { name: topic, partitions: [0, 1] },
      { name: `${topic}-stays`, partitions: [0] },
    ];
    await producer.add(3, topics);
    await both.send(DeleteTopics, 5, { topicNames: [topic], timeoutMs: 10_000 });
    await producer.describe();
    for (const version of [0, 3, 4, 5]) await producer.add(version, topics, {}, 'it is gone');
    for (const version of [4, 5]) await producer.verify(version, topics, {}, 'it is gone');
    await producer.describe();
    await producer.end(3, committed);
    await producer.untilComplete();
    await producer.describe();
    await untilForgotten(both, topic);
    await both.createTopic(topic, { partitions: 1 });
    await producer.add(3, [{ name: topic, partitions: [0, 1] }], {}, 'it is back');
    await producer.add(3, [{ name: topic, partitions: [0] }], {}, 'it is back, smaller');
    const wish = { name: topic, count: 3, assignments: null };
    await both.send(CreatePartitions, 3, { topics: [wish], timeoutMs: 10_000, validateOnly: false });
    await producer.add(3, [{ name: topic, partitions: [2] }], {}, 'it has grown');
    const request = (side: SideName) => {
      const records = batch(3, { ...producer.id(side), baseSequence: 0, isTransactional: true });
      const topicData = [{ name: topic, partitionData: [{ index: 2, records }] }];
      return { transactionalId: topic, acks: -1, timeoutMs: 1000, topicData };
    };
    await both.send(Produce, 9, request, { note: 'to the new one' });
    for (const offset of [2, -1, 9]) {
      const partitions = [{ partitionIndex: 2, offset }];
      await both.send(DeleteRecords, 2, { topics: [{ name: topic, partitions }], timeoutMs: 1000 }, { note: 'open' });
    }
    await both.send(ListTransactions, 1, { stateFilters: ['Ongoing'], producerIdFilters: [], durationFilter: 0 });
    await producer.end(3, !committed);
    await producer.untilComplete();
    await producer.describe();
  }
}

export const transactionOddities: readonly Scenario[] = [
  { name: 'transactions: odd batches', run: batches },
  { name: 'transactions: odd writes', run: writes },
  { name: 'transactions: topics that go and come', run: changingTopics },
];
