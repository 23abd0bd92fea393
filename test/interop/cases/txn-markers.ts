import fs from 'node:fs';
import path from 'node:path';
import { DeleteTopics } from '@odradek/protocol/messages/delete-topics';
import { DescribeProducers } from '@odradek/protocol/messages/describe-producers';
import { Fetch } from '@odradek/protocol/messages/fetch';
import { ListOffsets } from '@odradek/protocol/messages/list-offsets';
import { Produce } from '@odradek/protocol/messages/produce';
import { WriteTxnMarkers } from '@odradek/protocol/messages/write-txn-markers';
import type { BatchInit } from '@odradek/protocol/records/builder';
import type { Both } from '../both';
import type { Scenario } from '../main';
import { batch } from '../records';
import { SIDES, type SideName } from '../world';
import { forgetKilled, untilLed } from '../zookeeper';
import { mark, marker, unverified, Writers } from './transactional';
import { Producer, untilTransactionsAreCoordinated } from './transactional-producer';

const READ_COMMITTED = 1;
/** Markers bear the time of the broker. */
const TIMES = {
  paths: ['topics[0].partitions[0].activeProducers'],
  why: 'the time of a marker is that of its broker',
};

/** What is to be seen of a partition: its records, its producers, and what is stable. */
async function look(both: Both, topic: string, note: string, partition = 0): Promise<void> {
  const wish = { partition, fetchOffset: 0, partitionMaxBytes: 1 << 20 };
  const request = { maxWaitMs: 0, minBytes: 0, maxBytes: 1 << 20, isolationLevel: READ_COMMITTED };
  await both.send(
    Fetch,
    11,
    { ...request, topics: [{ topic, partitions: [wish] }], forgottenTopicsData: [] },
    { note: `${topic}: ${note}` },
  );
  const latest = { partitionIndex: partition, timestamp: -1 };
  await both.send(ListOffsets, 5, {
    replicaId: -1,
    isolationLevel: READ_COMMITTED,
    topics: [{ name: topic, partitions: [latest] }],
  });
  const asked = { topics: [{ name: topic, partitionIndexes: [partition] }] };
  const answers = await both.send(DescribeProducers, 0, asked, { note: `${topic}: ${note}`, except: TIMES });
  const [ours, apache] = SIDES.map((side) =>
    answers[side].topics[0]!.partitions[0]!.activeProducers.map(({ lastTimestamp: _, ...rest }) => JSON.stringify(rest))
      .sort()
      .join('\n'),
  );
  if (ours !== apache) both.report(`producers of ${topic}, ${note}`, [`ours ${ours}`, `Apache ${apache}`]);
}

async function versions(both: Both): Promise<void> {
  for (const version of [0, 1]) {
    const topic = `markers-${version}`;
    await both.createTopic(topic, { partitions: 3 });
    const writers = new Writers(both, topic);
    await writers.write(1, 2);
    await writers.write(2, 1);
    await writers.write(1, 3, { partition: 1 });
    await look(both, topic, 'open');
    await mark(both, version, [marker(1, { [topic]: [0, 1] })]);
    await look(both, topic, 'one committed');
    await mark(both, version, [marker(2, { [topic]: [0] }, { transactionResult: false })]);
    await look(both, topic, 'one aborted');
    await mark(both, version, [marker(1, { [topic]: [2] }, { transactionResult: false })], { note: 'without data' });
    await mark(both, version, [marker(9, { [topic]: [2] })], { note: 'of one that nobody knows' });
    await look(both, topic, 'markers alone', 2);
    await mark(both, version, [marker(1, { [topic]: [0] })], { note: 'again' });
    await writers.write(1, 1);
    await writers.write(2, 1);
    await writers.write(3, 1);
    await mark(both, version, [
      marker(1, { [topic]: [0, 1, 2] }),
      marker(2, { [topic]: [0] }, { transactionResult: false }),
      marker(3, { [topic]: [0, 9], 'markers-none': [0, 1] }),
    ]);
    await look(both, topic, 'three at once');
    await look(both, topic, 'partition 1', 1);
    // Apache's broker waits for as many answers as there are partitions, and gets one less.
    const twice = { note: 'a partition twice', mayHang: true, patienceMs: 1500 };
    await mark(both, version, [marker(1, { [topic]: [0, 0] })], twice);
    await mark(both, version, [marker(1, { [topic]: [0] }), marker(1, { [topic]: [0, 1] })], {
      note: 'a producer twice',
    });
    await look(both, topic, 'twice');
  }
}

async function refusals(both: Both): Promise<void> {
  const topic = 'markers-refused';
  await both.createTopic(topic, { partitions: 2 });
  const writers = new Writers(both, topic);
  const every = (note: string, ...markers: Parameters<typeof mark>[2]) =>
    both.sendEvery(WriteTxnMarkers, () => ({ markers }), { note });
  await every('nothing');
  await every('a producer without topics', marker(1, {}));
  await every('two without topics', marker(1, {}), marker(2, {}));
  await every('a topic without partitions', marker(1, { [topic]: [] }));
  await every('without and with', marker(1, {}), marker(2, { [topic]: [0] }));
  await every('an unknown topic', marker(1, { 'markers-none': [0] }));
  await every('an unknown partition', marker(1, { [topic]: [2] }));
  await every('partition -1', marker(1, { [topic]: [-1] }));
  await every('a bad name', marker(1, { 'a b': [0], '': [0] }));
  await every('unknown for both', marker(1, { 'markers-none': [0] }), marker(2, { 'markers-none': [0] }));
  await every('without a producer', marker(-1, { [topic]: [0] }));
  await every('without a producer, and with', marker(1, { [topic]: [0] }), marker(-1, { [topic]: [0, 1] }));
  await every('without an epoch', marker(1, { [topic]: [0] }, { producerEpoch: -1 }));
  await look(both, topic, 'strange markers');
  const open = async (epoch: number): Promise<void> => {
    await writers.write(10, 1, { epoch });
    await look(both, topic, `open in epoch ${epoch}`);
  };
  await open(3);
  await every('an older epoch', marker(10, { [topic]: [0, 1] }, { producerEpoch: 2 }));
  await look(both, topic, 'an older epoch');
  await every('the same', marker(10, { [topic]: [0] }, { producerEpoch: 3, coordinatorEpoch: 5 }));
  await look(both, topic, 'the same epoch');
  await open(3);
  await every('an older coordinator', marker(10, { [topic]: [0] }, { producerEpoch: 3, coordinatorEpoch: 4 }));
  await look(both, topic, 'an older coordinator');
  await every('a newer epoch', marker(10, { [topic]: [0] }, { producerEpoch: 4, coordinatorEpoch: 6 }));
  await look(both, topic, 'a newer epoch');
  // The producer is fenced.
  await writers.write(10, 1, { epoch: 3 });
  await open(4);
  await every(
    'of many, the older one',
    marker(10, { [topic]: [0] }, { producerEpoch: 1, coordinatorEpoch: 6 }),
    marker(11, { [topic]: [0] }),
  );
  await every(
    'the last epoch',
    marker(10, { [topic]: [0] }, { producerEpoch: 32_767, coordinatorEpoch: 2_147_483_647 }),
  );
  await look(both, topic, 'the last epoch');
  await writers.write(10, 1, { epoch: 32_767, isTransactional: false });
  await writers.write(12, 1, { epoch: 0, isTransactional: false });
  await look(both, topic, 'outside of transactions');
  await writers.write(12, 1);
  await writers.write(12, 1, { isTransactional: false });
  await look(both, topic, 'a plain batch in an open transaction');
}

/** The indexes of aborted transactions lie in the same files, byte by byte, and are cut with their segments. */
async function indexes(both: Both): Promise<void> {
  const topic = 'markers-index';
  await both.createTopic(topic, { configs: { 'segment.bytes': '2000', 'index.interval.bytes': '100' } });
  const writers = new Writers(both, topic);
  const open = new Set<number>();
  let state = 11;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  for (let step = 0; step < 120; step++) {
    const producerId = 20 + below(6);
    if (open.has(producerId) && below(2) === 0) {
      await writers.end(producerId, below(3) === 0);
      open.delete(producerId);
    } else {
      await writers.write(producerId, 1 + below(4));
      open.add(producerId);
    }
  }
  compareIndexes(both, topic, 'written');
  await look(both, topic, 'many segments');
  await both.world.restart('SIGTERM');
  await untilLed(both.world, topic);
  compareIndexes(both, topic, 'after a clean end');
  await look(both, topic, 'after a clean end');
  await both.world.restart('SIGKILL', { whileDown: () => forgetKilled(both.world) });
  await untilLed(both.world, topic);
  compareIndexes(both, topic, 'recovered');
  await look(both, topic, 'recovered');
  for (const producerId of [...open]) await writers.end(producerId, false);
  compareIndexes(both, topic, 'all ended');
  await look(both, topic, 'all ended');
  await both.send(DeleteTopics, 5, { topicNames: [topic], timeoutMs: 10_000 });
}

function compareIndexes(both: Both, topic: string, note: string): void {
  const [ours, apache] = SIDES.map((side) => {
    const folder = path.join(both.world.sides[side].logDir, `${topic}-0`);
    const files = fs.readdirSync(folder).filter((name) => name.endsWith('.txnindex'));
    const filled = files.map((name) => [name, fs.readFileSync(path.join(folder, name)).toString('hex')]);
    return filled
      .filter(([, bytes]) => bytes !== '')
      .map((entry) => entry.join(' '))
      .sort();
  });
  both.compared++;
  const lines = [
    ...ours!.filter((it) => !apache!.includes(it)).map((it) => `ours ${it}`),
    ...apache!.filter((it) => !ours!.includes(it)).map((it) => `Apache ${it}`),
  ];
  both.report(`indexes of ${topic}, ${note}`, lines);
  if (apache!.length === 0) both.report(`indexes of ${topic}, ${note}`, ['there are none']);
}

/** What the coordinator does not know of is not appended (KIP-890). */
async function verification(both: Both): Promise<void> {
  const topic = 'markers-verified';
  await both.createTopic(topic, { partitions: 4 });
  await untilTransactionsAreCoordinated(both);
  for (let version = 3; version <= Produce.range.to; version++) {
    const producer = new Producer(both, `markers-verified-${version}`);
    const sequences = new Map<number, number>();
    const attempt = async (note: string, partitions: readonly number[], change: BatchInit = {}, id?: string) => {
      const request = (side: SideName) => ({
        transactionalId: id ?? producer.transactionalId,
        acks: -1,
        timeoutMs: 5000,
        topicData: [
          {
            name: topic,
            partitionData: partitions.map((index) => {
              const baseSequence = sequences.get(index) ?? 0;
              const init = { ...producer.id(side), baseSequence, isTransactional: true, ...change };
              return { index, records: batch(1, init) };
            }),
          },
        ],
      });
      // What other versions have appended is the same on both sides.
      const { apache } = await both.send(Produce, version, request, { note: `${note} of ${version}` });
      for (const { index, errorCode } of apache?.responses[0]?.partitionResponses ?? []) {
        if (errorCode === 0) sequences.set(index, (sequences.get(index) ?? 0) + 1);
      }
    };
    const topics = [{ name: topic, partitions: [0, 1] }];
    await attempt('of nobody', [0], { producerId: 77, producerEpoch: 0 });
    await producer.enter();
    await attempt('not begun', [0]);
    await producer.add(3, topics);
    await attempt('added and not', [1, 2, 9]);
    await attempt('another transactional id', [0], {}, 'markers-verified-none');
    await attempt('an older epoch', [0], { producerEpoch: 32_000 });
    await attempt('another producer', [0], { producerId: 4_000_000 });
    await attempt('not transactional', [3], {
      isTransactional: false,
      producerId: -1,
      producerEpoch: -1,
      baseSequence: -1,
    });
    await attempt('the first after its refusals', [0]);
    await attempt('more', [0, 1]);
    await attempt('more and not', [0, 2, 1]);
    await attempt('idempotent, in an open transaction', [0], { isTransactional: false });
    await producer.end(3, version % 2 === 0);
    await producer.untilComplete();
    await attempt('after the end', [0]);
    await producer.add(3, topics);
    await attempt('in the next transaction', [0, 1]);
    await producer.end(3, true);
    await producer.untilComplete();
  }
  const two = [0, 1].map((index) => ({
    index,
    records: batch(1, { ...TWO[index]!, baseSequence: 0, isTransactional: true }),
  }));
  const request = {
    transactionalId: 'markers-two',
    acks: -1,
    timeoutMs: 5000,
    topicData: [{ name: topic, partitionData: two }],
  };
  await both.sendEvery(Produce, () => request, { note: 'two producers' }, { from: 3, to: Produce.range.to });
}

const TWO = [
  { producerId: 70, producerEpoch: 0 },
  { producerId: 71, producerEpoch: 0 },
];

export const txnMarkers: readonly Scenario[] = [
  { name: 'txn-markers: versions', run: (both) => unverified(both, () => versions(both)) },
  { name: 'txn-markers: refusals', run: (both) => unverified(both, () => refusals(both)) },
  { name: 'txn-markers: indexes', run: (both) => unverified(both, () => indexes(both)) },
  { name: 'txn-markers: verification', run: verification },
];
