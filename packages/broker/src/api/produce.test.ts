import type { Produce } from '@odradek/protocol/messages/produce';
import { buildBatch } from '@odradek/protocol/records/builder';
import type { RequestOf } from '@odradek/protocol/schema/api';
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
    transactionVerifier: {
      verify: (_: unknown, verified: (answer: () => string) => void) =>
        replicas.clock.soon(() => verified(() => 'NONE')),
    },
  } as unknown as Services;
  return { ...produce(services), clock: replicas.clock };
}

test.each([null, 'id'])(
  'records are let go of while an answer waits for replicas (transactional id: %s)',
  async (id) => {
    const { handle, clock } = setUp();
    const value = { timestamp: 1_700_000_000_000, key: null, value: Buffer.from('x') };
    const records = buildBatch({ records: [value], ...(id !== null && { ...IDEMPOTENT, isTransactional: true }) });
    const topicData = [{ name: 't', partitionData: [{ index: 0, records: records as Buffer | null }] }];
    const request: RequestOf<typeof Produce> = { transactionalId: id, acks: -1, timeoutMs: 1000, topicData };
    const letNextPass = jest.fn();
    const answer = handle(request, {
      apiVersion: 9,
      clientId: 'c',
      mute: () => {},
      letNextPass,
    } as never as RequestContext);
    await clock.settle();
    expect(letNextPass).toHaveBeenCalledTimes(1);
    expect(topicData[0]!.partitionData[0]!.records).toBeNull();
    clock.advance(1000);
    expect(await answer).toMatchObject({
      responses: [{ name: 't', partitionResponses: [{ index: 0, errorCode: 7 }] }],
    });
  },
);
