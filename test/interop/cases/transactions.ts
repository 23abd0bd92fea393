import { AddOffsetsToTxn } from '@odradek/protocol/messages/add-offsets-to-txn';
import { AddPartitionsToTxn } from '@odradek/protocol/messages/add-partitions-to-txn';
import { EndTxn } from '@odradek/protocol/messages/end-txn';
import { FindCoordinator } from '@odradek/protocol/messages/find-coordinator';
import { InitProducerId } from '@odradek/protocol/messages/init-producer-id';
import { ListTransactions } from '@odradek/protocol/messages/list-transactions';
import type { Both } from '../both';
import type { Scenario } from '../main';
import { untilThereIsACoordinator } from './groups';
import {
  type Identity,
  olderEpoch,
  Producer,
  sameEpoch,
  type Topics,
  TRANSACTION,
  untilTransactionsAreCoordinated,
  versionsOf,
} from './transactional-producer';

async function coordinators(both: Both): Promise<void> {
  await both.send(FindCoordinator, 1, { key: 'first', keyType: TRANSACTION }, { note: 'before there is a topic' });
  await untilTransactionsAreCoordinated(both);
  for (const key of ['t', '', 'ä', 'x'.repeat(300)]) {
    const note = `'${key.slice(0, 10)}'`;
    await both.sendEvery(FindCoordinator, () => ({ key, keyType: TRANSACTION }), { note }, { from: 1, to: 3 });
    await both.sendEvery(
      FindCoordinator,
      () => ({ coordinatorKeys: [key, 'other'], keyType: TRANSACTION }),
      { note },
      { from: 4, to: 6 },
    );
  }
}

/** What InitProducerId answers without any transaction. */
async function initialisation(both: Both): Promise<void> {
  await untilTransactionsAreCoordinated(both);
  for (const version of versionsOf(InitProducerId)) {
    const producer = new Producer(both, `init-${version}`);
    for (const timeoutMs of [0, -1, 900_001, 2_147_483_647, 900_000]) await producer.init(version, null, { timeoutMs });
    await producer.init(version);
    await producer.describe();
    if (version < 3) continue;
    await producer.init(version, sameEpoch, { note: 'as it is' });
    await producer.init(version, olderEpoch, { note: 'as it was: the same again' });
    await producer.init(version, olderEpoch, { note: 'and again' });
    await producer.init(version, (own) => olderEpoch(olderEpoch(own)), { note: 'as it was long ago' });
    await producer.init(version, ({ producerId }) => ({ producerId, producerEpoch: 99 }), { note: 'epoch to come' });
    await producer.init(version, () => ({ producerId: 123_456_789, producerEpoch: 0 }), { note: 'another id' });
    await producer.init(version, () => ({ producerId: 123_456_789, producerEpoch: 32_766 }), {
      note: 'another, worn out',
    });
    await producer.init(version, null, { note: 'a new producer' });
    await producer.init(version, olderEpoch, { note: 'the one before it' });
    const unknown = new Producer(both, `init-unknown-${version}`);
    await unknown.init(version, () => ({ producerId: 5, producerEpoch: 3 }), { note: 'an id that nobody knows' });
    await unknown.init(version, sameEpoch);
    await unknown.describe();
  }
  for (const version of versionsOf(InitProducerId)) await new Producer(both, '').init(version);
}

/** Who may speak for a transaction: everything that is refused, in every version. */
async function strangers(both: Both): Promise<void> {
  await both.createTopic('txn-strangers', { partitions: 2 });
  await untilTransactionsAreCoordinated(both);
  const topics = [{ name: 'txn-strangers', partitions: [0] }];
  const known = new Producer(both, 'strangers');
  await known.enter();
  await known.enter();
  const unknown = new Producer(both, 'strangers-unknown');
  const nameless = new Producer(both, '');
  const identities = [
    ['', {}],
    ['older epoch', { producerEpoch: 0 }],
    ['newer epoch', { producerEpoch: 77 }],
    ['no epoch', { producerEpoch: -1 }],
    ['another id', { producerId: 987_654_321 }],
    ['no id', { producerId: -1, producerEpoch: -1 }],
  ] as const;
  const all = async (cases: readonly (readonly [string, Partial<Identity>])[]): Promise<void> => {
    for (const [note, change] of cases) {
      for (const producer of [known, unknown, nameless]) {
        for (const version of versionsOf(AddPartitionsToTxn)) await producer.add(version, topics, change, note);
        for (const version of [4, 5]) await producer.verify(version, topics, change, note);
        for (const version of versionsOf(AddOffsetsToTxn)) await producer.addOffsets(version, 'g', change, note);
        for (const version of versionsOf(EndTxn)) {
          for (const committed of [true, false]) await producer.end(version, committed, change, note);
        }
      }
    }
  };
  await all(identities.slice(1));
  // In the state Empty: nothing to end.
  for (const version of versionsOf(EndTxn)) for (const committed of [true, false]) await known.end(version, committed);
  await known.add(3, topics);
  await all(identities.slice(1));
  await known.describe();
  await known.end(3, false);
}

/** Which partitions make a whole request fail, in every version. */
async function partitions(both: Both): Promise<void> {
  await both.createTopic('txn-parts', { partitions: 3 });
  await both.createTopic('txn-more', { partitions: 1 });
  await untilThereIsACoordinator(both);
  await untilTransactionsAreCoordinated(both);
  const requests: readonly (readonly [string, Topics])[] = [
    ['one', [{ name: 'txn-parts', partitions: [0] }]],
    ['the same', [{ name: 'txn-parts', partitions: [0] }]],
    ['twice', [{ name: 'txn-parts', partitions: [1, 1] }]],
    [
      'a topic twice',
      [
        { name: 'txn-parts', partitions: [0] },
        { name: 'txn-parts', partitions: [2] },
      ],
    ],
    [
      'two topics',
      [
        { name: 'txn-parts', partitions: [0, 1, 2] },
        { name: 'txn-more', partitions: [0] },
      ],
    ],
    ['no partition', [{ name: 'txn-parts', partitions: [] }]],
    ['no topic', []],
    ['unknown partition', [{ name: 'txn-parts', partitions: [0, 3] }]],
    ['negative partition', [{ name: 'txn-parts', partitions: [-1] }]],
    [
      'unknown topic',
      [
        { name: 'txn-more', partitions: [0] },
        { name: 'txn-none', partitions: [0] },
      ],
    ],
    ['unknown topic without partitions', [{ name: 'txn-none', partitions: [] }]],
    [
      'unknown twice',
      [
        { name: 'txn-none', partitions: [0, 0, 1] },
        { name: 'txn-parts', partitions: [0, 0] },
      ],
    ],
    ['no name', [{ name: '', partitions: [0] }]],
    ['bad name', [{ name: 'a b', partitions: [0] }]],
    // Not the coordinators' own: with a marker among its records Apache's coordinator does not read them back.
    ['internal', [{ name: '__consumer_offsets', partitions: [0] }]],
    [
      'internal, too',
      [
        { name: '__transaction_state', partitions: [9] },
        { name: 'txn-more', partitions: [0] },
      ],
    ],
  ];
  for (const version of versionsOf(AddPartitionsToTxn)) {
    const producer = new Producer(both, `parts-${version}`);
    await producer.enter();
    for (const [note, topics] of requests) {
      if (version > 3) await producer.verify(version, topics, {}, `${note}, before`);
      await producer.add(version, topics, {}, note);
      if (version > 3) await producer.verify(version, topics, {}, note);
    }
    await producer.describe();
    await producer.end(3, false);
  }
  for (const version of [0, 1, 2, 3]) {
    const empty = new Producer(both, `parts-none-${version}`);
    await empty.enter();
    await empty.add(version, [], {}, 'nothing: the transaction begins all the same');
    await empty.describe();
    await empty.add(version, [], {}, 'nothing, again');
    await empty.add(version, [], { producerEpoch: 7 }, 'nothing, of another epoch');
    await empty.end(3, true);
    await empty.untilComplete();
    await empty.describe();
    await empty.add(version, [{ name: 'txn-parts', partitions: [] }], {}, 'no partitions');
    await empty.describe();
    await empty.end(3, false);
    await empty.untilComplete();
    await empty.describe();
  }
  // Apache's broker waits for as many results as there are transactions, and looks whether they are there when one comes.
  const none = { transactions: [] };
  for (const version of [4, 5]) {
    await both.send(AddPartitionsToTxn, version, none, { note: 'no transaction', mayHang: true, patienceMs: 1500 });
  }
  for (const version of [4, 5]) {
    const batched = new Producer(both, `parts-none-${version}`);
    await batched.enter();
    await batched.verify(version, [], {}, 'nothing, before');
    await batched.add(version, [], {}, 'nothing');
    await batched.describe();
    await batched.verify(version, [{ name: 'txn-parts', partitions: [] }], {}, 'no partitions');
    await batched.add(version, [{ name: 'txn-parts', partitions: [] }], {}, 'no partitions');
    await batched.describe();
    await batched.end(3, true);
  }
}

/** Many transactions in one request, as brokers ask (KIP-890). */
async function batches(both: Both): Promise<void> {
  await both.createTopic('txn-batch', { partitions: 4 });
  await untilTransactionsAreCoordinated(both);
  const producers = ['batch-a', 'batch-b', 'batch-c', 'batch-d'].map((id) => new Producer(both, id));
  for (const producer of producers) await producer.enter();
  const topicsOf = (index: number) => [{ name: 'txn-batch', partitions: [index] }];
  const send = (version: number, verifyOnly: (index: number) => boolean, note: string) =>
    both.send(
      AddPartitionsToTxn,
      version,
      (side) => ({
        transactions: producers.map((producer, index) => ({
          transactionalId: producer.transactionalId,
          ...producer.id(side),
          ...(index === 3 && { producerEpoch: 5 }),
          verifyOnly: verifyOnly(index),
          topics: topicsOf(index === 2 ? 9 : index),
        })),
      }),
      { note },
    );
  for (const version of [4, 5]) {
    await send(version, () => true, 'all verified, before');
    await send(version, (index) => index === 1, 'some added');
    await send(version, () => true, 'all verified');
    await send(version, () => false, 'all added');
    await send(version, () => true, 'all verified, again');
  }
  for (const producer of producers) await producer.describe();
  for (const producer of producers.slice(0, 2)) await producer.end(3, true);
}

/** Whole transactions in every version: committed, aborted, ended twice. */
async function ends(both: Both): Promise<void> {
  await both.createTopic('txn-ends', { partitions: 2 });
  await untilTransactionsAreCoordinated(both);
  const topics = [{ name: 'txn-ends', partitions: [0, 1] }];
  for (const version of versionsOf(EndTxn)) {
    const producer = new Producer(both, `ends-${version}`);
    await producer.init(version);
    for (const committed of [true, false, true]) {
      await producer.add(Math.min(version, 3), topics);
      await producer.addOffsets(version, `ends-group-${version}`);
      await producer.addOffsets(version, '');
      await producer.describe();
      await both.sendEvery(ListTransactions, () => ({ stateFilters: ['Ongoing'], producerIdFilters: [] }));
      await producer.end(version, committed);
      await producer.untilComplete();
      await producer.describe();
      await producer.end(version, committed, {}, 'again');
      await producer.end(version, !committed, {}, 'the other way');
      for (const batched of [4, 5]) await producer.verify(batched, topics, {}, 'after the end');
    }
    await producer.init(version);
    await producer.describe();
    await producer.end(version, true, {}, 'of nothing');
    await producer.add(Math.min(version, 3), topics);
    await producer.end(version, false);
  }
}

/** An open transaction is aborted where its producer is initialised again: the new one is asked to wait. */
async function fencing(both: Both): Promise<void> {
  await both.createTopic('txn-fence', { partitions: 1 });
  await untilTransactionsAreCoordinated(both);
  const topics = [{ name: 'txn-fence', partitions: [0] }];
  for (const version of versionsOf(InitProducerId)) {
    const old = new Producer(both, `fence-${version}`);
    await old.init(version);
    await old.add(3, topics);
    const successor = new Producer(both, old.transactionalId);
    await successor.init(version, null, { note: 'while one is open' });
    await old.untilComplete();
    await old.describe();
    await successor.init(version, null, { note: 'after its abort' });
    for (const end of versionsOf(EndTxn)) await old.end(end, true, {}, 'fenced');
    for (const add of versionsOf(AddPartitionsToTxn)) await old.add(add, topics, {}, 'fenced');
    for (const add of versionsOf(AddOffsetsToTxn)) await old.addOffsets(add, 'g', {}, 'fenced');
    for (const verify of [4, 5]) await old.verify(verify, topics, {}, 'fenced');
    if (version >= 3) await old.init(version, sameEpoch, { note: 'fenced' });
    await successor.add(3, topics);
    await successor.describe();
    if (version < 3) {
      await successor.end(3, true);
      continue;
    }
    await successor.init(version, sameEpoch, { note: 'its own transaction is open' });
    await successor.untilComplete();
    // Its own epoch has been raised to abort it.
    await successor.init(version, sameEpoch, { note: 'fenced by itself' });
    await successor.init(
      version,
      ({ producerId, producerEpoch }) => ({ producerId, producerEpoch: producerEpoch + 1 }),
      {
        note: 'with the epoch that it never heard of',
      },
    );
    await successor.describe();
  }
}

/** A transaction that is open for too long is aborted by its coordinator. */
async function timeouts(both: Both): Promise<void> {
  await both.createTopic('txn-late', { partitions: 1 });
  await untilTransactionsAreCoordinated(both);
  const producer = new Producer(both, 'late');
  await producer.init(4, null, { timeoutMs: 1000 });
  await producer.add(3, [{ name: 'txn-late', partitions: [0] }]);
  await producer.untilComplete();
  await producer.describe();
  await producer.end(2, true, {}, 'too late');
  await producer.end(1, true, {}, 'too late');
  await producer.init(4, sameEpoch, { note: 'fenced by the timeout' });
  await producer.init(4, null, { note: 'anew' });
  await producer.describe();
}

export const transactions: readonly Scenario[] = [
  { name: 'transactions: coordinators', run: coordinators },
  { name: 'transactions: InitProducerId', run: initialisation },
  { name: 'transactions: strangers', run: strangers },
  { name: 'transactions: partitions', run: partitions },
  { name: 'transactions: batches', run: batches },
  { name: 'transactions: ends', run: ends },
  { name: 'transactions: fencing', run: fencing },
  { name: 'transactions: timeouts', run: timeouts },
];
