import fs from 'node:fs';
import { DeleteGroups } from '@odradek/protocol/messages/delete-groups';
import { JoinGroup } from '@odradek/protocol/messages/join-group';
import { ListGroups } from '@odradek/protocol/messages/list-groups';
import { OffsetCommit } from '@odradek/protocol/messages/offset-commit';
import { seeded } from '@odradek/protocol/testing/seeded';
import { Broker } from '../support/broker';
import { freePort } from '../support/ports';
import { until } from '../support/until';
import { startZooKeeper, type TestZooKeeper } from '../support/zookeeper';
import { onlyBroker } from './coordinator';
import { connect } from './members';
import { Storm } from './storm';

/** How long members come, go and die; how often the broker dies under them. */
const STORM_SECONDS = Number(process.env['ODRADEK_STORM_SECONDS'] ?? 10);
const CRASHES = Number(process.env['ODRADEK_CRASHES'] ?? 2);
const SEED = Number(process.env['ODRADEK_SEED'] ?? 1);

const DEAD_GROUPS = 10_000;
/** Lines of what is wrong, as far as anybody reads them. */
const MANY = 20;
const LIMIT = { timeoutMs: 60_000 };
const NONE = 0;
const MEMBER_ID_REQUIRED = 79;

let zooKeeper: TestZooKeeper;
let broker: Broker;
let metricsUrl: string;
let storm: Storm | null = null;

beforeAll(async () => {
  zooKeeper = await startZooKeeper();
  const port = await freePort();
  metricsUrl = `http://127.0.0.1:${port}/metrics`;
  const settings = {
    'group.min.session.timeout.ms': 100,
    'offsets.retention.check.interval.ms': 500,
    'offsets.topic.num.partitions': 5,
    'odradek.metrics.listener': `127.0.0.1:${port}`,
  };
  broker = await Broker.start({ zooKeeper: zooKeeper.connect, settings });
});

afterEach(() => {
  storm?.close();
  storm = null;
});

afterAll(async () => {
  await broker?.remove();
  await zooKeeper?.stop();
});

const openFiles = (): number => fs.readdirSync(`/proc/${broker.pid}/fd`).length;

async function timers(): Promise<number> {
  const answer = await fetch(metricsUrl, { headers: { connection: 'close' } });
  const line = /^nodejs_active_resources\{type="Timeout"\} (\d+)$/m.exec(await answer.text());
  return Number(line![1]);
}

test(
  `fifty members come, go, die and fall silent for ${STORM_SECONDS} s: nobody is in another's way, nothing is left behind`,
  async () => {
    storm = new Storm({
      coordinator: onlyBroker(broker),
      groupId: 'fifty',
      topic: 'fifty',
      partitions: 100,
      members: 50,
      seed: SEED,
    });
    await storm.open();
    const before = { openFiles: openFiles(), timers: await timers() };
    for (let i = 0; i < 50; i++) storm.join();
    await storm.settle();
    const endMs = performance.now() + STORM_SECONDS * 1000;
    while (performance.now() < endMs) {
      await storm.rage(storm.below(3000));
      await storm.settle();
    }
    await storm.disperse();
    const { ledger, settledMs } = storm;
    process.stdout.write(
      `${ledger.generations} generations, ${ledger.commits} commits, ${ledger.refusals} refused, settled after ${settledMs} ms\n`,
    );
    expect(ledger.wrong.slice(0, MANY)).toEqual([]);
    await until(() => openFiles() <= before.openFiles);
    await until(async () => (await timers()) <= before.timers);
  },
  180_000 + STORM_SECONDS * 3000,
);

test('ten thousand groups that nobody needs any more leave nothing', async () => {
  storm = new Storm({
    coordinator: onlyBroker(broker),
    groupId: 'any',
    topic: 'dead',
    partitions: 1,
    members: 0,
    seed: SEED,
  });
  await storm.open();
  const peer = await connect(broker);
  const ids = Array.from({ length: DEAD_GROUPS }, (_, index) => `dead-${index}`);
  const [deleted, abandoned] = [ids.slice(0, DEAD_GROUPS / 2), ids.slice(DEAD_GROUPS / 2)];
  const list = async () =>
    (await peer.send(ListGroups, 3, {}, LIMIT)).groups.filter(({ groupId }) => groupId.startsWith('dead'));
  const before = { openFiles: openFiles(), timers: await timers() };

  const topics = [{ name: 'dead', partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }] }];
  const committed = await Promise.all(
    deleted.map((groupId) => peer.send(OffsetCommit, 8, { groupId, memberId: '', topics }, LIMIT)),
  );
  expect(new Set(committed.map((answer) => answer.topics[0]!.partitions[0]!.errorCode))).toEqual(new Set([NONE]));
  // They are given a member id each, and never come back.
  const terms = { sessionTimeoutMs: 20_000, rebalanceTimeoutMs: 1000, memberId: '', protocolType: 'consumer' };
  const protocols = [{ name: 'range', metadata: Buffer.from('nothing') }];
  const given = await Promise.all(
    abandoned.map((groupId) => peer.send(JoinGroup, 9, { groupId, ...terms, protocols }, LIMIT)),
  );
  expect(new Set(given.map(({ errorCode }) => errorCode))).toEqual(new Set([MEMBER_ID_REQUIRED]));
  expect((await list()).length).toBeGreaterThanOrEqual(deleted.length);

  const { results } = await peer.send(DeleteGroups, 2, { groupsNames: deleted }, LIMIT);
  expect(new Set(results.map(({ errorCode }) => errorCode))).toEqual(new Set([NONE]));
  // Ids that nobody came back with are void after their session.
  await until(async () => (await list()).length === 0, 3 * terms.sessionTimeoutMs);
  peer.close();
  await until(() => openFiles() <= before.openFiles);
  await until(async () => (await timers()) <= before.timers);
}, 120_000);

test(
  `kill -9 while twenty members rebalance and commit, ${CRASHES} times: they come back, and nothing acknowledged is lost`,
  async () => {
    const random = seeded(SEED);
    storm = new Storm({
      coordinator: onlyBroker(broker),
      groupId: 'twenty',
      topic: 'twenty',
      partitions: 40,
      members: 20,
      seed: SEED,
    });
    await storm.open();
    for (let i = 0; i < 20; i++) storm.join();
    await storm.settle();
    for (let crash = 0; crash < CRASHES; crash++) {
      const rage = storm.rage(300 + storm.below(300));
      await new Promise((resolve) => setTimeout(resolve, 400 * random()));
      await Promise.all([storm.crash(() => broker.kill()), rage]);
      await storm.settle();
    }
    await storm.disperse();
    process.stdout.write(
      `${storm.ledger.generations} generations, ${storm.ledger.commits} commits, ${storm.ledger.refusals} refused, settled after ${storm.settledMs} ms\n`,
    );
    expect(storm.ledger.wrong.slice(0, MANY)).toEqual([]);
  },
  120_000 + CRASHES * 60_000,
);
