import type { ErrorName } from '@odradek/protocol/errors';
import { CoreWorld, PLACE, TIMEOUT_MS } from './testing/core-world';
import { Transaction } from './transaction';
import { initError, type TransactionMetadata, type TransactionState } from './transaction-types';

const LAST_EPOCH = 32_766;

/** With the epochs of its producer used up. */
function exhausted(change: Partial<TransactionMetadata> = {}): CoreWorld {
  const world = new CoreWorld().reach('Empty');
  world.core = new Transaction(PLACE, { ...world.core.metadata, producerEpoch: LAST_EPOCH, ...change });
  return world;
}

const ok = (producerId: number, producerEpoch: number) => ({ error: 'NONE', producerId, producerEpoch });
const expecting = (producerId: number, producerEpoch: number) => ({ expected: { producerId, producerEpoch } });

describe('InitProducerId', () => {
  test('a new id gets epoch 0, once its record is committed', () => {
    const world = new CoreWorld(10);
    const answers = world.init({ timeoutMs: 5000 });
    expect(answers).toEqual([]);
    world.persist();
    expect(answers).toEqual([ok(10, 0)]);
    expect(world.core.metadata).toMatchObject({ state: 'Empty', timeoutMs: 5000, startTimestamp: -1 });
    expect(world.messages).toEqual([
      'Initialized transactionalId txn with producerId 10 and producer epoch 0 on partition __transaction_state-3',
    ]);
  });

  test.each(['Empty', 'CompleteCommit', 'CompleteAbort'] as const)('raises the epoch in %s', (state) => {
    const world = new CoreWorld(10).reach(state);
    const answers = world.init();
    expect(world.persist()).toMatchObject({ state: 'Empty', producerEpoch: 1, lastProducerEpoch: -1 });
    expect(answers).toEqual([ok(10, 1)]);
    expect([...world.core.metadata.partitions]).toEqual([]);
  });

  test.each(['PrepareCommit', 'PrepareAbort'] as const)('waits in %s', (state) => {
    const world = new CoreWorld().reach(state);
    expect(world.init()).toEqual([initError('CONCURRENT_TRANSACTIONS')]);
  });

  test('aborts what is open with an epoch that nobody gets, then gives the next', () => {
    const world = new CoreWorld(10).reach('Ongoing');
    const answers = world.init();
    expect(answers).toEqual([]);
    expect(world.persist()).toMatchObject({ state: 'PrepareAbort', producerEpoch: 1 });
    expect(answers).toEqual([initError('CONCURRENT_TRANSACTIONS')]);
    expect(world.mark()).toMatchObject({ producerId: 10, producerEpoch: 1, isCommit: false });
    world.persist();
    const again = world.init();
    world.persist();
    expect(again).toEqual([ok(10, 2)]);
  });

  test('raises the epoch once where the fence cannot be written', () => {
    const world = new CoreWorld(10).reach('Ongoing');
    const answers = world.init();
    world.persist('NOT_ENOUGH_REPLICAS');
    expect(answers).toEqual([initError('COORDINATOR_NOT_AVAILABLE')]);
    expect(world.core.metadata).toMatchObject({ state: 'Ongoing', producerEpoch: 1 });
    expect(world.messages.at(-1)).toBe(
      'The coordinator failed to write an epoch fence transition for producer txn to the transaction log with error COORDINATOR_NOT_AVAILABLE. The epoch was increased to 1 but not returned to the client',
    );
    // The producer that was to be fenced is fenced.
    expect(world.end(true, { producerEpoch: 0 })).toEqual(['PRODUCER_FENCED']);
    world.init();
    expect(world.persist()).toMatchObject({ state: 'PrepareAbort', producerEpoch: 1 });
    world.mark();
    world.persist();
    world.init();
    world.persist();
    world.add([0]);
    world.persist();
    world.init();
    expect(world.persist().producerEpoch).toBe(3);
  });

  test('aborts what somebody has begun with the last of all epochs, which nobody was given', () => {
    const world = exhausted({ state: 'Ongoing', startTimestamp: 1 });
    world.init();
    world.persist('NOT_ENOUGH_REPLICAS');
    expect(world.core.metadata).toMatchObject({ state: 'Ongoing', producerEpoch: LAST_EPOCH + 1 });
    world.end(false);
    world.persist();
    world.mark();
    world.persist();
    world.add([0]);
    world.persist();
    const answers = world.init();
    expect(world.persist()).toMatchObject({ state: 'PrepareAbort', producerEpoch: LAST_EPOCH + 1 });
    expect(answers).toEqual([initError('CONCURRENT_TRANSACTIONS')]);
    world.mark();
    world.persist();
    world.add([0]);
    world.persist();
    world.run(world.core.abortIfTimedOut(world.nowMs + 100_000));
    expect(world.persist()).toMatchObject({ state: 'PrepareAbort', producerEpoch: LAST_EPOCH + 1 });
    world.mark();
    world.persist();
    // Its producer goes on with another id.
    world.init({}, 11);
    expect(world.persist()).toMatchObject({ producerId: 11, producerEpoch: 0, state: 'Empty' });
  });

  test('a producer that says who it is goes on with the next epoch, and may ask again (KIP-360)', () => {
    const world = new CoreWorld(10).reach('Empty');
    const answers = world.init(expecting(10, 0));
    world.persist();
    answers.push(...world.init(expecting(10, 0)));
    const retried = world.init(expecting(10, 0));
    expect(retried).toEqual([initError('CONCURRENT_TRANSACTIONS')]);
    world.persist();
    expect(answers[0]).toEqual(ok(10, 1));
    expect(world.core.metadata).toMatchObject({ producerEpoch: 1, lastProducerEpoch: 0 });
    // A producer that begins anew fences both.
    world.init();
    world.persist();
    expect(world.init(expecting(10, 0))).toEqual([initError('PRODUCER_FENCED')]);
    expect(world.init(expecting(10, 1))).toEqual([initError('PRODUCER_FENCED')]);
    expect(world.messages.at(-1)).toBe(
      'Expected producer epoch 1 does not match current producer epoch 2 or previous producer epoch -1',
    );
  });

  test('one that says it is another is fenced, unless the id is new', () => {
    const world = new CoreWorld(10);
    const answers = world.init(expecting(77, 5));
    world.persist();
    expect(answers).toEqual([ok(10, 0)]);
    expect(world.init(expecting(77, 5))).toEqual([initError('PRODUCER_FENCED')]);
  });

  describe('with epochs used up', () => {
    test('gives a new producer id', () => {
      const world = exhausted();
      expect(world.core.needsProducerId({ timeoutMs: 1, expected: null })).toBe(true);
      const answers = world.init({}, 11);
      expect(world.persist()).toMatchObject({ producerId: 11, producerEpoch: 0, lastProducerEpoch: -1 });
      expect(answers).toEqual([ok(11, 0)]);
    });

    test('the producer that had the last epoch may ask again with it', () => {
      const world = exhausted();
      world.init(expecting(10, LAST_EPOCH), 11);
      world.persist();
      expect(world.core.metadata).toMatchObject({ lastProducerId: 10, lastProducerEpoch: LAST_EPOCH });
      expect(world.core.needsProducerId({ timeoutMs: 1, ...expecting(10, LAST_EPOCH) })).toBe(false);
      const answers = world.init(expecting(10, LAST_EPOCH));
      world.persist();
      expect(answers).toEqual([ok(11, 0)]);
    });

    test('one that missed the last epoch gets what Kafka gives', () => {
      const world = exhausted({ lastProducerEpoch: LAST_EPOCH - 1 });
      expect(world.core.needsProducerId({ timeoutMs: 1, ...expecting(10, LAST_EPOCH - 1) })).toBe(false);
      expect(world.init(expecting(10, LAST_EPOCH - 1))).toEqual([initError('UNKNOWN_SERVER_ERROR')]);
    });

    test('what is open is aborted with the very last epoch', () => {
      const world = exhausted({ state: 'Ongoing', startTimestamp: 1 });
      expect(world.core.needsProducerId({ timeoutMs: 1, expected: null })).toBe(false);
      world.init();
      expect(world.persist().producerEpoch).toBe(LAST_EPOCH + 1);
      world.mark();
      world.persist();
      expect(world.core.needsProducerId({ timeoutMs: 1, expected: null })).toBe(true);
    });
  });
});

describe('partitions', () => {
  test('the first one begins the transaction; those that are in need no record', () => {
    const world = new CoreWorld().reach('Empty');
    world.nowMs += 5;
    const first = world.add([0, 1]);
    expect(first).toEqual([]);
    expect(world.verify([0])).toEqual(['TRANSACTION_ABORTABLE']);
    world.persist();
    expect(first).toEqual(['NONE']);
    const begunMs = world.nowMs;
    world.nowMs += 5;
    expect(world.add([1, 0])).toEqual(['NONE']);
    const more = world.add([2]);
    expect(more).toEqual([]);
    expect(world.persist()).toMatchObject({ startTimestamp: begunMs, lastUpdateTimestamp: world.nowMs });
    expect(world.verify([0, 1, 2, 3])).toEqual(['NONE', 'NONE', 'NONE', 'TRANSACTION_ABORTABLE']);
  });

  test('a failed record leaves the transaction as it was', () => {
    const world = new CoreWorld().reach('Ongoing');
    const answers = world.add([1]);
    world.persist('REQUEST_TIMED_OUT');
    expect(answers).toEqual(['COORDINATOR_NOT_AVAILABLE']);
    expect(world.verify([0, 1])).toEqual(['NONE', 'TRANSACTION_ABORTABLE']);
    expect(world.messages.at(-1)).toMatch(
      /^TransactionalId txn append transaction log for TxnTransitMetadata\(producerId=10, lastProducerId=10, producerEpoch=0, .*txnState=Ongoing, topicPartitions=Set\(t-0, t-1\), .*\) transition failed due to COORDINATOR_NOT_AVAILABLE, resetting pending state from Some\(Ongoing\), aborting state transition and returning COORDINATOR_NOT_AVAILABLE in the callback$/,
    );
  });

  const REFUSALS: readonly [ErrorName, { producerId?: number; producerEpoch?: number }][] = [
    ['INVALID_PRODUCER_ID_MAPPING', { producerId: 99 }],
    ['PRODUCER_FENCED', { producerEpoch: 1 }],
    ['PRODUCER_FENCED', { producerEpoch: -1 }],
    ['INVALID_PRODUCER_ID_MAPPING', { producerId: 99, producerEpoch: 1 }],
  ];
  test.each(REFUSALS)('%s for %j', (error, change) => {
    const world = new CoreWorld().reach('Ongoing');
    expect(world.add([0], change)).toEqual([error]);
    expect(world.verify([0, 1], change)).toEqual([error, error]);
    expect(world.end(true, change)).toEqual([error]);
  });

  test('of an id whose first epoch could not be written', () => {
    const world = new CoreWorld();
    world.init();
    world.persist('NOT_ENOUGH_REPLICAS');
    expect(world.add([0])).toEqual(['UNKNOWN_SERVER_ERROR']);
    expect(world.end(true)).toEqual(['INVALID_TXN_STATE']);
    const answers = world.init();
    world.persist();
    expect(answers).toEqual([ok(10, 0)]);
  });

  test.each(['PrepareCommit', 'PrepareAbort'] as const)('have to wait in %s', (state) => {
    const world = new CoreWorld().reach(state);
    expect(world.add([0])).toEqual(['CONCURRENT_TRANSACTIONS']);
    expect(world.verify([0])).toEqual(['CONCURRENT_TRANSACTIONS']);
  });
});

describe('the end', () => {
  test.each([true, false])('is answered when it is certain, before the markers; commit: %s', (isCommit) => {
    const world = new CoreWorld().reach('Ongoing');
    const answers = world.end(isCommit);
    expect(answers).toEqual([]);
    expect(world.markers).toEqual([]);
    world.persist();
    expect(answers).toEqual(['NONE']);
    expect(world.mark()).toEqual({
      ...PLACE,
      producerId: 10,
      producerEpoch: 0,
      isCommit,
      partitions: [{ topic: 't', partition: 0 }],
    });
    expect(world.core.metadata.state).toBe(isCommit ? 'PrepareCommit' : 'PrepareAbort');
    world.persist();
    expect(world.core.metadata).toMatchObject({ state: isCommit ? 'CompleteCommit' : 'CompleteAbort' });
    expect(world.core.metadata.partitions.size).toBe(0);
  });

  const AGAIN: readonly [TransactionState, boolean, ErrorName][] = [
    ['Empty', true, 'INVALID_TXN_STATE'],
    ['Empty', false, 'INVALID_TXN_STATE'],
    ['PrepareCommit', true, 'CONCURRENT_TRANSACTIONS'],
    ['PrepareCommit', false, 'CONCURRENT_TRANSACTIONS'],
    ['PrepareAbort', true, 'CONCURRENT_TRANSACTIONS'],
    ['PrepareAbort', false, 'CONCURRENT_TRANSACTIONS'],
    ['CompleteCommit', true, 'NONE'],
    ['CompleteCommit', false, 'INVALID_TXN_STATE'],
    ['CompleteAbort', true, 'INVALID_TXN_STATE'],
    ['CompleteAbort', false, 'NONE'],
  ];
  test.each(AGAIN)('in %s, commit %s: %s', (state, isCommit, error) => {
    const world = new CoreWorld().reach(state);
    expect(world.end(isCommit)).toEqual([error]);
    expect(world.appends).toEqual([]);
  });

  test('has to wait for what is pending', () => {
    const world = new CoreWorld().reach('Ongoing');
    world.add([1]);
    expect(world.end(true)).toEqual(['CONCURRENT_TRANSACTIONS']);
    expect(world.add([2])).toEqual(['CONCURRENT_TRANSACTIONS']);
    expect(world.init()).toEqual([initError('CONCURRENT_TRANSACTIONS')]);
    world.persist();
    expect(world.core.metadata.state).toBe('Ongoing');
  });

  const FAILURES: readonly [ErrorName, ErrorName][] = [
    ['UNKNOWN_TOPIC_OR_PARTITION', 'COORDINATOR_NOT_AVAILABLE'],
    ['NOT_ENOUGH_REPLICAS', 'COORDINATOR_NOT_AVAILABLE'],
    ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'COORDINATOR_NOT_AVAILABLE'],
    ['REQUEST_TIMED_OUT', 'COORDINATOR_NOT_AVAILABLE'],
    ['NOT_LEADER_OR_FOLLOWER', 'NOT_COORDINATOR'],
    ['KAFKA_STORAGE_ERROR', 'NOT_COORDINATOR'],
    ['MESSAGE_TOO_LARGE', 'UNKNOWN_SERVER_ERROR'],
    ['RECORD_LIST_TOO_LARGE', 'UNKNOWN_SERVER_ERROR'],
    ['CORRUPT_MESSAGE', 'CORRUPT_MESSAGE'],
  ];
  test.each(FAILURES)('an append that fails with %s is answered %s, and nothing has ended', (appendError, answer) => {
    const world = new CoreWorld().reach('Ongoing');
    const answers = world.end(true);
    world.persist(appendError);
    expect(answers).toEqual([answer]);
    expect(world.markers).toEqual([]);
    expect(world.core.metadata.state).toBe('Ongoing');
    // The other way is still open.
    world.end(false);
    world.persist();
    expect(world.core.metadata.state).toBe('PrepareAbort');
  });

  test('what all partitions know is written down, however often that takes', () => {
    const world = new CoreWorld().reach('PrepareCommit');
    world.mark();
    world.persist('NOT_ENOUGH_REPLICAS');
    world.persist('MESSAGE_TOO_LARGE');
    expect(world.again).toBe(2);
    expect(world.init()).toEqual([initError('CONCURRENT_TRANSACTIONS')]);
    world.persist();
    expect(world.core.metadata.state).toBe('CompleteCommit');
  });

  test('where another has taken over nothing more happens', () => {
    const lost = new CoreWorld().reach('PrepareCommit');
    lost.mark();
    lost.persist('NOT_LEADER_OR_FOLLOWER');
    expect(lost.appends).toEqual([]);
    const abandoned = new CoreWorld().reach('PrepareCommit');
    abandoned.mark('abandoned');
    expect(abandoned.appends).toEqual([]);
    for (const world of [lost, abandoned]) {
      expect(world.core.metadata.state).toBe('PrepareCommit');
      expect(world.end(true)).toEqual(['CONCURRENT_TRANSACTIONS']);
    }
  });
});

describe('timeouts', () => {
  test('abort what is open for longer than its producer allowed, with an epoch of their own', () => {
    const world = new CoreWorld().reach('Ongoing');
    world.nowMs += TIMEOUT_MS;
    expect(world.core.abortIfTimedOut(world.nowMs)).toEqual([]);
    world.nowMs++;
    world.run(world.core.abortIfTimedOut(world.nowMs));
    // Once is enough.
    expect(world.core.abortIfTimedOut(world.nowMs)).toEqual([]);
    expect(world.persist()).toMatchObject({ state: 'PrepareAbort', producerEpoch: 1 });
    expect(world.messages.at(-1)).toBe(
      'Completed rollback of ongoing transaction for transactionalId txn due to timeout',
    );
    world.mark();
    world.persist();
    expect(world.end(true, { producerEpoch: 0 })).toEqual(['PRODUCER_FENCED']);
  });

  test('try again where the abort could not be written', () => {
    const world = new CoreWorld().reach('Ongoing');
    world.nowMs += 2 * TIMEOUT_MS;
    world.run(world.core.abortIfTimedOut(world.nowMs));
    world.persist('NOT_ENOUGH_REPLICAS');
    expect(world.messages.at(-1)).toBe(
      'Rollback of ongoing transaction for transactionalId txn failed due to error COORDINATOR_NOT_AVAILABLE',
    );
    world.run(world.core.abortIfTimedOut(world.nowMs));
    expect(world.persist()).toMatchObject({ state: 'PrepareAbort', producerEpoch: 1 });
  });

  test.each(['Empty', 'PrepareCommit', 'CompleteAbort'] as const)('leave %s alone', (state) => {
    const world = new CoreWorld().reach(state);
    expect(world.core.abortIfTimedOut(world.nowMs + 10 * TIMEOUT_MS)).toEqual([]);
  });
});

describe('expiry', () => {
  test.each(['Empty', 'CompleteCommit', 'CompleteAbort'] as const)('of an id in %s that nobody uses', (state) => {
    const world = new CoreWorld().reach(state);
    expect(world.core.expire(world.nowMs + 999, 1000)).toBe(false);
    expect(world.core.expire(world.nowMs + 1000, 1000)).toBe(true);
    expect(world.core.expire(world.nowMs + 1000, 1000)).toBe(false);
    // Until its tombstone is there, nobody may use it.
    expect(world.init()).toEqual([initError('CONCURRENT_TRANSACTIONS')]);
    world.core.expiryFailed();
    world.init();
    expect(world.persist().producerEpoch).toBe(1);
  });

  test.each(['Ongoing', 'PrepareCommit'] as const)('not in %s', (state) => {
    const world = new CoreWorld().reach(state);
    expect(world.core.expire(world.nowMs + 1_000_000_000, 1000)).toBe(false);
  });
});

describe('coordinators come and go', () => {
  test.each([
    ['PrepareCommit', true],
    ['PrepareAbort', false],
  ] as const)('the next one ends what is in %s', (state, isCommit) => {
    const { metadata } = new CoreWorld().reach(state).core;
    const next = new CoreWorld();
    next.core = new Transaction({ ...PLACE, coordinatorEpoch: 8 }, metadata);
    next.run(next.core.loaded(next.nowMs));
    expect(next.mark()).toMatchObject({ coordinatorEpoch: 8, isCommit, partitions: [{ topic: 't', partition: 0 }] });
    expect(next.persist().state).toBe(isCommit ? 'CompleteCommit' : 'CompleteAbort');
  });

  test.each(['Empty', 'Ongoing', 'CompleteCommit'] as const)('has nothing to do in %s', (state) => {
    expect(new CoreWorld().reach(state).core.loaded(0)).toEqual([]);
  });

  test('whoever waits is told, once, and what comes later changes nothing', () => {
    const world = new CoreWorld().reach('Ongoing');
    const answers = world.end(true);
    world.run(world.core.unload(world.nowMs));
    expect(answers).toEqual(['NOT_COORDINATOR']);
    world.persist();
    expect(answers).toEqual(['NOT_COORDINATOR']);
    expect(world.markers).toEqual([]);
    const fresh = new CoreWorld();
    const init = fresh.init();
    fresh.run(fresh.core.unload(fresh.nowMs));
    fresh.persist();
    expect(init).toEqual([initError('NOT_COORDINATOR')]);
    const marking = new CoreWorld().reach('PrepareCommit');
    marking.run(marking.core.unload(marking.nowMs));
    marking.mark();
    expect(marking.appends).toEqual([]);
  });
});
