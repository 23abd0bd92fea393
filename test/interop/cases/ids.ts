import { AllocateProducerIds } from '@odradek/protocol/messages/allocate-producer-ids';
import { InitProducerId } from '@odradek/protocol/messages/init-producer-id';
import type { Both } from '../both';
import type { Scenario } from '../main';

/** Apache's first answers are COORDINATOR_LOAD_IN_PROGRESS, until it has a block of ids. */
export async function untilThereIsABlock(both: Both): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const request = { transactionalId: null, transactionTimeoutMs: 1000 };
    const everything = { paths: ['errorCode', 'producerId', 'producerEpoch'], why: 'Apache fetches a block first' };
    const { ours, apache } = await both.send(InitProducerId, 4, request, {
      note: 'until there is a block',
      except: everything,
    });
    if (ours.errorCode === 0 && apache.errorCode === 0) break;
  }
}

/** Without a transactional id: with one, a coordinator answers. */
async function idempotent(both: Both): Promise<void> {
  await untilThereIsABlock(both);
  for (const transactionTimeoutMs of [60_000, 0, -1, 2_147_483_647]) {
    await both.sendEvery(InitProducerId, () => ({ transactionalId: null, transactionTimeoutMs }), {
      note: `timeout ${transactionTimeoutMs}`,
    });
  }
  await both.sendEvery(InitProducerId, () => ({ transactionalId: '', transactionTimeoutMs: 1000 }), {
    note: 'empty id',
  });
  const combinations = [
    [5, 0],
    [5, -1],
    [-1, 0],
    [-2, -2],
    [-2, -1],
    [0, 32767],
    [77, -5],
  ] as const;
  for (const [producerId, producerEpoch] of combinations) {
    const request = { transactionTimeoutMs: 1000, producerId, producerEpoch };
    await both.sendEvery(
      InitProducerId,
      () => ({ transactionalId: null, ...request }),
      { note: `${producerId}, ${producerEpoch}` },
      { from: 3, to: 5 },
    );
    await both.sendEvery(
      InitProducerId,
      () => ({ transactionalId: '', ...request }),
      { note: `empty id, ${producerId}, ${producerEpoch}` },
      { from: 3, to: 5 },
    );
  }
  for (const [producerId, producerEpoch] of [
    [5, -1],
    [-1, 0],
  ] as const) {
    await both.sendEvery(
      InitProducerId,
      () => ({ transactionalId: 'tx', transactionTimeoutMs: 1000, producerId, producerEpoch }),
      { note: `tx, ${producerId}, ${producerEpoch}` },
      { from: 3, to: 5 },
    );
  }
}

async function blocks(both: Both): Promise<void> {
  for (const [brokerId, brokerEpoch] of [
    [0, -1],
    [0, 0],
    [1, 0],
    [-1, -1],
    [0, 9_007_199_254_740_991],
  ] as const) {
    await both.send(
      AllocateProducerIds,
      0,
      { brokerId, brokerEpoch },
      { note: `broker ${brokerId}, epoch ${brokerEpoch}` },
    );
  }
}

export const ids: readonly Scenario[] = [
  { name: 'ids: InitProducerId', run: idempotent },
  { name: 'ids: AllocateProducerIds', run: blocks },
];
