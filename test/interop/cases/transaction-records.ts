import { DescribeTransactions } from '@odradek/protocol/messages/describe-transactions';
import { Fetch } from '@odradek/protocol/messages/fetch';
import { ListTransactions } from '@odradek/protocol/messages/list-transactions';
import type { Both } from '../both';
import type { Scenario } from '../main';
import type { SideName } from '../world';
import { olderEpoch, Producer, sameEpoch, untilTransactionsAreCoordinated, versionsOf } from './transactional-producer';

const MANY_BYTES = 10_000_000;

async function overviews(both: Both): Promise<void> {
  await both.createTopic('txn-list', { partitions: 1 });
  await untilTransactionsAreCoordinated(both);
  const idle = new Producer(both, 'list-idle');
  const open = new Producer(both, 'list-open');
  await idle.enter();
  await open.enter();
  await open.add(3, [{ name: 'txn-list', partitions: [0] }]);
  const filters: readonly (readonly [string[], (side: SideName) => number[]])[] = [
    [[], (side) => [idle.id(side).producerId]],
    [[], (side) => [open.id(side).producerId, idle.id(side).producerId, 987_654_321]],
    [['Ongoing'], (side) => [open.id(side).producerId, idle.id(side).producerId]],
    [['Empty', 'Ongoing'], (side) => [open.id(side).producerId, idle.id(side).producerId]],
    [['ongoing', '', 'Dead', 'PrepareEpochFence'], () => []],
    [['Nonsense', 'Ongoing'], (side) => [open.id(side).producerId]],
    [['Nonsense', 'Nonsense'], () => []],
    [['Dead'], () => []],
  ];
  for (const [stateFilters, ids] of filters) {
    const note = `${stateFilters}`;
    for (const version of versionsOf(ListTransactions)) {
      const request = (side: SideName) => ({ stateFilters, producerIdFilters: ids(side) });
      await both.send(ListTransactions, version, request, { note });
    }
    for (const durationFilter of [-1, -7, 0, 600_000]) {
      const request = (side: SideName) => ({ stateFilters, producerIdFilters: ids(side), durationFilter });
      await both.send(ListTransactions, 1, request, { note: `${note} for ${durationFilter}` });
    }
  }
  for (const transactionalIds of [[], [''], ['nobody'], ['list-idle', 'nobody', '', 'list-open', 'list-idle']]) {
    await both.send(DescribeTransactions, 0, { transactionalIds }, { note: `${transactionalIds}` });
  }
  await open.end(3, false);
}

/** The coordinators' own records, of everything that leaves some. */
async function records(both: Both): Promise<void> {
  await both.createTopic('txn-records', { partitions: 3 });
  await both.createTopic('txn-records-too', { partitions: 1 });
  await untilTransactionsAreCoordinated(both);
  const topics = [
    { name: 'txn-records', partitions: [2, 0] },
    { name: 'txn-records-too', partitions: [0] },
  ];
  const producer = new Producer(both, 'rec-a');
  await producer.init(4);
  await producer.init(4, sameEpoch);
  await producer.init(4, olderEpoch);
  for (const committed of [true, false]) {
    await producer.add(3, topics.slice(0, 1));
    await producer.add(3, topics.slice(0, 1), {}, 'no record');
    await producer.addOffsets(3, 'rec-group');
    await producer.add(3, topics);
    await producer.end(3, committed);
    await producer.untilComplete();
  }
  await producer.init(4, sameEpoch);
  const fenced = new Producer(both, 'rec-fenced');
  await fenced.init(4);
  await fenced.add(3, topics);
  await fenced.init(4, null, { note: 'while one is open' });
  await fenced.untilComplete();
  await fenced.init(4);
  const late = new Producer(both, 'rec-late');
  await late.init(4, null, { timeoutMs: 500 });
  await late.add(3, topics);
  await late.untilComplete();
  const empty = new Producer(both, 'rec-empty');
  await empty.init(4);
  await empty.add(3, []);
  await empty.end(3, true);
  await empty.untilComplete();
  let bytes = 0;
  for (const partition of [0, 1, 2]) {
    const read = { partition, fetchOffset: 0, partitionMaxBytes: MANY_BYTES };
    const request = { maxWaitMs: 0, minBytes: 0, topics: [{ topic: '__transaction_state', partitions: [read] }] };
    const { apache } = await both.send(Fetch, 11, request, {
      note: `records of partition ${partition}`,
      storedTransactions: 'rec-',
      except: {
        paths: ['responses[0].partitions[0].highWatermark', 'responses[0].partitions[0].lastStableOffset', 'bytes'],
        why: 'other scenarios ask until both are ready',
      },
    });
    bytes += apache.responses[0]!.partitions[0]!.records!.length;
  }
  if (bytes === 0) both.report('records', ['there are none']);
}

export const transactionRecords: readonly Scenario[] = [
  { name: 'transactions: list and describe', run: overviews },
  { name: 'transactions: records', run: records },
];
