import type { ErrorName } from '@odradek/protocol/errors';
import { isTransactionalAt, producerEpochAt, producerIdAt } from '@odradek/protocol/records/batch';
import { buildEndTxnBatch } from '@odradek/protocol/records/control';
import type { OffsetCommit } from './offsets';
import type { OffsetsTransaction } from './running-group';
import { CoordinatorWorld, NOBODY, toCommit } from './testing/coordinator-world';

const PARTITION = 0;
const PRODUCER = 4000;
const DAY_MS = 24 * 60 * 60 * 1000;

async function setUp() {
  const world = new CoordinatorWorld();
  await world.lead();
  const { coordinator, writer } = world;
  const commit = (
    commits: readonly OffsetCommit[],
    { committer = NOBODY, producerId = PRODUCER }: { committer?: typeof NOBODY; producerId?: number } = {},
    verificationGuard: OffsetsTransaction['verificationGuard'] = null,
  ): ErrorName[] => {
    const outcomes: ErrorName[] = [];
    const transaction = { producerId, producerEpoch: 7, verificationGuard };
    coordinator.commitTransactionalOffsets('g', committer, transaction, commits, (errorOf) => {
      outcomes.push(...commits.map(errorOf));
    });
    return outcomes;
  };
  /** The producer's marker is in the log, and it counts. */
  const end = (type: 'COMMIT' | 'ABORT', producerId = PRODUCER): void => {
    writer.put(PARTITION, buildEndTxnBatch({ type, producerId, producerEpoch: 7, coordinatorEpoch: 1, timestamp: 0 }));
    coordinator.transactionCompleted(PARTITION, producerId, type === 'COMMIT');
  };
  /** Another coordinator takes over, and this one takes it back. */
  const moveAway = (): void => coordinator.hosted.resigned(PARTITION, 1);
  const comeBack = async (): Promise<void> => {
    coordinator.hosted.elected(PARTITION, 2);
    await world.clock.settle();
  };
  const isUnstable = (partition: number): boolean =>
    coordinator.offsetsOf('g').offsets?.isUnstable('t', partition) === true;
  return { world, coordinator, writer, commit, end, moveAway, comeBack, isUnstable };
}

test('they count once the transaction has committed, and are unstable until then', async () => {
  const { world, commit, end, isUnstable, writer } = await setUp();
  const guard = {};
  expect(commit([toCommit(0, 7), toCommit(1, 8)], {}, guard)).toEqual(['NONE', 'NONE']);
  expect(writer.terms.at(-1)!.verificationGuard).toBe(guard);
  expect([world.offsets('g'), isUnstable(0), isUnstable(2)]).toEqual([{}, true, false]);
  end('COMMIT');
  expect([world.offsets('g'), isUnstable(0)]).toEqual([{ 't-0': 7, 't-1': 8 }, false]);
});

test('their batch is one of the producer', async () => {
  const { world, commit, writer } = await setUp();
  commit([toCommit(0, 7)]);
  const { batches } = writer.read('', PARTITION, null)!;
  expect([isTransactionalAt(batches, 0), producerIdAt(batches, 0), producerEpochAt(batches, 0)]).toEqual([
    true,
    PRODUCER,
    7,
  ]);
  world.commit('g', [toCommit(0, 8)]);
  expect(isTransactionalAt(writer.read('', PARTITION, 1)!.batches, 0)).toBe(false);
});

test('they come to nothing where the transaction aborts', async () => {
  const { world, commit, end, isUnstable } = await setUp();
  world.commit('g', [toCommit(0, 1)]);
  commit([toCommit(0, 7)]);
  end('ABORT');
  expect([world.offsets('g'), isUnstable(0)]).toEqual([{ 't-0': 1 }, false]);
});

test("a transaction's end is that of its producer, in its partition", async () => {
  const { world, coordinator, commit, end } = await setUp();
  commit([toCommit(0, 7)]);
  commit([toCommit(1, 8)], { producerId: 4001 });
  end('COMMIT', 4002);
  coordinator.transactionCompleted(5, PRODUCER, true);
  expect(world.offsets('g')).toEqual({});
  end('COMMIT', 4001);
  expect(world.offsets('g')).toEqual({ 't-1': 8 });
});

test('of a transaction and a commit beside it, the later one in the log counts', async () => {
  const { world, commit, end } = await setUp();
  commit([toCommit(0, 7), toCommit(1, 7)]);
  world.commit('g', [toCommit(1, 9)]);
  end('COMMIT');
  expect(world.offsets('g')).toEqual({ 't-0': 7, 't-1': 9 });
});

test('what waits for the in-sync replicas is unstable, and is forgotten where they do not take it', async () => {
  const { world, writer, commit, end, isUnstable } = await setUp();
  writer.settlesAtOnce = false;
  const first = commit([toCommit(0, 7)]);
  const second = commit([toCommit(1, 8)]);
  expect([first, isUnstable(0)]).toEqual([[], true]);
  writer.waiting[0]!.settle('NOT_ENOUGH_REPLICAS_AFTER_APPEND');
  writer.waiting[1]!.settle(null);
  expect([first, second]).toEqual([['COORDINATOR_NOT_AVAILABLE'], ['NONE']]);
  expect([isUnstable(0), isUnstable(1)]).toEqual([false, true]);
  end('COMMIT');
  expect(world.offsets('g')).toEqual({ 't-1': 8 });
});

test('members are held to their generation, those who say nothing of it are not (KIP-447)', async () => {
  const { world, commit } = await setUp();
  const { memberId, generationId } = await world.stable('g');
  const member = { ...NOBODY, memberId, generationId };
  expect(commit([toCommit(0, 1)])).toEqual(['NONE']);
  expect(commit([toCommit(0, 1)], { committer: member })).toEqual(['NONE']);
  expect(commit([toCommit(0, 1)], { committer: { ...member, generationId: generationId + 1 } })).toEqual([
    'ILLEGAL_GENERATION',
  ]);
  expect(commit([toCommit(0, 1)], { committer: { ...member, memberId: 'stranger' } })).toEqual(['UNKNOWN_MEMBER_ID']);
  expect(commit([toCommit(0, 1)], { committer: { ...member, groupInstanceId: 'i' } })).toEqual(['UNKNOWN_MEMBER_ID']);
});

test('a group is made for them, whatever generation the committer thinks it is in', async () => {
  const { world, coordinator, commit } = await setUp();
  expect(world.stateOf('g')).toBe('Dead');
  expect(coordinator.prepareTransactionalCommit('g')).toBe('NONE');
  expect(world.stateOf('g')).toBe('Empty');
  const committer = { ...NOBODY, memberId: 'm', generationId: 3 };
  expect(commit([toCommit(0, 1)], { committer })).toEqual(['UNKNOWN_MEMBER_ID']);
});

test('the next coordinator inherits open transactions, and ends them', async () => {
  const { world, commit, end, moveAway, comeBack, isUnstable } = await setUp();
  commit([toCommit(0, 7)]);
  commit([toCommit(1, 8)], { producerId: 4001 });
  moveAway();
  expect(commit([toCommit(0, 9)])).toEqual(['NOT_COORDINATOR']);
  await comeBack();
  expect([isUnstable(0), isUnstable(1)]).toEqual([true, true]);
  end('COMMIT');
  end('ABORT', 4001);
  expect([world.offsets('g'), isUnstable(0), isUnstable(1)]).toEqual([{ 't-0': 7 }, false, false]);
});

test('a marker that is written while the partition is read counts once', async () => {
  const { world, coordinator, commit, end, moveAway } = await setUp();
  commit([toCommit(0, 7)]);
  moveAway();
  coordinator.hosted.elected(PARTITION, 2);
  end('COMMIT');
  await world.clock.settle();
  expect(world.offsets('g')).toEqual({ 't-0': 7 });
});

test('an append that is settled after the partition has moved away changes nothing', async () => {
  const { world, writer, commit, moveAway, comeBack, end } = await setUp();
  writer.settlesAtOnce = false;
  const outcomes = commit([toCommit(0, 7)]);
  moveAway();
  await comeBack();
  writer.waiting[0]!.settle('NOT_LEADER_OR_FOLLOWER');
  expect(outcomes).toEqual(['NOT_COORDINATOR']);
  // The new term has read the record: the transaction decides.
  end('COMMIT');
  expect(world.offsets('g')).toEqual({ 't-0': 7 });
});

test('a group with nothing but an open transaction is kept, and expires after it', async () => {
  const { world, commit, end } = await setUp();
  commit([toCommit(0, 7, { commitTimestamp: world.clock.nowMs() })]);
  await world.clock.advance(8 * DAY_MS);
  expect(world.stateOf('g')).toBe('Empty');
  end('ABORT');
  await world.clock.advance(DAY_MS);
  expect(world.stateOf('g')).toBe('Dead');
});

test('what has expired is taken away although a transaction may bring it anew', async () => {
  const { world, commit, end } = await setUp();
  world.commit('g', [toCommit(0, 1, { commitTimestamp: world.clock.nowMs() })]);
  commit([toCommit(0, 7)]);
  await world.clock.advance(8 * DAY_MS);
  expect(world.offsets('g')).toEqual({});
  end('COMMIT');
  expect(world.offsets('g')).toEqual({ 't-0': 7 });
});

test('a group that is deleted takes open transactions along', async () => {
  const { world, coordinator, commit, end } = await setUp();
  commit([toCommit(0, 7)]);
  expect(coordinator.deleteGroup('g')).toBe('NONE');
  expect(world.stateOf('g')).toBe('Dead');
  world.commit('g', [toCommit(1, 1)]);
  end('COMMIT');
  expect(world.offsets('g')).toEqual({ 't-1': 1 });
});
