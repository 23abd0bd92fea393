import type { Clock } from '../env/clock';
import { silentLoggers } from '../env/logger';
import { type SessionState, type ZooKeeper, ZooKeeperError, type ZooKeeperSession } from '../env/zookeeper';
import { Limiter } from './limiter';
import { splitConnect, ZooKeeperClient } from './session';

/** A session of which the test decides the state, and what `exists` does. */
class FakeSession {
  state: SessionState = 'connected';
  readonly sessionTimeoutMs = 1_000;
  readonly calls: string[] = [];
  exists: (path: string, watch: boolean) => Promise<null> = async () => null;
  private readonly listeners = new Set<(state: SessionState) => void>();

  constructor(readonly sessionId: string) {}

  become(state: SessionState): void {
    this.state = state;
    for (const listener of [...this.listeners]) listener(state);
  }

  onState(listener: (state: SessionState) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  onWatch(): () => void {
    return () => {};
  }

  async close(): Promise<void> {
    this.become('closed');
  }
}

/** Sleeps end when the test says so. */
function manualClock(): { clock: Clock; sleeps: number[]; wake: () => void } {
  const sleeps: number[] = [];
  const callbacks: (() => void)[] = [];
  const after = (delayMs: number, callback: () => void) => {
    sleeps.push(delayMs);
    callbacks.push(callback);
    return { cancel: () => {} };
  };
  return { clock: { after } as Clock, sleeps, wake: () => callbacks.shift()?.() };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const loss = new ZooKeeperError('CONNECTION_LOSS', '/a');

async function started(): Promise<{
  client: ZooKeeperClient;
  first: FakeSession;
  connects: (() => Promise<FakeSession>)[];
  time: ReturnType<typeof manualClock>;
  attempted: AbortSignal[];
}> {
  const first = new FakeSession('1');
  const connects: (() => Promise<FakeSession>)[] = [async () => first];
  const attempted: AbortSignal[] = [];
  const connect: ZooKeeper['connect'] = ({ signal }) => {
    if (signal) attempted.push(signal);
    return connects.shift()!() as unknown as Promise<ZooKeeperSession>;
  };
  const time = manualClock();
  const options = { connect: 'h', sessionTimeoutMs: 1_000, connectionTimeoutMs: 1_000, maxInFlightRequests: 2 };
  const client = new ZooKeeperClient({ connect } as ZooKeeper, time.clock, silentLoggers, {
    ...options,
    isSecure: false,
  });
  await client.start();
  return { client, first, connects, time, attempted };
}

test('a lost call waits for the connection and is repeated on the same session', async () => {
  const { client, first } = await started();
  let attempts = 0;
  first.exists = () => (++attempts === 1 ? Promise.reject(loss) : Promise.resolve(null));
  first.state = 'disconnected';
  const call = client.exists('/a');
  await turn();
  expect(attempts).toBe(1);
  first.become('connected');
  expect(await call).toBeNull();
  expect(attempts).toBe(2);
});

test('a lost call ends with its session, and is not repeated on the next', async () => {
  const { client, first, connects } = await started();
  const second = new FakeSession('2');
  connects.push(async () => second);
  first.exists = () => Promise.reject(loss);
  first.state = 'disconnected';
  const call = client.exists('/a').catch((error: unknown) => error);
  second.exists = () => Promise.reject(new Error('repeated'));
  await turn();
  first.become('expired');
  expect(await call).toMatchObject({ code: 'SESSION_EXPIRED' });
});

test('new sessions are tried forever, a second apart; calls made meanwhile wait for one', async () => {
  const { client, first, connects, time } = await started();
  const second = new FakeSession('2');
  const log: string[] = [];
  client.onExpired({ before: () => void log.push('before'), after: () => void log.push('after') });
  connects.push(
    () => Promise.reject(new ZooKeeperError('OPERATION_TIMEOUT', '/')),
    () => Promise.reject(new ZooKeeperError('OPERATION_TIMEOUT', '/')),
    async () => second,
  );
  first.become('expired');
  await turn();
  const call = client.exists('/a');
  time.wake();
  await turn();
  expect(log).toEqual(['before']);
  time.wake();
  expect(await call).toBeNull();
  await turn();
  expect(log).toEqual(['before', 'after']);
  expect(time.sleeps).toEqual([1_000, 1_000]);
  expect(client.sessionId).toBe('2');
});

test('a hook that fails keeps neither the others nor the session from coming', async () => {
  const { client, first, connects } = await started();
  connects.push(async () => new FakeSession('2'));
  client.onExpired({ before: () => Promise.reject(new Error('bad')) });
  const done = new Promise<void>((resolve) => client.onExpired({ after: resolve }));
  first.become('expired');
  await done;
  expect(client.isConnected).toBe(true);
});

test('closing ends the calls that wait', async () => {
  const { client, first } = await started();
  first.exists = () => Promise.reject(loss);
  first.state = 'disconnected';
  const call = client.exists('/a').catch((error: unknown) => error);
  await turn();
  await client.close();
  expect(await call).toBe(loss);
});

test('closing ends the attempt to open a session', async () => {
  const { client, first, connects, attempted } = await started();
  connects.push(() => new Promise(() => {}));
  first.become('expired');
  await turn();
  expect(attempted.at(-1)?.aborted).toBe(false);
  await client.close();
  expect(attempted.at(-1)?.aborted).toBe(true);
});

test('a watch is set if and only if somebody handles it', async () => {
  const { client, first } = await started();
  const watches: boolean[] = [];
  first.exists = async (_path, watch) => {
    watches.push(watch);
    return null;
  };
  await client.exists('/a');
  client.registerChangeHandler('/a', {});
  await client.exists('/a');
  client.unregisterChangeHandler('/a');
  await client.exists('/a');
  expect(watches).toEqual([false, true, false]);
});

test('no more calls are under way than are allowed, and they go in order', async () => {
  const limiter = new Limiter(2);
  const ends: (() => void)[] = [];
  const begun: number[] = [];
  const runs = [0, 1, 2, 3].map((index) =>
    limiter.run(() => {
      begun.push(index);
      return new Promise<void>((resolve) => ends.push(resolve));
    }),
  );
  await turn();
  expect(begun).toEqual([0, 1]);
  ends[1]!();
  await turn();
  expect(begun).toEqual([0, 1, 2]);
  ends[0]!();
  ends[2]!();
  await turn();
  expect(begun).toEqual([0, 1, 2, 3]);
  ends[3]!();
  await Promise.all(runs);
});

test.each([
  ['h:1,i:2/a/b', 'h:1,i:2', '/a/b'],
  ['h:1', 'h:1', ''],
  ['h:1/', 'h:1', ''],
])('%s', (connect, hosts, chroot) => {
  expect(splitConnect(connect)).toEqual({ hosts, chroot });
});
