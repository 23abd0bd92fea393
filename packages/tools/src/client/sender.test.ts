import { ToolError } from '../tool-error';
import { PartitionQueue, ProducerBatch } from './accumulator';
import { producerSettings } from './producer-config';
import type { ProducerIdentity } from './producer-identity';
import { Sender } from './sender';

const noLog = (): void => undefined;

it('who drops batches tells the identity which of them left a gap in the sequence', () => {
  const gaveUp: boolean[] = [];
  const identity = { gaveUp: (_: ToolError, hadSequence: boolean) => gaveUp.push(hadSequence) };
  const queue = new PartitionQueue('t', 0);
  const failed: string[] = [];
  for (const hasSequence of [true, false]) {
    const batch = new ProducerBatch({ compression: 'none', records: [] } as never, 0, 1_000);
    batch.tryAppend({ timestamp: 0, value: Buffer.from('x') }, (error) => failed.push(error!.message));
    if (hasSequence) batch.setProducer(1, 0, 0, true);
    queue.batches.push(batch);
  }
  const queues = new Map([[queue.name, queue]]);
  const settings = producerSettings(new Map(), noLog);
  const sender = new Sender(
    undefined as never,
    undefined as never,
    settings,
    queues,
    identity as unknown as ProducerIdentity,
  );
  sender.abort(new ToolError('x', 'dropped'));
  expect({ gaveUp, failed, left: queue.batches.length }).toEqual({
    gaveUp: [true, false],
    failed: ['dropped', 'dropped'],
    left: 0,
  });
});
