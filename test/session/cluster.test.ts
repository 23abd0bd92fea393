import fs from 'node:fs';
import path from 'node:path';
import { silentLoggers } from '@odradek/broker/env/logger';
import { NodeZooKeeper } from '@odradek/broker/env/node/zookeeper';
import type { ZooKeeperSession } from '@odradek/broker/env/zookeeper';
import { decodeKeptSession, KEPT_SESSION_FILE } from '@odradek/broker/zookeeper/kept-session';
import { type Member, Trial } from '../replication/load/trial';
import { Broker } from '../support/broker';
import { ask } from '../support/ports';
import { until } from '../support/until';
import { startEnsemble, type TestZooKeeper } from '../support/zookeeper';
import { endSession } from '../zookeeper/cluster';

// Three brokers on an ensemble of three, written and read all the while, as in the matrix of test/replication.

const BROKERS = 3;
const SESSION_TIMEOUT_MS = 4_000;
const LIMIT_MS = 120_000;

let ensemble: TestZooKeeper[] = [];
let brokers: Broker[] = [];
let members: Member[] = [];
let observer: ZooKeeperSession;

beforeAll(async () => {
  ensemble = await startEnsemble(3);
  const connect = ensemble.map((server) => server.connect).join();
  const options = { sessionTimeoutMs: 30_000, connectionTimeoutMs: 30_000 };
  observer = await new NodeZooKeeper(silentLoggers).connect({ ...options, connect });
  const prepare = (_: unknown, id: number): Promise<Broker> =>
    Broker.prepare({
      zooKeeper: connect,
      settings: { 'broker.id': id, 'zookeeper.session.timeout.ms': SESSION_TIMEOUT_MS },
    });
  brokers = await Promise.all(Array.from({ length: BROKERS }, prepare));
  await Promise.all(brokers.map((broker) => broker.start()));
  members = brokers.map((broker, id) => Object.assign(broker, { id }));
}, LIMIT_MS);

afterAll(async () => {
  await Promise.all(brokers.map((broker) => broker.remove()));
  await observer?.close();
  await Promise.all(ensemble.map((server) => server.stop()));
});

const trialOf = (topic: string): Trial =>
  new Trial(members, { topic, partitions: 1, isIdempotent: true, compression: 'none', seed: 1 });

const registrations = (): Promise<(string | undefined)[]> =>
  Promise.all(members.map(async ({ id }) => (await observer.exists(`/brokers/ids/${id}`))?.ephemeralOwner));

const presumedDead = (): number =>
  brokers.reduce((count, broker) => count + broker.log().split('is presumed dead').length - 1, 0);

async function leaderOf(servers: readonly TestZooKeeper[]): Promise<TestZooKeeper> {
  for (const server of servers) {
    const answer = await ask(server.port, 'srvr', () => false);
    if (answer?.includes('Mode: leader')) return server;
  }
  throw new Error('the ensemble has no leader');
}

test(
  'the ensemble loses the server that leads it: sessions move, and topics can be made as soon as there is another',
  async () => {
    const trial = trialOf('member');
    const verdict = await trial.run(async () => {
      const lost = await leaderOf(ensemble);
      await lost.kill();
      await trial.more();
      await trial.client.createTopic('made', 1, 3, {});
      await lost.restart();
    });
    expect(verdict.problems).toEqual([]);
  },
  LIMIT_MS,
);

test(
  'the ensemble is away for longer than sessions last: records flow; who dies meanwhile is replaced when it is back',
  async () => {
    const trial = trialOf('away');
    const verdict = await trial.run(async () => {
      for (const server of ensemble) server.pause();
      const sinceMs = performance.now();
      while (performance.now() - sinceMs < 1.5 * SESSION_TIMEOUT_MS) await trial.more();
      const victim = await trial.leader();
      await victim.kill();
      for (const server of ensemble) server.resume();
      await trial.more();
      await victim.start();
    });
    expect(verdict.problems).toEqual([]);
  },
  LIMIT_MS,
);

test(
  'the session of a controller that leads is ended while it works: it resigns and comes back as another',
  async () => {
    const trial = trialOf('expired');
    const verdict = await trial.run(async () => {
      const { id, logDir } = await trial.controller();
      const before = (await registrations())[id];
      const kept = decodeKeptSession(fs.readFileSync(path.join(logDir, KEPT_SESSION_FILE)))!;
      expect(kept.sessionId).toBe(before);
      await endSession(kept, ensemble.map(({ connect }) => connect).join());
      await until(async () => ![before, undefined].includes((await registrations())[id]));
      await trial.whole();
    });
    expect(verdict.problems).toEqual([]);
  },
  LIMIT_MS,
);

test(
  'a leader stands still for longer than its session: others lead, and when it wakes it does not, but follows',
  async () => {
    const trial = trialOf('zombie');
    const verdict = await trial.run(async () => {
      const { id } = await trial.leader();
      const zombie = brokers[id]!;
      const before = (await registrations())[id];
      const deaths = presumedDead();
      zombie.pause();
      await until(async () => (await registrations())[id] === undefined);
      // Nobody waits for it: it is out of all in-sync sets.
      await trial.more();
      // It took connections all the while: only ZooKeeper has said that it is gone.
      expect(presumedDead()).toBe(deaths);
      zombie.resume();
      await until(async () => ![before, undefined].includes((await registrations())[id]));
      await trial.whole();
    });
    expect(verdict.problems).toEqual([]);
  },
  LIMIT_MS,
);
