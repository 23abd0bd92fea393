import { Cluster } from '../support/cluster';
import { type Member, Trial } from './load/trial';

// Five replicas, three of which must be in sync: two brokers may die at once. With ODRADEK_MATRIX=all two others do, too.

const BROKERS = 5;
const SESSION_MS = 6_000;
const isWhole = process.env['ODRADEK_MATRIX'] === 'all';

let cluster: Cluster;
let members: Member[] = [];

beforeAll(async () => {
  const settings = { 'zookeeper.session.timeout.ms': SESSION_MS, 'offsets.topic.replication.factor': 1 };
  cluster = await Cluster.start({ brokers: BROKERS, settings });
  members = cluster.brokers.map((broker, id) => ({
    id,
    port: broker.port,
    logDir: broker.logDir,
    start: () => broker.start(),
    stop: () => broker.stop(),
    kill: () => broker.kill(),
  }));
});

afterAll(() => cluster?.stop());

/** Both are killed in the same moment; the others write on without them, then they are back. */
async function killBoth(trial: Trial, both: readonly Member[]): Promise<void> {
  await Promise.all(both.map((member) => member.kill()));
  await trial.more();
  await Promise.all(both.map((member) => member.start()));
  await trial.whole();
  await trial.more();
}

async function aLeaderBut({ client, options, members: all }: Trial, other: Member): Promise<Member> {
  for (let partition = 0; ; partition = (partition + 1) % options.partitions) {
    const port = await client.leaderPort(options.topic, partition);
    const leader = all.find((member) => member.port === port)!;
    if (leader !== other) return leader;
  }
}

test('two of five are killed at once, the controller and a leader: nothing acknowledged is lost', async () => {
  const options = { partitions: 5, isIdempotent: true, compression: 'none', seed: 5, replicas: BROKERS } as const;
  const trial = new Trial(members, { ...options, topic: 'five' });
  const { acknowledged, longestGapMs, problems } = await trial.run(async () => {
    const controller = await trial.controller();
    await killBoth(trial, [controller, await aLeaderBut(trial, controller)]);
    if (!isWhole) return;
    const next = await trial.controller();
    const leader = await aLeaderBut(trial, next);
    const others = members.filter((member) => member !== next && member !== leader);
    await killBoth(trial, [leader, others[0]!]);
  });
  expect(problems).toEqual([]);
  process.stdout.write(`five: ${acknowledged} acknowledged, longest time without one ${longestGapMs} ms\n`);
}, 180_000);
