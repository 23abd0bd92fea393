import { type Member, Trial } from '../replication/load/trial';
import { Broker } from '../support/broker';
import { startZooKeeper, type TestZooKeeper } from '../support/zookeeper';

const BROKERS = 3;
/** Whoever waited for a session's end would wait for twice as long as these tests let a producer wait. */
const SESSION_TIMEOUT_MS = 60_000;
const LONGEST_GAP_MS = 30_000;

let zooKeeper: TestZooKeeper;
let brokers: Broker[] = [];
let members: Member[] = [];

beforeAll(async () => {
  zooKeeper = await startZooKeeper();
  const prepare = (_: unknown, id: number): Promise<Broker> =>
    Broker.prepare({
      zooKeeper: zooKeeper.connect,
      settings: { 'broker.id': id, 'zookeeper.session.timeout.ms': SESSION_TIMEOUT_MS },
    });
  brokers = await Promise.all(Array.from({ length: BROKERS }, prepare));
  await Promise.all(brokers.map((broker) => broker.start()));
  members = brokers.map((broker, id) => ({
    id,
    port: broker.port,
    logDir: broker.logDir,
    start: () => broker.start(),
    stop: () => broker.stop(),
    kill: () => broker.kill(),
  }));
});

afterAll(async () => {
  await Promise.all(brokers.map((broker) => broker.remove()));
  await zooKeeper?.stop();
});

test.each(['leader', 'controller'] as const)(
  'kill -9 of the %s: others go on long before its session ends, and it is back long before that',
  async (victim) => {
    const options = { topic: victim, partitions: 3, isIdempotent: true, compression: 'none', seed: 1 } as const;
    const trial = new Trial(members, options);
    const verdict = await trial.run(async () => {
      const member = await trial[victim]();
      await member.kill();
      await trial.more();
      await member.start();
      await trial.whole();
    });
    expect(verdict.problems).toEqual([]);
    expect(verdict.longestGapMs).toBeLessThan(LONGEST_GAP_MS);
    process.stdout.write(
      `kill -9 of the ${victim}: longest time without an acknowledgement ${verdict.longestGapMs} ms\n`,
    );
  },
  120_000,
);
