import { Trial } from '../replication/load/trial';
import { Cluster } from '../support/cluster';

/** Whoever waited for a session's end would wait for twice as long as these tests let a producer wait. */
const SESSION_TIMEOUT_MS = 60_000;
const LONGEST_GAP_MS = 30_000;

let cluster: Cluster;

beforeAll(async () => {
  cluster = await Cluster.start({ brokers: 3, settings: { 'zookeeper.session.timeout.ms': SESSION_TIMEOUT_MS } });
});
afterAll(() => cluster?.stop());

test.each(['leader', 'controller'] as const)(
  'kill -9 of the %s: others go on long before its session ends, and it is back long before that',
  async (victim) => {
    const members = cluster.brokers.map((broker, id) => Object.assign(broker, { id }));
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
