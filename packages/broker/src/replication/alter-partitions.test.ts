import { ERRORS } from '@odradek/protocol/errors';
import type { AlterPartition } from '@odradek/protocol/messages/alter-partition';
import type { RequestOf, ResponseOf } from '@odradek/protocol/schema/api';
import { ZERO_UUID } from '@odradek/protocol/wire/uuid';
import { NoControllerError } from '../cluster/controller-link';
import { ManualClock } from '../env/testing/clock';
import { MemoryLoggers } from '../env/testing/logger';
import { AlterPartitions, type AlterPartitionsOptions, type IsrChange } from './alter-partitions';
import type { IsrAnswer } from './isr-changes';

type Request = RequestOf<typeof AlterPartition>;
type Response = ResponseOf<typeof AlterPartition>;
type PartitionAnswer = Partial<Response['topics'][number]['partitions'][number]>;

interface Asked {
  readonly version: number;
  readonly request: Request;
  readonly isRefusal: (response: Response) => boolean;
  answer(response: Partial<Response>): Promise<void>;
  fail(): Promise<void>;
}

const IDS: Readonly<Record<string, string>> = { t: 'AAAAAAAAAAAAAAAAAAAAAQ', u: 'AAAAAAAAAAAAAAAAAAAAAg' };

function setUp() {
  const clock = new ManualClock();
  const loggers = new MemoryLoggers();
  const asked: Asked[] = [];
  let epoch = 70;
  const controller = {
    send: (_api: unknown, version: number, request: Request, { isRefusal }: Pick<Asked, 'isRefusal'>) =>
      new Promise((resolve, reject) => {
        const answer = (response: Partial<Response>): Promise<void> => {
          resolve({ throttleTimeMs: 0, errorCode: 0, topics: [], ...response });
          return clock.settle();
        };
        const fail = (): Promise<void> => {
          reject(new NoControllerError('no'));
          return clock.settle();
        };
        asked.push({ version, request, isRefusal, answer, fail });
      }),
  } as unknown as AlterPartitionsOptions['controller'];
  const manager = new AlterPartitions({
    brokerId: 1,
    brokerEpoch: () => epoch,
    controller,
    clock,
    logger: loggers.logger('test'),
  });
  const heard: (readonly [string, IsrAnswer])[] = [];
  const submit = (name: string, change: Partial<IsrChange> = {}): void => {
    const [topic, partition] = name.split('-') as [string, string];
    const common = { topic, topicId: IDS[topic]!, partition: Number(partition) };
    manager.submit({ ...common, leaderEpoch: 5, isr: [1, 2], partitionEpoch: 7, ...change }, (answer) =>
      heard.push([name, answer]),
    );
  };
  const names = ({ request: { topics } }: Asked): string[] =>
    topics.flatMap(({ topicName, partitions }) => partitions.map((it) => `${topicName}-${it.partitionIndex}`));
  return { clock, loggers, asked, manager, heard, submit, names, restart: () => epoch++ };
}

const of = (topic: string, ...partitions: PartitionAnswer[]): Response['topics'][number] => ({
  topicName: '',
  topicId: IDS[topic]!,
  partitions: partitions.map((it) => ({
    partitionIndex: 0,
    errorCode: 0,
    leaderId: 1,
    leaderEpoch: 5,
    isr: [1, 2],
    leaderRecoveryState: 0,
    partitionEpoch: 8,
    ...it,
  })),
});
const granted: IsrAnswer = { type: 'granted', leaderEpoch: 5, isr: [1, 2], partitionEpoch: 8 };
const refused = (error: string) => ({ type: 'refused', error });

test('the wishes of a turn go in one request, by topic, in the newest version', async () => {
  const { clock, asked, submit } = setUp();
  submit('t-0');
  submit('u-3', { isr: [1] });
  submit('t-1');
  await clock.settle();
  const wish = (partitionIndex: number, isr: readonly number[]) => ({
    partitionIndex,
    leaderEpoch: 5,
    newIsr: [],
    newIsrWithEpochs: isr.map((brokerId) => ({ brokerId, brokerEpoch: -1 })),
    leaderRecoveryState: 0,
    partitionEpoch: 7,
  });
  expect(asked.map(({ version, request }) => [version, request])).toEqual([
    [
      3,
      {
        brokerId: 1,
        brokerEpoch: 70,
        topics: [
          { topicName: 't', topicId: IDS['t'], partitions: [wish(0, [1, 2]), wish(1, [1, 2])] },
          { topicName: 'u', topicId: IDS['u'], partitions: [wish(3, [1])] },
        ],
      },
    ],
  ]);
});

test('a topic without an id is asked for by name, and all others with it', async () => {
  const { clock, asked, heard, submit } = setUp();
  submit('t-0');
  submit('old-0', { topicId: ZERO_UUID });
  await clock.settle();
  expect(asked[0]!.version).toBe(1);
  expect(asked[0]!.request.topics[1]!.partitions[0]).toMatchObject({ newIsr: [1, 2], newIsrWithEpochs: [] });
  const byName = (topicName: string) => ({ ...of('t', {}), topicId: ZERO_UUID, topicName });
  await asked[0]!.answer({ topics: [byName('old'), byName('t')] });
  expect(heard).toEqual([
    ['t-0', granted],
    ['old-0', granted],
  ]);
});

test('one request is on its way; what comes meanwhile follows it', async () => {
  const { clock, asked, heard, submit, names } = setUp();
  submit('t-0');
  await clock.settle();
  submit('t-1');
  submit('t-2');
  await clock.advance(60_000);
  expect(asked.map(names)).toEqual([['t-0']]);
  await asked[0]!.answer({ topics: [of('t', {})] });
  expect(heard).toEqual([['t-0', granted]]);
  expect(asked.map(names)).toEqual([['t-0'], ['t-1', 't-2']]);
});

test('of a partition one wish at a time', async () => {
  const { clock, asked, heard, submit, names } = setUp();
  submit('t-0');
  submit('t-0', { isr: [1] });
  expect(heard).toEqual([]);
  await clock.settle();
  expect(heard).toEqual([['t-0', refused('OPERATION_NOT_ATTEMPTED')]]);
  expect(asked.map(names)).toEqual([['t-0']]);
});

test('whoever hears of an answer may wish again at once', async () => {
  const { clock, asked, manager, names } = setUp();
  const change: IsrChange = {
    topic: 't',
    topicId: IDS['t']!,
    partition: 0,
    leaderEpoch: 5,
    isr: [1],
    partitionEpoch: 7,
  };
  const answers: IsrAnswer[] = [];
  manager.submit(change, () => manager.submit(change, (answer) => answers.push(answer)));
  await clock.settle();
  await asked[0]!.answer({ topics: [of('t', {})] });
  expect(asked.map(names)).toEqual([['t-0'], ['t-0']]);
  await asked[1]!.answer({ topics: [of('t', { errorCode: ERRORS.FENCED_LEADER_EPOCH.code })] });
  expect(answers).toEqual([refused('FENCED_LEADER_EPOCH')]);
});

test('an answer that is none is asked for again, with a pause and as of then', async () => {
  const { clock, asked, heard, loggers, submit, names, restart } = setUp();
  submit('t-0');
  await clock.settle();
  restart();
  await asked[0]!.answer({ errorCode: ERRORS.STALE_BROKER_EPOCH.code });
  submit('t-1');
  await clock.advance(49);
  expect(asked).toHaveLength(1);
  await clock.advance(1);
  expect(asked.map(names)).toEqual([['t-0'], ['t-0', 't-1']]);
  expect(asked[1]!.request.brokerEpoch).toBe(71);
  await asked[1]!.answer({ errorCode: ERRORS.CLUSTER_AUTHORIZATION_FAILED.code });
  await clock.advance(50);
  await asked[2]!.answer({ errorCode: ERRORS.UNKNOWN_SERVER_ERROR.code });
  await clock.advance(50);
  await asked[3]!.fail();
  await clock.advance(50);
  await asked[4]!.answer({ topics: [of('t', {}, { partitionIndex: 1 })] });
  expect(heard.map(([name]) => name)).toEqual(['t-0', 't-1']);
  expect(loggers.messages('warn', 'error')).toEqual([
    'Broker had a stale broker epoch (70), retrying.',
    'Broker is not authorized to send AlterPartition to controller',
    'Controller returned an unexpected top-level error when handling AlterPartition request: UNKNOWN_SERVER_ERROR',
  ]);
});

test('a partition that the answer has left out is sent again; one that it holds nonsense of has failed', async () => {
  const { clock, asked, heard, submit, names } = setUp();
  submit('t-0');
  submit('t-1');
  await clock.settle();
  await asked[0]!.answer({ topics: [of('t', { leaderRecoveryState: 9 }), { ...of('t', {}), topicId: 'unknown' }] });
  expect(heard).toEqual([['t-0', refused('UNKNOWN_SERVER_ERROR')]]);
  await clock.advance(50);
  expect(asked.map(names)).toEqual([['t-0', 't-1'], ['t-1']]);
});

test('what will be asked again is not asked again at once', async () => {
  const { clock, asked, manager } = setUp();
  const change: IsrChange = {
    topic: 't',
    topicId: IDS['t']!,
    partition: 0,
    leaderEpoch: 5,
    isr: [1],
    partitionEpoch: 7,
  };
  const again = (): void => manager.submit(change, again);
  again();
  await clock.settle();
  await asked[0]!.answer({ topics: [of('t', { errorCode: ERRORS.UNKNOWN_SERVER_ERROR.code })] });
  expect(asked).toHaveLength(1);
  await clock.advance(50);
  expect(asked).toHaveLength(2);
});

test('one partition that is not the controller’s to change makes the whole answer another’s', async () => {
  const { clock, asked, submit } = setUp();
  submit('t-0');
  await clock.settle();
  const answer = (errorCode: number): Response => ({
    throttleTimeMs: 0,
    errorCode: 0,
    topics: [of('t', {}, { errorCode })],
  });
  expect(asked[0]!.isRefusal(answer(ERRORS.NOT_CONTROLLER.code))).toBe(true);
  expect(asked[0]!.isRefusal(answer(ERRORS.FENCED_LEADER_EPOCH.code))).toBe(false);
});

test('once closed nobody is answered and nothing is sent', async () => {
  const { clock, asked, heard, manager, submit } = setUp();
  submit('t-0');
  await clock.settle();
  submit('t-1');
  manager.close();
  await asked[0]!.answer({ topics: [of('t', {})] });
  const other = setUp();
  other.submit('t-0');
  await other.clock.settle();
  await other.asked[0]!.fail();
  other.manager.close();
  await other.clock.advance(1000);
  expect([heard, asked.length, clock.timers, other.asked.length, other.clock.timers]).toEqual([[], 1, 0, 1, 0]);
});
