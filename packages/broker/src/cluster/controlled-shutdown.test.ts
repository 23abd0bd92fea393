import { ManualClock } from '../env/testing/clock';
import { MemoryLoggers } from '../env/testing/logger';
import { controlledShutdown } from './controlled-shutdown';
import { MetadataCache } from './metadata-cache';
import type { ConnectPeer } from './peers';

interface Answer {
  readonly errorCode: number;
  readonly remainingPartitions: readonly object[];
}

const DONE: Answer = { errorCode: 0, remainingPartitions: [] };
const LEFT: Answer = { errorCode: 0, remainingPartitions: [{ topicName: 't', partitionIndex: 0 }] };
const STALE: Answer = { errorCode: 77, remainingPartitions: [] };
const BACKOFF_MS = 5_000;

/** Broker 0 stops; broker N is at port N. `answers` are given in turn, by whichever is asked. */
function setUp(answers: (Answer | Error)[]) {
  const clock = new ManualClock();
  const loggers = new MemoryLoggers();
  const metadata = new MetadataCache(clock);
  const asked: number[] = [];
  const zooKeeper = { isReachable: true };
  const connect: ConnectPeer = async ({ port }) => {
    asked.push(port);
    const answer = answers.shift()!;
    if (answer instanceof Error) throw answer;
    return { isGone: false, send: async () => answer as never, close: () => {} };
  };
  /** The cluster as the controller tells of it: one partition of three replicas. */
  const told = (controllerId: number, live: number[], leader: number): void => {
    const endpoint = (port: number) => ({ port, host: 'h', listener: 'PLAINTEXT', securityProtocol: 0 });
    const partition = { topicName: '', partitionIndex: 0, controllerEpoch: 1, leader, leaderEpoch: 0 };
    metadata.update({
      controllerId,
      isKRaftController: false,
      type: 0,
      controllerEpoch: 1,
      brokerEpoch: 1,
      ungroupedPartitionStates: [],
      topicStates: [
        {
          topicName: 't',
          topicId: 'AAAAAAAAAAAAAAAAAAAAAQ',
          partitionStates: [{ ...partition, isr: [0, 1], zkVersion: 0, replicas: [0, 1, 2], offlineReplicas: [] }],
        },
      ],
      liveBrokers: live.map((id) => ({ id, v0Host: '', v0Port: 0, rack: null, endpoints: [endpoint(id)] })),
    });
  };
  const run = () => {
    let isOver = false;
    const running = controlledShutdown({
      brokerId: 0,
      brokerEpoch: () => 1,
      metadata,
      connect,
      clock,
      logger: loggers.logger('test'),
      interBrokerListenerName: 'PLAINTEXT',
      isZooKeeperReachable: () => zooKeeper.isReachable,
      maxRetries: 3,
      retryBackoffMs: BACKOFF_MS,
      requestTimeoutMs: 30_000,
    }).then(() => {
      isOver = true;
    });
    return { running, isOver: () => isOver };
  };
  return { clock, loggers, asked, zooKeeper, told, run };
}

test('who is alone asks nobody', async () => {
  const { asked, told, run } = setUp([]);
  told(0, [0], 0);
  await run().running;
  expect(asked).toEqual([]);
});

test('once the controller has moved everything, it goes when it knows of that itself', async () => {
  const { clock, asked, told, run } = setUp([DONE]);
  told(2, [0, 1, 2], 0);
  const { running, isOver } = run();
  await clock.settle();
  expect(isOver()).toBe(false);
  told(2, [0, 1, 2], 1);
  await running;
  expect(asked).toEqual([2]);
  expect(clock.timers).toBe(0);
});

test.each([
  ['a controller that says no', STALE],
  ['partitions that cannot be moved', LEFT],
  ['a controller that cannot be reached', new Error('refused')],
])('%s is asked as often as the settings say', async (_name, answer) => {
  const { clock, loggers, asked, told, run } = setUp([answer, answer, answer]);
  told(2, [0, 1, 2], 0);
  const { running } = run();
  for (let attempts = 1; attempts <= 3; attempts++) {
    await clock.settle();
    expect(asked).toHaveLength(attempts);
    await clock.advance(BACKOFF_MS - 1);
    expect(asked).toHaveLength(attempts);
    await clock.advance(1);
  }
  await running;
  expect(clock.monotonicMs()).toBe(3 * BACKOFF_MS);
  expect(loggers.messages('warn').at(-1)).toBe(
    'Proceeding to do an unclean shutdown as all the controlled shutdown attempts failed',
  );
});

test('while ZooKeeper is away, once is enough', async () => {
  const { clock, asked, zooKeeper, told, run } = setUp([LEFT]);
  told(2, [0, 1, 2], 0);
  zooKeeper.isReachable = false;
  await run().running;
  expect(asked).toEqual([2]);
  expect(clock.monotonicMs()).toBe(0);
});

test('another controller is asked at once', async () => {
  const { clock, asked, told, run } = setUp([new Error('gone'), DONE]);
  told(2, [0, 1, 2], 0);
  const { running } = run();
  await clock.settle();
  told(1, [0, 1], 0);
  await clock.settle();
  expect(asked).toEqual([2, 1]);
  told(1, [0, 1], 1);
  await running;
});

test('when the last of the others is gone, nothing is waited for', async () => {
  const { clock, asked, told, run } = setUp([LEFT]);
  told(0, [0, 1], 0);
  const { running } = run();
  await clock.settle();
  told(0, [0], 0);
  await running;
  expect(asked).toEqual([0]);
  expect(clock.monotonicMs()).toBe(0);
});
