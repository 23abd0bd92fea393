import type { Produce } from '@odradek/protocol/messages/produce';
import { buildBatch } from '@odradek/protocol/records/builder';
import type { RequestOf } from '@odradek/protocol/schema/api';
import { sleep } from '../env/clock';
import { judgeRecords, type TakesLongError } from '../log/judged-records';
import type { RequestContext } from './handler';
import { produce } from './produce';
import type { Services } from './services';
import { BROKER, FOLLOWER, TestPartitions } from './testing/replicas';

const IDEMPOTENT = { producerId: 9, producerEpoch: 3, baseSequence: 0 };

function setUp() {
  const replicas = new TestPartitions();
  replicas.add('t', BROKER, [BROKER, FOLLOWER]);
  const services = {
    brokerId: BROKER,
    clock: replicas.clock,
    loggers: replicas.loggers,
    replicas,
    metadata: { contains: () => true },
    config: () => ({ values: { transactionPartitionVerificationEnable: true } }),
    quotas: { isEnabled: false, produce: { isEnabled: false } },
    traffic: null,
    recordsThread: {
      // As long as the clock is told.
      judge: async ({ records, rules }: TakesLongError) => {
        await sleep(replicas.clock, 700);
        return judgeRecords(records, rules);
      },
    },
    transactionVerifier: {
      verify: (_: unknown, verified: (answer: () => string) => void) =>
        replicas.clock.soon(() => verified(() => 'NONE')),
    },
  } as unknown as Services;
  const held: number[] = [];
  const context = {
    apiVersion: 9,
    clientId: 'c',
    requestBytes: 100_000,
    mute: () => {},
    letNextPass: jest.fn(),
    hold: (bytes: number) => {
      held.push(bytes);
      return () => void held.push(-bytes);
    },
  };
  const { clock, loggers } = replicas;
  return { ...produce(services), clock, loggers, context: context as never as RequestContext, held };
}

test.each([null, 'id'])(
  'records are let go of while an answer waits for replicas (transactional id: %s)',
  async (id) => {
    const { handle, clock, context, held } = setUp();
    const value = { timestamp: 1_700_000_000_000, key: null, value: Buffer.from('x') };
    const records = buildBatch({ records: [value], ...(id !== null && { ...IDEMPOTENT, isTransactional: true }) });
    const topicData = [{ name: 't', partitionData: [{ index: 0, records: records as Buffer | null }] }];
    const request: RequestOf<typeof Produce> = { transactionalId: id, acks: -1, timeoutMs: 1000, topicData };
    const answer = handle(request, context);
    // The copy that outlives its frame while the coordinator is asked counts meanwhile.
    expect(held).toEqual(id === null ? [] : [100_000]);
    await clock.settle();
    expect(held).toEqual(id === null ? [] : [100_000, -100_000]);
    expect(context.letNextPass).toHaveBeenCalledTimes(1);
    expect(topicData[0]!.partitionData[0]!.records).toBeNull();
    clock.advance(1000);
    expect(await answer).toMatchObject({
      responses: [{ name: 't', partitionResponses: [{ index: 0, errorCode: 7 }] }],
    });
  },
);

test('records that are judged aside count as held until they are appended, and judging is part of the time to wait', async () => {
  const { handle, clock, context, held } = setUp();
  const value = { timestamp: 1_700_000_000_000, key: null, value: Buffer.alloc(5_000_000) };
  const records = buildBatch({ records: [value], compression: 'gzip' });
  const topicData = [{ name: 't', partitionData: [{ index: 0, records }] }];
  let isAnswered = false;
  const answer = handle({ transactionalId: null, acks: -1, timeoutMs: 1000, topicData }, context) as Promise<unknown>;
  void answer.then(() => {
    isAnswered = true;
  });
  await clock.advance(699);
  expect(held).toEqual([records.length]);
  await clock.advance(1);
  expect(held).toEqual([records.length, -records.length]);
  await clock.advance(299);
  expect(isAnswered).toBe(false);
  await clock.advance(1);
  expect(await answer).toMatchObject({
    responses: [{ name: 't', partitionResponses: [{ index: 0, errorCode: 7, baseOffset: 0 }] }],
  });
});

test('sequences that are out of order are told of, each time with what came and what was to come', () => {
  const { handle, context, loggers } = setUp();
  const value = { timestamp: 1_700_000_000_000, key: null, value: Buffer.from('x') };
  const send = (baseSequence: number) => {
    const records = buildBatch({ records: [value], ...IDEMPOTENT, baseSequence });
    const topicData = [{ name: 't', partitionData: [{ index: 0, records }] }];
    return handle({ transactionalId: null, acks: 1, timeoutMs: 1000, topicData }, context);
  };
  for (const baseSequence of [0, 5, 1]) send(baseSequence);
  expect(loggers.messages('warn', 'error')).toEqual([
    '[ReplicaManager broker=1] Error processing append operation on partition t-0: OUT_OF_ORDER_SEQUENCE_NUMBER: Out of order sequence number for producer 9 at offset 1 in partition t-0: 5 (incoming seq. number), 0 (current end sequence number)',
  ]);
});
