import { setTimeout as sleep } from 'node:timers/promises';
import { AddOffsetsToTxn } from '@odradek/protocol/messages/add-offsets-to-txn';
import { AddPartitionsToTxn } from '@odradek/protocol/messages/add-partitions-to-txn';
import { DescribeTransactions } from '@odradek/protocol/messages/describe-transactions';
import { EndTxn } from '@odradek/protocol/messages/end-txn';
import { InitProducerId } from '@odradek/protocol/messages/init-producer-id';
import { ListTransactions } from '@odradek/protocol/messages/list-transactions';
import { Produce } from '@odradek/protocol/messages/produce';
import { TxnOffsetCommit } from '@odradek/protocol/messages/txn-offset-commit';
import type { Both } from '../both';
import type { Scenario } from '../main';
import { batch } from '../records';
import { untilThereIsACoordinator } from './groups';
import { Orders } from './orders';
import { olderEpoch, Producer, sameEpoch, untilTransactionsAreCoordinated, versionsOf } from './transactional-producer';

const TOPIC = 'moved-txn';
const TRANSACTIONS = '__transaction_state';
const ALL_OF_THEM = [0, 1, 2];
const UNTIL = { paths: [''], why: 'asked until both are there' };

/** Whatever may be asked for a transactional id, in every version. */
async function everything(
  both: Both,
  producer: Producer,
  note: string,
  settled: () => Promise<void> = async () => {},
): Promise<void> {
  const topics = [{ name: TOPIC, partitions: [0] }];
  for (const version of versionsOf(InitProducerId)) {
    await producer.init(version, null, { note: `${producer.transactionalId} ${note}` });
    await settled();
    if (version < 3) continue;
    await producer.init(version, sameEpoch, { note: `${producer.transactionalId} ${note}, its epoch` });
    await producer.init(version, olderEpoch, { note: `${producer.transactionalId} ${note}, an older epoch` });
    await producer.init(version, () => ({ producerId: 123_456_789, producerEpoch: 1 }), {
      note: `${producer.transactionalId} ${note}, another id`,
    });
    await producer.init(version, null, { timeoutMs: -1, note: `${producer.transactionalId} ${note}, no timeout` });
  }
  for (const change of [{}, { producerEpoch: 77 }, { producerId: 123_456_789 }]) {
    const what = `${note} ${JSON.stringify(change)}`;
    for (const version of versionsOf(AddPartitionsToTxn)) await producer.add(version, topics, change, what);
    for (const version of [4, 5]) await producer.verify(version, topics, change, what);
    for (const version of [4, 5]) {
      await producer.verify(version, [{ name: TOPIC, partitions: [1] }], change, `${what}, in it`);
    }
    for (const version of versionsOf(AddOffsetsToTxn)) await producer.addOffsets(version, 'moved', change, what);
    for (const version of versionsOf(EndTxn)) {
      for (const committed of [true, false]) {
        await producer.end(version, committed, change, what);
        await settled();
      }
    }
  }
  await writes(both, producer, note);
}

/** What is written in the transaction's name: leaders ask its coordinator (KIP-890). */
async function writes(both: Both, producer: Producer, note: string): Promise<void> {
  const { transactionalId } = producer;
  for (const index of [0, 1]) {
    await both.sendEvery(
      Produce,
      () => (side) => {
        const records = batch(1, { ...producer.id(side), baseSequence: 0, isTransactional: true });
        const topicData = [{ name: TOPIC, partitionData: [{ index, records }] }];
        return { transactionalId, acks: -1, timeoutMs: 1000, topicData };
      },
      { note: `${transactionalId} to ${index}, ${note}` },
      { from: 9, to: Produce.range.to },
    );
  }
  const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }];
  await both.sendEvery(
    TxnOffsetCommit,
    () => (side) => ({
      transactionalId,
      groupId: 'moved',
      ...producer.id(side),
      topics: [{ name: TOPIC, partitions }],
    }),
    { note: `${transactionalId} ${note}` },
  );
}

async function overview(both: Both, note: string): Promise<void> {
  const mine = ['empty', 'open', 'commit', 'abort', 'fenced', 'late', 'nobody'].map((name) => `moved-${name}`);
  await both.send(DescribeTransactions, 0, { transactionalIds: mine }, { note });
  for (const state of ['Empty', 'Ongoing', 'PrepareCommit', 'PrepareAbort', 'CompleteCommit', 'PrepareEpochFence']) {
    const request = { stateFilters: [state], producerIdFilters: [] };
    await both.sendEvery(ListTransactions, () => request, { note: `${note}: ${state}` });
  }
}

/** Waits until the transaction is in such a state on both sides. */
async function untilIs(both: Both, { transactionalId }: Producer, is: (state: string) => boolean): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const request = { transactionalIds: [transactionalId] };
    const answers = await both.send(DescribeTransactions, 0, request, { except: UNTIL });
    const states = [answers.ours, answers.apache].map((answer) => answer.transactionStates[0]!.transactionState);
    if (states.every(is)) return;
    await sleep(50);
  }
  throw new Error(`${transactionalId} does not get on`);
}

/**
 * Transactions that are decided and cannot end, for a leader is missing; then their coordinator goes away, and comes back.
 */
async function transactions(both: Both): Promise<void> {
  await both.createTopic(TOPIC, { partitions: 2 });
  await untilThereIsACoordinator(both);
  await untilTransactionsAreCoordinated(both);
  const orders = new Orders(both);
  await orders.brokersAre([0, 1]);
  const [empty, open, commit, abort, fenced, late] = ['empty', 'open', 'commit', 'abort', 'fenced', 'late'].map(
    (name) => new Producer(both, `moved-${name}`),
  ) as [Producer, Producer, Producer, Producer, Producer, Producer];
  const away = [{ name: TOPIC, partitions: [1] }];
  await late.init(4, null, { timeoutMs: 3000 });
  for (const producer of [empty, open, commit, abort, fenced]) await producer.enter();
  for (const producer of [open, commit, abort, fenced, late]) {
    await producer.add(3, away);
    await writes(both, producer, 'begun');
  }
  await orders.follow(TOPIC, [1]);
  await commit.end(3, true);
  await abort.end(3, false);
  await new Producer(both, fenced.transactionalId).init(4, null, { note: 'fences' });
  await untilIs(both, late, (state) => state === 'PrepareAbort');
  const stuck = [commit, abort, fenced, late];
  await overview(both, 'decided');
  for (const producer of stuck) await everything(both, producer, 'decided');
  await orders.follow(TRANSACTIONS, ALL_OF_THEM);
  await overview(both, 'the coordinator is away');
  for (const producer of [empty, open, ...stuck, new Producer(both, 'moved-nobody')]) {
    await everything(both, producer, 'away');
  }
  await orders.lead(TRANSACTIONS, ALL_OF_THEM);
  await untilTransactionsAreCoordinated(both);
  await overview(both, 'the coordinator is back');
  for (const producer of stuck) await everything(both, producer, 'back');
  await orders.lead(TOPIC, [1]);
  for (const producer of stuck) await producer.untilComplete();
  await overview(both, 'ended');
  for (const producer of [empty, open, ...stuck]) {
    await everything(both, producer, 'ended', () => untilIs(both, producer, (state) => !state.startsWith('Prepare')));
  }
  await orders.brokersAre([0]);
}

export const movedCoordinators: readonly Scenario[] = [{ name: 'coordinators away: transactions', run: transactions }];
