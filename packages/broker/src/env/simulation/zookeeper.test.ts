import type { WatchEvent, ZooKeeperSession } from '../zookeeper';
import { SimulatedTime } from './clock';
import { Fabric } from './fabric';
import { SeededRandom } from './random';
import { SimulatedZooKeeper } from './zookeeper';
import { SimulatedEnsemble } from './zookeeper-ensemble';

// What the contract of all ZooKeeper ports cannot ask for: faults, and time.

const TIMEOUT_MS = 6_000;

function world() {
  const random = new SeededRandom(3);
  const time = new SimulatedTime(random);
  const fabric = new Fabric(time, random);
  const ensemble = new SimulatedEnsemble(fabric, random, { hosts: ['zk-0', 'zk-1', 'zk-2'], tickTimeMs: 1_000 });
  const process = time.process('broker');
  const zookeeper = new SimulatedZooKeeper(fabric, fabric.host('broker'), process, random);
  return {
    ...{ time, fabric, ensemble, process },
    /** Lets time pass until an action of the broker is done. */
    async done<Result>(action: Promise<Result>, limitMs = 60_000): Promise<Result> {
      let isDone = false;
      const note = (): void => {
        isDone = true;
      };
      action.then(note, note);
      await time.runWhile(() => !isDone, time.nowMs + limitMs);
      expect(isDone).toBe(true);
      return action;
    },
    open: (connectionTimeoutMs = 10_000): Promise<ZooKeeperSession> =>
      zookeeper.connect({ connect: ensemble.connect, sessionTimeoutMs: TIMEOUT_MS, connectionTimeoutMs }),
    pass: (durationMs: number) => time.runUntil(time.nowMs + durationMs),
  };
}

const CUT = ['zk-0', 'zk-1', 'zk-2'];

test('a session lives on as long as its owner pings, and ends, with its nodes, when nothing is heard of it', async () => {
  const { open, done, pass, process, ensemble } = world();
  const session = await done(open());
  await done(session.create('/mine', null, 'ephemeral'));
  await pass(600_000);
  expect(session.state).toBe('connected');
  expect(ensemble.service.tree.stat('/mine')?.ephemeralOwner).toBe(session.sessionId);
  process.pause();
  await pass(TIMEOUT_MS - 2_500);
  expect(ensemble.service.tree.stat('/mine')).not.toBeNull();
  await pass(5_000);
  expect(ensemble.service.tree.stat('/mine')).toBeNull();
  expect(session.state).toBe('connected');
  process.resume();
  await pass(5_000);
  expect(session.state).toBe('expired');
  await expect(session.exists('/')).rejects.toMatchObject({ code: 'SESSION_EXPIRED' });
});

test('what was asked when the connection broke may have been done: the answer is CONNECTION_LOSS either way', async () => {
  const { open, done, pass, fabric, ensemble } = world();
  const session = await done(open());
  const states: string[] = [];
  session.onState((state) => states.push(state));
  // The question arrives, the answer does not.
  for (const host of CUT) fabric.cut(host, 'broker');
  await expect(done(session.create('/done', null, 'persistent'))).rejects.toMatchObject({ code: 'CONNECTION_LOSS' });
  expect(ensemble.service.tree.stat('/done')).not.toBeNull();
  fabric.healAll();
  await pass(500);
  // Neither arrives.
  for (const host of CUT) fabric.cut('broker', host);
  const lost = session.create('/lost', null, 'persistent');
  await expect(done(lost)).rejects.toBeInstanceOf(Error);
  expect(ensemble.service.tree.stat('/lost')).toBeNull();
  expect(states).toContain('disconnected');
});

test('a session is taken up on another server, and hears of what it had asked to be told of meanwhile', async () => {
  const { open, done, pass, ensemble } = world();
  const [session, other] = [await done(open()), await done(open())];
  const events: WatchEvent[] = [];
  session.onWatch((event) => events.push(event));
  await done(other.create('/data', null, 'persistent'));
  await done(session.getData('/data', true));
  await done(session.exists('/later', true));
  await done(session.getChildren('/data', true));
  await done(session.exists('/untouched', true));
  const { sessionId } = session;
  ensemble.dropConnectionsOf('10.0.0.4');
  // Both sessions are on one host; whoever is back first writes.
  await pass(3_000);
  await done(other.setData('/data', Buffer.from('x'), -1));
  await done(other.create('/later', null, 'persistent'));
  await done(other.create('/data/child', null, 'persistent'));
  await pass(3_000);
  expect([session.sessionId, session.state]).toEqual([sessionId, 'connected']);
  expect(events.map(({ type, path }) => `${type} ${path}`).sort()).toEqual([
    'children-changed /data',
    'created /later',
    'data-changed /data',
  ]);
});

test('most servers have to run; afterwards sessions have their whole time again', async () => {
  const { open, done, pass, ensemble } = world();
  const session = await done(open());
  await done(session.create('/mine', null, 'ephemeral'));
  ensemble.stop(0);
  await pass(10_000);
  expect(session.state).toBe('connected');
  ensemble.stop(1);
  await pass(60_000);
  expect(session.state).toBe('disconnected');
  await expect(done(open(5_000))).rejects.toMatchObject({ code: 'OPERATION_TIMEOUT' });
  ensemble.start(0);
  await pass(5_000);
  expect(session.state).toBe('connected');
  expect(await done(session.exists('/mine'))).not.toBeNull();
});
