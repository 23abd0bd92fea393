import { forEachBatch, setBaseOffset, setPartitionLeaderEpoch } from '@odradek/protocol/records/batch';
import { readRecords } from '@odradek/protocol/records/record';
import { listPartitions } from './partition-set';
import {
  parseTransactionKey,
  parseTransactionValue,
  tombstonesBatch,
  transactionBatch,
  transactionKey,
  transactionValue,
} from './records';
import { APACHE_LOG } from './vectors/apache-log';

const batches: Buffer[] = [];
forEachBatch(APACHE_LOG, (at, size) => {
  batches.push(APACHE_LOG.subarray(at, at + size));
});

const idOf = (key: Buffer): string => (parseTransactionKey(key) as { transactionalId: string }).transactionalId;

test.each(batches.map((batch, index) => [index, batch] as const))('batch %i is what Apache has written', (_, batch) => {
  const { key, value, timestamp, offset } = [...readRecords(batch, 0)][0]!;
  const transactionalId = idOf(key!);
  const ours =
    value === null
      ? tombstonesBatch([transactionKey(transactionalId)], timestamp)
      : transactionBatch(transactionalId, parseTransactionValue(value), timestamp);
  setBaseOffset(ours, 0, offset);
  setPartitionLeaderEpoch(ours, 0, 0);
  expect(ours.toString('hex')).toBe(batch.toString('hex'));
});

test('the log tells the lives of three transactional ids', () => {
  const told = batches
    .flatMap((batch) => [...readRecords(batch, 0)])
    .map(({ key, value }) => {
      if (value === null) return `${idOf(key!)}: gone`;
      const { producerId, producerEpoch, state, partitions } = parseTransactionValue(value);
      const names = listPartitions(partitions).map(({ topic, partition }) => `${topic}-${partition}`);
      return `${idOf(key!)}: ${producerId}/${producerEpoch} ${state} ${names}`.trim();
    });
  expect(told).toEqual([
    'golden-a: 0/0 Empty',
    'golden-a: 0/0 Ongoing alpha-0',
    'golden-a: 0/0 PrepareCommit alpha-0',
    'golden-a: 0/0 CompleteCommit',
    'golden-a: 0/0 Ongoing alpha-2',
    'golden-a: 0/0 Ongoing alpha-2,beta-0',
    'golden-a: 0/0 Ongoing alpha-2,__consumer_offsets-1,beta-0',
    'golden-a: 0/0 PrepareAbort alpha-2,__consumer_offsets-1,beta-0',
    'golden-a: 0/0 CompleteAbort',
    'golden-b: 1/0 Empty',
    'golden-b: 1/0 Ongoing beta-0',
    'golden-b: 1/1 PrepareAbort beta-0',
    'golden-b: 1/1 CompleteAbort',
    'golden-ä: 2/0 Empty',
    'golden-ä: 2/0 Ongoing alpha-1',
    'golden-a: gone',
    'golden-b: gone',
  ]);
});

test('a record of an idle id has nothing of the transaction before', () => {
  const [record] = [...readRecords(batches[3]!, 0)];
  const complete = parseTransactionValue(record!.value!);
  const value = parseTransactionValue(transactionValue({ ...complete, state: 'Empty' }));
  expect(complete.startTimestamp).toBeGreaterThan(0);
  expect(value.startTimestamp).toBe(-1);
});

test('values of the flexible version are read, others are not', () => {
  // producerId 5, epoch 2, timeout 1000, Ongoing, [t: [3]], 7, 6, no tags: TransactionLogValue version 1.
  const flexible = Buffer.from(
    '0001' +
      '0000000000000005' +
      '0002' +
      '000003e8' +
      '01' +
      '02' +
      '0274' +
      '02' +
      '00000003' +
      '00' +
      '0000000000000007' +
      '0000000000000006' +
      '00',
    'hex',
  );
  expect(parseTransactionValue(flexible)).toMatchObject({
    producerId: 5,
    producerEpoch: 2,
    state: 'Ongoing',
    partitions: new Map([['t', new Set([3])]]),
    startTimestamp: 6,
    lastUpdateTimestamp: 7,
  });
  const unknown = Buffer.from(flexible);
  unknown.writeInt16BE(2, 0);
  expect(() => parseTransactionValue(unknown)).toThrow('Unknown version 2 of TransactionLogValue');
  const dead = Buffer.from(flexible);
  dead[16] = 6;
  expect(() => parseTransactionValue(dead)).toThrow('Unknown transaction state id 6');
  expect(parseTransactionKey(Buffer.from([0, 9, 1]))).toEqual({ version: 9 });
});
