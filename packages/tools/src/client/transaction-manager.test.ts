import { ServerError } from '../tool-error';
import { PartitionQueue } from './accumulator';
import type { KafkaClient } from './client';
import { producerSettings } from './producer-config';
import { TransactionManager } from './transaction-manager';

const noLog = (): void => undefined;
const T0 = { topic: 't', partition: 0 };
const T1 = { topic: 't', partition: 1 };

/** A coordinator that answers as it is told, and remembers what it was asked. */
function coordinator(maxBlockMs = '60000') {
  const asked: string[] = [];
  const errors: number[] = [];
  let epoch = 0;
  const client = {
    options: { requestTimeoutMs: 1_000 },
    sendToAny: async () => ({ coordinators: [{ key: 'x', errorCode: 0, nodeId: 1, host: 'h', port: 1 }] }),
    sendToCoordinator: async (_: unknown, { name }: { name: string }, request: unknown) => {
      const made = (typeof request === 'function' ? request(5) : request) as Record<string, unknown>;
      const { producerEpoch, committed, v3AndBelowTopics } = made;
      asked.push(`${name} ${JSON.stringify(committed ?? v3AndBelowTopics ?? producerEpoch)}`);
      const errorCode = errors.shift() ?? 0;
      if (name === 'AddPartitionsToTxn') {
        const partitionErrorCode = errorCode;
        return {
          errorCode: 0,
          resultsByTopicV3AndBelow: [{ name: 't', resultsByPartition: [{ partitionIndex: 0, partitionErrorCode }] }],
        };
      }
      return { errorCode, producerId: 7, producerEpoch: name === 'InitProducerId' && errorCode === 0 ? epoch++ : -1 };
    },
  };
  const properties = new Map([
    ['transactional.id', 'x'],
    ['retry.backoff.ms', '1'],
    ['max.block.ms', maxBlockMs],
  ]);
  const manager = new TransactionManager(client as unknown as KafkaClient, producerSettings(properties, noLog), 'x');
  return { manager, asked, errors };
}

async function opened(maxBlockMs?: string) {
  const all = coordinator(maxBlockMs);
  await all.manager.initialize();
  all.manager.begin();
  all.asked.length = 0;
  return all;
}

describe('a transaction', () => {
  it('tells its coordinator of partitions before they are written to, and once', async () => {
    const { manager, asked } = await opened();
    const queue = new PartitionQueue('t', 0);
    manager.add(T0);
    expect(manager.admits(queue)).toBe(false);
    expect(await manager.prepare()).toBe('new');
    expect(manager.admits(queue)).toBe(true);
    manager.add(T0);
    manager.add(T1);
    expect(await manager.prepare()).toBe('same');
    await manager.commit();
    expect(asked).toEqual([
      'AddPartitionsToTxn [{"name":"t","partitions":[0]}]',
      'AddPartitionsToTxn [{"name":"t","partitions":[1]}]',
      'EndTxn true',
    ]);
    expect(manager.admits(queue)).toBe(false);
  });

  it('that wrote nothing ends without a word', async () => {
    const { manager, asked } = await opened();
    await manager.commit();
    manager.begin();
    await manager.abort();
    expect(asked).toEqual([]);
  });

  it('waits for the end of the one before', async () => {
    const { manager, asked, errors } = await opened();
    errors.push(51, 16, 14); // CONCURRENT_TRANSACTIONS, NOT_COORDINATOR, COORDINATOR_LOAD_IN_PROGRESS
    manager.add(T0);
    await manager.prepare();
    expect(asked).toHaveLength(4);
  });

  it('that lost a batch can only be aborted, and the next one has a new epoch', async () => {
    const { manager, asked } = await opened();
    manager.add(T0);
    await manager.prepare();
    manager.gaveUp(new ServerError('REQUEST_TIMED_OUT'), true);
    await expect(manager.commit()).rejects.toThrow(
      'Cannot execute transactional method because we are in an error state',
    );
    await expect(manager.prepare()).rejects.toThrow('in an error state');
    await manager.abort();
    expect(asked.slice(1)).toEqual(['EndTxn false', 'InitProducerId 0']);
    expect(manager.producerEpoch).toBe(1);
    manager.begin();
    manager.add(T0);
    expect(await manager.prepare()).toBe('new');
  });

  it('whose coordinator cannot be told of a partition is lost, and ended nevertheless', async () => {
    const { manager, asked, errors } = await opened('20');
    errors.push(...Array<number>(1_000).fill(14)); // COORDINATOR_LOAD_IN_PROGRESS
    manager.add(T0);
    await expect(manager.prepare()).rejects.toThrow('Timeout expired after 20ms while awaiting AddPartitionsToTxn');
    await expect(manager.commit()).rejects.toThrow('in an error state');
    errors.length = 0;
    await manager.abort();
    expect(asked.at(-1)).toBe('EndTxn false');
    manager.begin();
  });

  it('of a fenced producer stays broken', async () => {
    const { manager, errors } = await opened();
    manager.add(T0);
    await manager.prepare();
    errors.push(47); // INVALID_PRODUCER_EPOCH
    const fenced = 'There is a newer producer with the same transactionalId which fences the current one.';
    await expect(manager.commit()).rejects.toThrow(fenced);
    const since =
      "Producer with transactionalId 'x' and (producerId=7, epoch=0) has been fenced by another producer with";
    await expect(manager.abort()).rejects.toThrow(since);
    expect(() => manager.begin()).toThrow(since);
  });

  it('of a producer whose epoch a leader called old can still be aborted', async () => {
    const { manager, asked } = await opened();
    manager.add(T0);
    await manager.prepare();
    manager.gaveUp(new ServerError('INVALID_PRODUCER_EPOCH'), true);
    await expect(manager.commit()).rejects.toThrow('(producerId=7, epoch=0) attempted to produce with an old epoch');
    await manager.abort();
    expect(asked.at(-2)).toBe('EndTxn false');
  });

  it('is needed to send, in the words of Java', async () => {
    const { manager } = coordinator();
    expect(() => manager.add(T0)).toThrow(
      'Cannot add partition t-0 to transaction before completing a call to initTransactions',
    );
    expect(() => manager.begin()).toThrow(
      'TransactionalId x: Invalid transition attempted from state UNINITIALIZED to state IN_TRANSACTION',
    );
    await manager.initialize();
    expect(() => manager.add(T0)).toThrow('Cannot add partition t-0 to transaction while in state  READY');
  });
});
