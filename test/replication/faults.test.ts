import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Produce } from '@odradek/protocol/messages/produce';
import { buildBatch } from '@odradek/protocol/records/builder';
import { until } from '../support/until';
import { ClusterClient, LIMIT } from './load/client';
import { FaultyCluster, type Site } from './load/faulty-cluster';
import { Trial } from './load/trial';

// What Apache's own matrix leaves out: processes that stand still, a ZooKeeper that is away, disks and networks that fail,
// each while three replicas are written with acks=all and read. A few of them each time; all of them with ODRADEK_FAULTS=all.

const PARTITIONS = 3;
const SESSION_MS = 4_000;
const [ALL, LEADER_ONLY] = [-1, 1];
const [NONE, NOT_ENOUGH_REPLICAS] = [0, 19];
const PRLIMIT = '/usr/bin/prlimit';

let cluster: FaultyCluster;
let runs = 0;

beforeAll(async () => {
  cluster = await FaultyCluster.start(SESSION_MS);
});

afterAll(() => cluster?.stop());

async function judged(fault: (trial: Trial) => Promise<void>): Promise<void> {
  const topic = `fault-${runs++}`;
  const options = { topic, partitions: PARTITIONS, isIdempotent: true, compression: 'none', seed: runs } as const;
  const trial = new Trial(cluster.members, options);
  const { acknowledged, longestGapMs, problems } = await trial.run(() => fault(trial));
  expect(problems).toEqual([]);
  const name = expect.getState().currentTestName;
  process.stdout.write(`${name}: ${acknowledged} acknowledged, longest time without one ${longestGapMs} ms\n`);
}

/** What everybody but `site` says: its own word may be old. */
const without = (site: Site): ClusterClient =>
  new ClusterClient(cluster.sites.filter((it) => it !== site).map(({ broker }) => broker.port));

async function leaderOf(client: ClusterClient, trial: Trial, partition: number): Promise<Site> {
  const port = await client.leaderPort(trial.options.topic, partition);
  return cluster.sites.find(({ broker }) => broker.port === port)!;
}

async function untilDeposed(trial: Trial, partition: number, former: Site): Promise<void> {
  await until(async () => (await leaderOf(without(former), trial, partition)) !== former);
}

/** A partition whose leader is not the controller. */
async function ledByAnother(trial: Trial): Promise<{ site: Site; partition: number }> {
  const controller = cluster.sites[await trial.client.controllerId()]!;
  for (let partition = 0; ; partition = (partition + 1) % PARTITIONS) {
    const site = await leaderOf(trial.client, trial, partition);
    if (site !== controller) return { site, partition };
  }
}

/** One record of nobody's, which the trial knows of. */
async function produce(trial: Trial, { broker }: Site, partition: number, acks: number, value: string) {
  const { topic } = trial.options;
  const records = buildBatch({ records: [{ timestamp: Date.now(), key: Buffer.from(value), value: Buffer.from('') }] });
  const topicData = [{ name: topic, partitionData: [{ index: partition, records }] }];
  const peer = await trial.client.connect(broker.port);
  const request = { transactionalId: null, acks, timeoutMs: LIMIT.timeoutMs, topicData };
  const { responses } = await peer.send(Produce, 9, request, LIMIT);
  peer.close();
  const { errorCode, baseOffset } = responses[0]!.partitionResponses[0]!;
  // What the leader alone has is not promised.
  const isPromised = errorCode === NONE && acks === ALL;
  const outcome = errorCode === NOT_ENOUGH_REPLICAS ? 'refused' : isPromised ? 'acknowledged' : 'unknown';
  const sender = { producer: `nobody of ${value}`, partition: `${topic}-${partition}`, mayRepeat: false };
  trial.alsoSent.push({ ...sender, value, outcome, offset: isPromised ? baseOffset : -1 });
  return errorCode;
}

async function zombie(trial: Trial): Promise<void> {
  const site = await leaderOf(trial.client, trial, 0);
  const others = cluster.sites.filter((it) => it !== site);
  for (const { broker } of others) broker.pause();
  // Fetches that wait at the leader take the first of these along.
  for (let i = 0; i < 5; i++) expect(await produce(trial, site, 0, LEADER_ONLY, `tail ${i}`)).toBe(NONE);
  site.broker.pause();
  for (const { broker } of others) broker.resume();
  await cluster.zooKeeper.endSessionOf(site.broker);
  await untilDeposed(trial, 0, site);
  // What clients have asked it is still waiting for it when the new leader has promised something else.
  let count = 0;
  await until(async () => {
    const leader = await leaderOf(without(site), trial, 0);
    return (await produce(trial, leader, 0, ALL, `instead ${count++}`)) === NONE;
  });
  site.broker.resume();
  await trial.whole();
  const { topic } = trial.options;
  const folder = path.join(site.broker.logDir, `${topic}-0`);
  const logs = fs.readdirSync(folder).filter((name) => name.endsWith('.log'));
  expect(logs.some((name) => fs.readFileSync(path.join(folder, name)).includes('tail 4'))).toBe(false);
}

async function zooKeeperStandsStill(trial: Trial): Promise<void> {
  cluster.zooKeeper.pause();
  await sleep(1.5 * SESSION_MS);
  // Who leads goes on leading.
  await trial.more();
  cluster.zooKeeper.resume();
}

async function zooKeeperIsGone(trial: Trial): Promise<void> {
  await cluster.zooKeeper.kill();
  await sleep(1.5 * SESSION_MS);
  await trial.more();
  await cluster.zooKeeper.restart();
}

/** The last segment of a replica. */
function lastSegment({ broker }: Site, topic: string, partition: number): string {
  const folder = path.join(broker.logDir, `${topic}-${partition}`);
  const name = fs.readdirSync(folder).filter((it) => it.endsWith('.log'));
  return path.join(folder, name.toSorted().at(-1)!);
}

async function damagedTails(trial: Trial): Promise<void> {
  const leader = await leaderOf(trial.client, trial, 0);
  const site = cluster.sites.find((it) => it !== leader)!;
  await site.broker.kill();
  const [cut, flipped, unindexed] = [0, 1, 2].map((partition) => lastSegment(site, trial.options.topic, partition));
  fs.truncateSync(cut!, Math.max(fs.statSync(cut!).size - 37, 0));
  const bytes = fs.readFileSync(flipped!);
  for (const at of [bytes.length >> 1, bytes.length - 11]) if (at >= 0 && at < bytes.length) bytes[at]! ^= 0xff;
  fs.writeFileSync(flipped!, bytes);
  for (const kind of ['.index', '.timeindex']) fs.rmSync(unindexed!.replace(/\.log$/, kind));
  await trial.more();
  await site.broker.start();
}

/** A limit on the size of files stands for the disk's: a write ends in the middle, and the next ones fail. */
async function fullDisk(trial: Trial): Promise<void> {
  const { broker } = await leaderOf(trial.client, trial, 0);
  execFileSync(PRLIMIT, ['--pid', String(broker.pid), '--fsize=60001:unlimited']);
  await until(() => broker.log().includes('have failed'));
  await broker.ended();
  await trial.more();
  await broker.start();
}

async function followersAreCutOff(trial: Trial): Promise<void> {
  const { site, partition } = await ledByAnother(trial);
  site.inbound.hold();
  const id = cluster.sites.indexOf(site);
  await without(site).metadata(trial.options.topic, ({ topics }) => {
    const isr = topics[0]?.partitions.find(({ partitionIndex }) => partitionIndex === partition)?.isrNodes;
    return isr?.join() === String(id);
  });
  await until(async () => {
    const refused = `refused ${trial.alsoSent.length}`;
    return (await produce(trial, site, partition, ALL, refused)) === NOT_ENOUGH_REPLICAS;
  });
  site.inbound.release();
}

async function zooKeeperIsCutOff(trial: Trial): Promise<void> {
  const site = await leaderOf(trial.client, trial, 0);
  site.toZooKeeper.hold();
  await untilDeposed(trial, 0, site);
  await trial.more();
  site.toZooKeeper.release();
}

const isAll = process.env['ODRADEK_FAULTS'] === 'all';
const SOME = {
  'a leader stands still beyond its session, and wakes': zombie,
  'ZooKeeper stands still beyond the sessions, and wakes': zooKeeperStandsStill,
  'a replica comes back with damaged ends of its logs': damagedTails,
  'followers cannot reach their leader': followersAreCutOff,
} as const;
const MORE = {
  'ZooKeeper is killed, and comes back after the sessions': zooKeeperIsGone,
  'a leader cannot reach ZooKeeper': zooKeeperIsCutOff,
} as const;

test.each(Object.entries({ ...SOME, ...(isAll ? MORE : {}) }))(
  '%s: nothing acknowledged is lost, replicas are equal',
  (_, fault) => judged(fault),
  180_000,
);

(fs.existsSync(PRLIMIT) ? test : test.skip)(
  'a leader whose disk is full (where prlimit is): nothing acknowledged is lost, replicas are equal',
  () => judged(fullDisk),
  180_000,
);
