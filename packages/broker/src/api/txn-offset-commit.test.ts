import { type ErrorName, errorName } from '@odradek/protocol/errors';
import type { TxnOffsetCommit } from '@odradek/protocol/messages/txn-offset-commit';
import type { RequestOf } from '@odradek/protocol/schema/api';
import { CoordinatorWorld } from '../groups/testing/coordinator-world';
import type { Verification, Verified } from '../transactions/verifier';
import type { RequestContext } from './handler';
import type { Services } from './services';
import { TestPartitions } from './testing/replicas';
import { txnOffsetCommit } from './txn-offset-commit';

type Request = RequestOf<typeof TxnOffsetCommit>;

async function setUp({ isLoading = false } = {}) {
  const world = new CoordinatorWorld();
  if (isLoading) {
    world.coordinator.start(null);
    world.coordinator.hosted.elected(0, 0);
  } else await world.lead();
  const replicas = new TestPartitions();
  const partition = replicas.add('__consumer_offsets');
  const asked: (Verification & { answer(error: ErrorName): void })[] = [];
  const services = {
    groups: world.coordinator,
    clock: world.clock,
    replicas,
    config: () => ({ values: { transactionPartitionVerificationEnable: true } }),
    metadata: { image: { topics: new Map([['t', { name: 't', partitions: new Map([[0, {}]]) }]]) } },
    transactionVerifier: {
      verify: (verification: Verification, verified: Verified) =>
        asked.push({ ...verification, answer: (error) => verified(() => error) }),
    },
  } as unknown as Services;
  const { handle } = txnOffsetCommit(services);
  /** The error of each partition, in the order of the answer. */
  const commit = async (apiVersion: number, change: Partial<Request> = {}): Promise<string[]> => {
    const partitions = [0, 7].map((partitionIndex) => ({
      partitionIndex,
      committedOffset: 5,
      committedLeaderEpoch: -1,
      committedMetadata: null,
    }));
    const request: Request = {
      transactionalId: 'id',
      groupId: 'g',
      producerId: 9,
      producerEpoch: 3,
      generationId: -1,
      memberId: '',
      groupInstanceId: null,
      topics: [{ name: 't', partitions }],
      ...change,
    };
    const { topics } = (await handle(request, { apiVersion } as RequestContext)) as unknown as {
      topics: { name: string; partitions: { partitionIndex: number; errorCode: number }[] }[];
    };
    return topics.flatMap(({ name, partitions: each }) =>
      each.map(({ partitionIndex, errorCode }) => `${name}-${partitionIndex} ${errorName(errorCode)}`),
    );
  };
  return { world, partition, asked, commit };
}

const GONE = 't-7 UNKNOWN_TOPIC_OR_PARTITION';

test('the transaction is verified before its offsets are appended, with the guard of before', async () => {
  const { world, partition, asked, commit } = await setUp();
  const answer = commit(3);
  expect(asked).toMatchObject([
    {
      transactionalId: 'id',
      producerId: 9,
      producerEpoch: 3,
      partitions: [{ topic: '__consumer_offsets', partition: 0 }],
      knowsAbortable: false,
    },
  ]);
  expect(world.writer.batchCount(0)).toBe(0);
  asked[0]!.answer('NONE');
  expect(await answer).toEqual([GONE, 't-0 NONE']);
  expect(world.writer.terms.at(-1)!.verificationGuard).toBe(partition.log.startTransactionVerification(9, -1, 3));
  expect(world.coordinator.offsetsOf('g').offsets!.isUnstable('t', 0)).toBe(true);
});

test.each<[number, ErrorName, ErrorName]>([
  [0, 'COORDINATOR_LOAD_IN_PROGRESS', 'COORDINATOR_NOT_AVAILABLE'],
  [1, 'NETWORK_EXCEPTION', 'COORDINATOR_NOT_AVAILABLE'],
  [2, 'NETWORK_EXCEPTION', 'COORDINATOR_LOAD_IN_PROGRESS'],
  [3, 'INVALID_TXN_STATE', 'INVALID_TXN_STATE'],
  [4, 'TRANSACTION_ABORTABLE', 'TRANSACTION_ABORTABLE'],
  [4, 'NOT_COORDINATOR', 'NOT_COORDINATOR'],
  [4, 'INVALID_PRODUCER_EPOCH', 'INVALID_PRODUCER_EPOCH'],
])('version %i: the coordinator of the transaction answers %s, the client hears %s', async (version, error, told) => {
  const { world, asked, commit } = await setUp();
  const answer = commit(version);
  expect(asked[0]!.knowsAbortable).toBe(version === 4);
  asked[0]!.answer(error);
  expect(await answer).toEqual([GONE, `t-0 ${told}`]);
  expect(world.writer.batchCount(0)).toBe(0);
  // As at Apache's, the group is there for all that.
  expect(world.stateOf('g')).toBe('Empty');
});

test.each<[number, ErrorName]>([
  [1, 'COORDINATOR_NOT_AVAILABLE'],
  [2, 'COORDINATOR_LOAD_IN_PROGRESS'],
])('version %i, while the group is being read: %s', async (version, told) => {
  const { asked, commit } = await setUp({ isLoading: true });
  expect(await commit(version)).toEqual([GONE, `t-0 ${told}`]);
  expect(asked).toEqual([]);
});

test('a group that has moved away while its transaction was verified', async () => {
  const { world, asked, commit } = await setUp();
  const answer = commit(3);
  world.coordinator.hosted.resigned(0, 1);
  asked[0]!.answer('NONE');
  expect(await answer).toEqual([GONE, 't-0 NOT_COORDINATOR']);
});

test('whoever does not lead the partition any more looks for no verification', async () => {
  const { partition, asked, commit } = await setUp();
  partition.resign();
  expect(await commit(3)).toEqual([GONE, 't-0 NOT_COORDINATOR']);
  expect(asked).toEqual([]);
});

test('without a producer they are offsets like any other', async () => {
  const { world, asked, commit } = await setUp();
  const answer = commit(3, { producerId: -1, producerEpoch: -1 });
  asked[0]!.answer('NONE');
  expect(await answer).toEqual([GONE, 't-0 NONE']);
  expect(world.offsets('g')).toEqual({ 't-0': 5 });
});

test('a group needs a name', async () => {
  const { commit } = await setUp();
  expect(await commit(3, { groupId: '' })).toEqual([GONE, 't-0 INVALID_GROUP_ID']);
});
