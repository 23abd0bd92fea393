import { type ErrorName, errorName, type KafkaError } from '@odradek/protocol/errors';
import type { Produce } from '@odradek/protocol/messages/produce';
import { buildBatch } from '@odradek/protocol/records/builder';
import { buildEndTxnBatch } from '@odradek/protocol/records/control';
import type { RequestOf } from '@odradek/protocol/schema/api';
import type { Verification, Verified } from '../transactions/verifier';
import { CLOSE_CONNECTION, type RequestContext } from './handler';
import { produce } from './produce';
import type { Services } from './services';
import { FOLLOWER, TestPartitions } from './testing/replicas';

type Request = RequestOf<typeof Produce>;

interface Answer {
  readonly errors: Record<string, ErrorName>;
  readonly messages: (string | null)[];
}

function setUp({ isEnabled = true } = {}) {
  const replicas = new TestPartitions();
  const partition = replicas.add('t');
  const other = replicas.add('u');
  replicas.add('followed', FOLLOWER);
  const asked: (Verification & { answer(error?: ErrorName, of?: string): void })[] = [];
  const verify = (verification: Verification, verified: Verified): void => {
    const answer = (error: ErrorName = 'NONE', of?: string): void =>
      verified((topic) => (of === undefined || of === topic ? error : 'NONE'));
    asked.push({ ...verification, answer });
  };
  const services = {
    brokerId: 1,
    clock: replicas.clock,
    loggers: replicas.loggers,
    replicas,
    metadata: { contains: (topic: string) => replicas.find(topic, 0) !== undefined },
    config: () => ({ values: { transactionPartitionVerificationEnable: isEnabled } }),
    quotas: { produce: { isEnabled: false } },
    traffic: null,
    transactionVerifier: { verify },
  } as unknown as Services;
  const { handle } = produce(services);

  function request(records: Readonly<Record<string, Buffer>>, change: Partial<Request> = {}): Request {
    const topicData = Object.entries(records).map(([name, bytes]) => ({
      name,
      partitionData: [{ index: 0, records: bytes }],
    }));
    return { transactionalId: 'id', acks: -1, timeoutMs: 1000, topicData, ...change };
  }

  const told = (answer: unknown): Answer | symbol => {
    if (typeof answer === 'symbol') return answer;
    const { responses } = answer as {
      responses: { name: string; partitionResponses: { errorCode: number; errorMessage?: string | null }[] }[];
    };
    const errors = responses.map(({ name, partitionResponses: [it] }) => [name, errorName(it!.errorCode)]);
    const messages = responses.map(({ partitionResponses: [it] }) => it!.errorMessage ?? null);
    return { errors: Object.fromEntries(errors), messages };
  };
  /** What requests hold beyond their frames. */
  const held = { bytes: 0 };
  const hold = (bytes: number) => {
    held.bytes += bytes;
    return () => {
      held.bytes -= bytes;
    };
  };
  /** The answer, or a promise of it where the coordinator is asked. */
  const send = (of: Request, apiVersion = 9): Answer | symbol | Promise<Answer | symbol> => {
    const context = { apiVersion, clientId: 'c', requestBytes: 100, hold, mute: () => {} } as unknown as RequestContext;
    const answer = handle(of, context);
    return answer instanceof Promise ? answer.then(told) : told(answer);
  };
  return { replicas, partition, other, asked, held, request, send };
}

const batch = (sequence = 0, change: object = {}): Buffer =>
  buildBatch({
    records: [{ timestamp: 1_700_000_000_000, key: null, value: Buffer.from(`record ${sequence}`) }],
    producerId: 9,
    producerEpoch: 3,
    baseSequence: sequence,
    isTransactional: true,
    ...change,
  });

const code = (call: () => unknown): ErrorName | null => {
  try {
    call();
    return null;
  } catch (error) {
    return (error as KafkaError).error;
  }
};

test('the first batch of a transaction waits for the coordinator, those after it do not', async () => {
  const { partition, asked, request, send } = setUp();
  const first = send(request({ t: batch(0) }));
  expect(first).toBeInstanceOf(Promise);
  expect(asked).toMatchObject([
    {
      transactionalId: 'id',
      producerId: 9,
      producerEpoch: 3,
      knowsAbortable: false,
      partitions: [{ topic: 't', partition: 0 }],
    },
  ]);
  expect(partition.log.logEndOffset).toBe(0);
  asked[0]!.answer();
  expect(await first).toEqual({ errors: { t: 'NONE' }, messages: [null] });
  expect(partition.log.hasOngoingTransaction(9)).toBe(true);
  expect(send(request({ t: batch(1) }))).toEqual({ errors: { t: 'NONE' }, messages: [null] });
  expect(asked).toHaveLength(1);
});

test('after its end a transaction has to be verified anew, and a marker in between invalidates the answer', async () => {
  const { partition, asked, request, send } = setUp();
  const first = send(request({ t: batch(0) }));
  const marker = { type: 'ABORT', producerId: 9, producerEpoch: 3, coordinatorEpoch: 0, timestamp: 0 } as const;
  partition.appendAsLeader(buildEndTxnBatch(marker), 1, { origin: 'coordinator' });
  asked[0]!.answer();
  expect(await first).toMatchObject({ errors: { t: 'INVALID_TXN_STATE' } });
  expect(partition.log.hasOngoingTransaction(9)).toBe(false);
});

test('the records are those that were sent, whatever becomes of their frame', async () => {
  const { partition, asked, held, request, send } = setUp();
  const bytes = batch(0);
  const first = send(request({ t: bytes }));
  bytes.fill(0xff);
  // The copy counts as long as the coordinator has not answered.
  expect(held.bytes).toBe(100);
  asked[0]!.answer();
  expect(await first).toMatchObject({ errors: { t: 'NONE' } });
  expect(held.bytes).toBe(0);
  expect(partition.log.logEndOffset).toBe(1);
});

test('only partitions without an open transaction are asked for, and only they fail', async () => {
  const { asked, request, send } = setUp();
  const first = send(request({ t: batch(0) }));
  asked[0]!.answer();
  await first;
  const both = send(request({ t: batch(1), u: batch(0), followed: batch(0), gone: batch(0) }));
  expect(asked[1]!.partitions.map(({ topic }) => topic)).toEqual(['u']);
  asked[1]!.answer('INVALID_TXN_STATE', 'u');
  expect(await both).toEqual({
    errors: {
      t: 'NONE',
      u: 'INVALID_TXN_STATE',
      followed: 'NOT_LEADER_OR_FOLLOWER',
      gone: 'UNKNOWN_TOPIC_OR_PARTITION',
    },
    messages: [null, 'Partition was not added to the transaction', null, null],
  });
});

test.each<[ErrorName, ErrorName, string | null]>([
  ['INVALID_TXN_STATE', 'INVALID_TXN_STATE', 'Partition was not added to the transaction'],
  ['CONCURRENT_TRANSACTIONS', 'NOT_ENOUGH_REPLICAS', 'CONCURRENT_TRANSACTIONS'],
  ['NETWORK_EXCEPTION', 'NOT_ENOUGH_REPLICAS', 'NETWORK_EXCEPTION'],
  ['COORDINATOR_LOAD_IN_PROGRESS', 'NOT_ENOUGH_REPLICAS', 'COORDINATOR_LOAD_IN_PROGRESS'],
  ['COORDINATOR_NOT_AVAILABLE', 'NOT_ENOUGH_REPLICAS', 'COORDINATOR_NOT_AVAILABLE'],
  ['NOT_COORDINATOR', 'NOT_ENOUGH_REPLICAS', 'NOT_COORDINATOR'],
  ['INVALID_PRODUCER_EPOCH', 'INVALID_PRODUCER_EPOCH', null],
  ['INVALID_PRODUCER_ID_MAPPING', 'INVALID_PRODUCER_ID_MAPPING', null],
  ['TRANSACTION_ABORTABLE', 'TRANSACTION_ABORTABLE', null],
])('the coordinator answers %s: %s', async (error, expected, message) => {
  const { partition, asked, request, send } = setUp();
  const answer = send(request({ t: batch(0) }), 11);
  expect(asked[0]!.knowsAbortable).toBe(true);
  asked[0]!.answer(error);
  const { errors, messages } = (await answer) as Answer;
  expect(errors).toEqual({ t: expected });
  if (message === null) expect(messages).toEqual([null]);
  else expect(messages[0]).toContain(message);
  expect(partition.log.logEndOffset).toBe(0);
});

test('with acks=0 a refusal closes the connection', async () => {
  const { asked, request, send } = setUp();
  const answer = send(request({ t: batch(0) }, { acks: 0 }));
  asked[0]!.answer('INVALID_TXN_STATE');
  expect(await answer).toBe(CLOSE_CONNECTION);
});

test('whoever leads no more when the answer comes says so', async () => {
  const { partition, asked, request, send } = setUp();
  const answer = send(request({ t: batch(0) }));
  partition.resign();
  asked[0]!.answer();
  expect(await answer).toMatchObject({ errors: { t: 'NOT_LEADER_OR_FOLLOWER' } });
});

test('of two producers in one request neither is taken', () => {
  const { partition, other, asked, request, send } = setUp();
  const two = (change: object) => code(() => send(request({ t: batch(0), u: batch(0, change) })));
  expect(two({ producerId: 10 })).toBe('INVALID_PRODUCER_ID_MAPPING');
  expect(two({ producerEpoch: 4 })).toBe('INVALID_PRODUCER_ID_MAPPING');
  expect([partition.log.logEndOffset, other.log.logEndOffset, asked.length]).toEqual([0, 0, 0]);
  // What does not get as far as the log does not count, and what is not transactional does not, either.
  const notTransactional = batch(0, { producerId: 10, isTransactional: false });
  expect(
    code(() => send(request({ t: batch(0), gone: batch(0, { producerId: 10 }), u: notTransactional }))),
  ).toBeNull();
});

test('nobody is asked about batches outside of transactions', () => {
  const { asked, request, send } = setUp();
  const idempotent = batch(0, { isTransactional: false });
  expect(send(request({ t: idempotent }))).toMatchObject({ errors: { t: 'NONE' } });
  expect(send(request({ u: idempotent }, { transactionalId: null }))).toMatchObject({ errors: { u: 'NONE' } });
  expect(asked).toEqual([]);
});

test('transaction.partition.verification.enable=false: nobody is asked', () => {
  const { asked, request, send } = setUp({ isEnabled: false });
  expect(send(request({ t: batch(0) }))).not.toBeInstanceOf(Promise);
  expect(asked).toEqual([]);
});
