import { silentLoggers } from '../logger';
import type { SessionState, WatchEvent, ZooKeeperConnectOptions, ZooKeeperSession } from '../zookeeper';
import {
  bytes,
  int,
  long,
  OP,
  PASSWORD,
  type ScriptedConnection,
  ScriptedZooKeeper,
  SESSION_ID,
  stat,
  text,
} from './testing/scripted-zookeeper';
import { NodeZooKeeper } from './zookeeper';
import { nextXid } from './zookeeper-jute';

const TIMEOUT_MS = 6_000;
/** Where a test waits for it to pass. */
const SHORT_TIMEOUT_MS = 240;
/** Where it must not pass although parts of it do: no pause of this process is as long as such a part. */
const MODERATE_TIMEOUT_MS = 1_500;

let server: ScriptedZooKeeper;
let sessions: ZooKeeperSession[] = [];

beforeEach(async () => {
  server = await ScriptedZooKeeper.listen();
});
afterEach(async () => {
  const closing = sessions.map((session) => session.close());
  sessions = [];
  await server.close();
  await Promise.all(closing);
});

function connecting(options: Partial<ZooKeeperConnectOptions> = {}): Promise<ZooKeeperSession> {
  const defaults = { connect: server.connect, sessionTimeoutMs: TIMEOUT_MS, connectionTimeoutMs: 10_000 };
  const session = new NodeZooKeeper(silentLoggers).connect({ ...defaults, ...options });
  session.then(
    (opened) => sessions.push(opened),
    () => {},
  );
  return session;
}

async function open(timeoutMs = TIMEOUT_MS): Promise<{ session: ZooKeeperSession; connection: ScriptedConnection }> {
  const session = connecting({ sessionTimeoutMs: timeoutMs });
  const connection = await server.nextConnection();
  await connection.handshake(timeoutMs);
  return { session: await session, connection };
}

function becomes(session: ZooKeeperSession, state: SessionState): Promise<void> {
  if (session.state === state) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = session.onState((now) => {
      if (now !== state) return;
      stop();
      resolve();
    });
  });
}

describe('what is sent', () => {
  test('versions of a multi as given, 0 included', async () => {
    const { session, connection } = await open();
    const done = session.multi([
      { type: 'check', path: '/c', version: 0 },
      { type: 'set', path: '/s', data: null, version: 0 },
      { type: 'delete', path: '/d', version: 0 },
    ]);
    const request = await connection.nextRequest();
    expect(request.type).toBe(OP.multi);
    const header = (type: number): Buffer => Buffer.concat([int(type), Buffer.from([0]), int(-1)]);
    expect(request.body).toEqual(
      Buffer.concat([
        ...[header(OP.check), text('/c'), int(0)],
        ...[header(OP.setData), text('/s'), int(-1), int(0)],
        ...[header(OP.delete), text('/d'), int(0)],
        ...[int(-1), Buffer.from([1]), int(-1)],
      ]),
    );
    const results = [header(OP.check), header(OP.setData), stat({ version: 1 }), header(OP.delete)];
    connection.reply(request.xid, { body: Buffer.concat([...results, int(-1), Buffer.from([1]), int(-1)]) });
    expect(await done).toMatchObject([{ type: 'check' }, { type: 'set', stat: { version: 1 } }, { type: 'delete' }]);
  });

  test('null data as length -1, on create and set', async () => {
    const { session, connection } = await open();
    session.create('/n', null, 'ephemeral').catch(() => {});
    session.setData('/n', null, 3).catch(() => {});
    const acls = Buffer.concat([int(1), int(31), text('world'), text('anyone')]);
    expect((await connection.nextRequest()).body).toEqual(Buffer.concat([text('/n'), int(-1), acls, int(1)]));
    expect((await connection.nextRequest()).body).toEqual(Buffer.concat([text('/n'), int(-1), int(3)]));
  });

  test('a sync', async () => {
    const { session, connection } = await open();
    const done = session.sync('/a');
    const request = await connection.nextRequest();
    expect(request).toMatchObject({ type: OP.sync, body: text('/a') });
    connection.reply(request.xid, { body: text('/a') });
    await done;
  });

  test('an earlier session to take up', async () => {
    const session = connecting({ resume: { sessionId: SESSION_ID, password: PASSWORD } });
    const connection = await server.nextConnection();
    const request = await connection.handshake(TIMEOUT_MS);
    expect(request).toMatchObject({ sessionId: SESSION_ID, password: PASSWORD, timeoutMs: TIMEOUT_MS });
    expect((await session).sessionId).toBe(SESSION_ID);
  });

  test('numbers of requests go round before they overflow', () => {
    expect(nextXid(0)).toBe(1);
    expect(nextXid(0x7fff_ffff)).toBe(1);
  });
});

describe('a connection that ends', () => {
  test('ends its calls, and nothing is sent again', async () => {
    const { session, connection } = await open();
    const calls = [session.create('/a', null, 'persistent-sequential'), session.exists('/b')];
    const outcomes = Promise.allSettled(calls);
    await connection.nextRequest();
    connection.destroy();
    expect(await outcomes).toMatchObject([
      { reason: { code: 'CONNECTION_LOSS', path: '/a' } },
      { reason: { code: 'CONNECTION_LOSS', path: '/b' } },
    ]);
    const next = await server.nextConnection();
    await next.handshake(TIMEOUT_MS);
    await becomes(session, 'connected');
    session.sync('/c').catch(() => {});
    expect((await next.nextRequest()).type).toBe(OP.sync);
  });

  test('leaves nothing of half a message behind', async () => {
    const { session, connection } = await open();
    connection.write(Buffer.concat([int(100), Buffer.alloc(37, 1)]));
    connection.end();
    const next = await server.nextConnection();
    expect((await next.handshake(TIMEOUT_MS)).sessionId).toBe(SESSION_ID);
    await becomes(session, 'connected');
    expect(session.sessionId).toBe(SESSION_ID);
  });

  test('is followed by one that names the last transaction seen', async () => {
    const { session, connection } = await open();
    const done = session.exists('/a');
    connection.reply((await connection.nextRequest()).xid, { zxid: 77n, error: -101 });
    expect(await done).toBeNull();
    connection.destroy();
    expect((await (await server.nextConnection()).handshake(TIMEOUT_MS)).lastZxid).toBe(77n);
    await becomes(session, 'connected');
  });

  test('refuses calls at once until there is another', async () => {
    const { session, connection } = await open();
    connection.destroy();
    await becomes(session, 'disconnected');
    await expect(session.exists('/a')).rejects.toMatchObject({ code: 'CONNECTION_LOSS' });
    expect(session.state).toBe('disconnected');
    await (await server.nextConnection()).handshake(TIMEOUT_MS);
    await becomes(session, 'connected');
  });
});

describe('a server that says nothing', () => {
  test('is left after two thirds of the session, for a connection that keeps the session', async () => {
    const { session, connection } = await open(SHORT_TIMEOUT_MS);
    connection.ignorePings();
    const call = session.exists('/a').catch((error: unknown) => error);
    const next = await server.nextConnection();
    expect(await call).toMatchObject({ code: 'CONNECTION_LOSS' });
    expect(session.state).toBe('disconnected');
    expect((await next.handshake(SHORT_TIMEOUT_MS)).sessionId).toBe(SESSION_ID);
    await becomes(session, 'connected');
  });

  test('is left where it accepts a connection and grants no session', async () => {
    const silent = await ScriptedZooKeeper.listen();
    // Both are silent at first, so that whichever is tried first is the silent one.
    const connect = `${server.connect},${silent.connect}`;
    const session = connecting({ connect, sessionTimeoutMs: MODERATE_TIMEOUT_MS });
    await Promise.all([server.nextConnection(), silent.nextConnection()]);
    const third = await Promise.race([server.nextConnection(), silent.nextConnection()]);
    await third.handshake(TIMEOUT_MS);
    expect((await session).state).toBe('connected');
    const closed = (await session).close();
    await silent.close();
    third.destroy();
    await closed;
  });

  test('is left where it answers pings but not a call', async () => {
    const { session } = await open(SHORT_TIMEOUT_MS);
    await expect(session.exists('/a')).rejects.toMatchObject({ code: 'CONNECTION_LOSS' });
  });

  test('is not what a quiet one is: pings are answered', async () => {
    const { session, connection } = await open(MODERATE_TIMEOUT_MS);
    const states: SessionState[] = [];
    session.onState((state) => states.push(state));
    for (let count = 0; count < 2; count++) await connection.nextPing();
    const call = session.exists('/a');
    connection.reply((await connection.nextRequest()).xid, { body: stat() });
    expect(await call).toMatchObject({ version: 0 });
    expect(states).toEqual([]);
  });

  test('is heard where its word lies unread while this process stands still beyond its time', async () => {
    const session = connecting({ sessionTimeoutMs: SHORT_TIMEOUT_MS });
    const connection = await server.nextConnection();
    await connection.handshake(TIMEOUT_MS);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * SHORT_TIMEOUT_MS);
    expect((await session).state).toBe('connected');
    expect(server.connectionCount).toBe(1);
  });

  test('makes connect reject in time', async () => {
    await expect(connecting({ connectionTimeoutMs: 50 })).rejects.toMatchObject({
      code: 'OPERATION_TIMEOUT',
      message: 'Timed out waiting for connection while in state: CONNECTING',
    });
    const connection = await server.nextConnection();
    await connection.closed;
    expect(server.connectionCount).toBe(1);
  });
});

test('an attempt that is no longer wanted ends at once', async () => {
  const abort = new AbortController();
  const session = connecting({ signal: abort.signal });
  const connection = await server.nextConnection();
  abort.abort();
  await expect(session).rejects.toMatchObject({ code: 'CONNECTION_LOSS' });
  await connection.closed;
  expect(server.connectionCount).toBe(1);
});

describe('a session that is over', () => {
  test('is final, for what waits and for what comes', async () => {
    const { session, connection } = await open();
    const states: SessionState[] = [];
    session.onState((state) => states.push(state));
    connection.destroy();
    const next = await server.nextConnection();
    await next.handshake(0);
    await becomes(session, 'expired');
    await next.closed;
    expect(states).toEqual(['disconnected', 'expired']);
    await expect(session.exists('/a')).rejects.toMatchObject({ code: 'SESSION_EXPIRED' });
    await session.close();
    expect(session.state).toBe('expired');
    expect(server.connectionCount).toBe(2);
  });

  test('rejects the attempt to take it up', async () => {
    const session = connecting({ resume: { sessionId: SESSION_ID, password: PASSWORD } });
    await (await server.nextConnection()).handshake(0);
    await expect(session).rejects.toMatchObject({ code: 'SESSION_EXPIRED' });
  });
});

describe('close', () => {
  test('tells the server and waits for its answer', async () => {
    const { session, connection } = await open();
    const closed = session.close();
    const request = await connection.nextRequest();
    expect(request.type).toBe(OP.closeSession);
    connection.reply(request.xid);
    connection.end();
    await closed;
    expect(session.state).toBe('closed');
    expect(server.connectionCount).toBe(1);
  });

  test('while no server can be reached ends too', async () => {
    const { session, connection } = await open(SHORT_TIMEOUT_MS);
    connection.destroy();
    await becomes(session, 'disconnected');
    const silent = await server.nextConnection();
    await session.close();
    await silent.closed;
    expect(session.state).toBe('closed');
  });
});

describe('watches', () => {
  async function watch(session: ZooKeeperSession, connection: ScriptedConnection, path: string): Promise<void> {
    const done = session.exists(path, true);
    connection.reply((await connection.nextRequest()).xid, { body: stat() });
    await done;
  }

  test('of a new connection are set before it is used, in messages of 128 KB at most', async () => {
    const { session, connection } = await open();
    const names = Array.from({ length: 2_000 }, (_, index) => `/${'x'.repeat(120)}${index}`);
    const reads = names.map((name) => session.exists(name, true));
    for (const _ of names) connection.reply((await connection.nextRequest()).xid, { zxid: 5n, body: stat() });
    await Promise.all(reads);
    connection.destroy();
    const next = await server.nextConnection();
    await next.handshake(TIMEOUT_MS);
    await becomes(session, 'connected');
    session.sync('/').catch(() => {});
    const restored: string[] = [];
    for (let request = await next.nextRequest(); request.type !== OP.sync; request = await next.nextRequest()) {
      expect(request).toMatchObject({ xid: -8, type: OP.setWatches });
      expect(request.body.length).toBeLessThan(132 * 1024);
      expect(request.body.readBigInt64BE(0)).toBe(5n);
      let offset = 12;
      for (let left = request.body.readInt32BE(8); left > 0; left--) {
        const end = offset + 4 + request.body.readInt32BE(offset);
        restored.push(request.body.toString('utf8', offset + 4, end));
        offset = end;
      }
      expect(request.body.subarray(offset)).toEqual(Buffer.concat([int(0), int(0)]));
    }
    expect(restored).toEqual(names);
  });

  test('events of unknown types are passed over', async () => {
    const { session, connection } = await open();
    const events: WatchEvent[] = [];
    session.onWatch((event) => events.push(event));
    await watch(session, connection, '/a');
    connection.event(99, '/a');
    connection.event(-1, '');
    connection.event(3, '/a');
    const done = session.sync('/');
    connection.reply((await connection.nextRequest()).xid, { body: text('/') });
    await done;
    expect(events).toEqual([{ type: 'data-changed', path: '/a' }]);
  });

  test('twenty thousand events in one piece overflow no stack', async () => {
    const { session, connection } = await open();
    const event = Buffer.concat([int(-1), long(-1n), int(0), int(3), int(3), text('/b')]);
    const framed = Buffer.concat([int(event.length), event]);
    connection.write(Buffer.concat(Array.from({ length: 20_000 }, () => framed)));
    const done = session.sync('/');
    connection.reply((await connection.nextRequest()).xid, { body: text('/') });
    await done;
    expect(session.state).toBe('connected');
  });
});

describe('what a server should not send', () => {
  const malformed: [string, (connection: ScriptedConnection, xid: number) => void][] = [
    ['an answer to another request', (connection, xid) => connection.reply(xid + 1, { body: stat() })],
    ['an answer without its body', (connection, xid) => connection.reply(xid)],
    ['a message of a negative length', (connection) => connection.write(int(-5))],
    ['a message beyond the limit', (connection) => connection.write(int(4 * 1024 * 1024 + 1))],
    ['data longer than their message', (connection, xid) => connection.reply(xid, { body: int(0x7fff_fff0) })],
  ];

  test.each(malformed)('%s: the connection is given up, the call ends', async (_name, misbehave) => {
    const { session, connection } = await open();
    const call = session.getData('/a').catch((error: unknown) => error);
    misbehave(connection, (await connection.nextRequest()).xid);
    expect(await call).toMatchObject({ code: 'CONNECTION_LOSS', path: '/a' });
    await (await server.nextConnection()).handshake(TIMEOUT_MS);
    await becomes(session, 'connected');
  });

  test('null data are null, not empty', async () => {
    const { session, connection } = await open();
    const call = session.getData('/a');
    connection.reply((await connection.nextRequest()).xid, { body: Buffer.concat([bytes(null), stat()]) });
    expect((await call).data).toBeNull();
  });

  test('an error that has no name', async () => {
    const { session, connection } = await open();
    const call = session.getData('/a');
    connection.reply((await connection.nextRequest()).xid, { error: -999 });
    await expect(call).rejects.toMatchObject({ code: 'SYSTEM_ERROR' });
  });
});

test('a host that refuses is passed over for one that serves', async () => {
  const gone = await ScriptedZooKeeper.listen();
  const connect = `${gone.connect},${server.connect}`;
  await gone.close();
  const session = connecting({ connect });
  await (await server.nextConnection()).handshake(TIMEOUT_MS);
  expect((await session).state).toBe('connected');
});
