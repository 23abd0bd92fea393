import { KafkaError } from '@odradek/protocol/errors';
import { ManualClock } from '../env/testing/clock';
import { PartitionLoading } from './partition-loading';
import type { LogChunk } from './partition-writer';

test('a partition that is lost while it is read takes no other one along', async () => {
  const clock = new ManualClock();
  const loaded: number[] = [];
  const read = (_topic: string, partition: number): LogChunk | null => {
    if (partition !== 0) return null;
    // A disk that fails makes the broker give up what lies on it before the reader hears of it.
    loading.cancel(0);
    throw new KafkaError('KAFKA_STORAGE_ERROR');
  };
  const writer = { read, append: () => {}, whenCommitted: () => {}, maxBatchBytes: () => 0 };
  const loading = new PartitionLoading({
    topic: 't',
    writer,
    clock,
    bufferBytes: 1024,
    newReplay: () => ({ add: () => {} }),
    failed: () => {},
  });
  for (const partition of [0, 1, 2]) loading.start(partition, () => loaded.push(partition));
  await clock.settle();
  expect(loaded).toEqual([1, 2]);
});

test('what comes before bytes that are no records is all that there is', async () => {
  const clock = new ManualClock();
  const loaded: number[] = [];
  const failures: number[] = [];
  const read = (_topic: string, partition: number): LogChunk | null => {
    if (partition === 0) throw new KafkaError('CORRUPT_MESSAGE');
    return null;
  };
  const writer = { read, append: () => {}, whenCommitted: () => {}, maxBatchBytes: () => 0 };
  const loading = new PartitionLoading({
    topic: 't',
    writer,
    clock,
    bufferBytes: 1024,
    newReplay: () => ({ add: () => {} }),
    failed: (partition) => failures.push(partition),
  });
  for (const partition of [0, 1]) loading.start(partition, () => loaded.push(partition));
  await clock.settle();
  expect(loaded).toEqual([0, 1]);
  expect(failures).toEqual([0]);
});
