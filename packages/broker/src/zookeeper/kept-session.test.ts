import { MemoryLoggers } from '../env/testing/logger';
import { MemoryDisk } from '../env/testing/memory-disk';
import { ZooKeeperError } from '../env/zookeeper';
import {
  decodeKeptSession,
  encodeKeptSession,
  KEPT_SESSION_FILE,
  type KeptSession,
  KeptSessions,
} from './kept-session';
import type { ZooKeeperClient } from './session';

const [ONE, TWO] = ['10000000000000a1', '10000000000000a2'];
const kept: KeptSession = {
  clusterId: 'c',
  brokerId: 1,
  brokerEpoch: 25,
  copies: 1,
  sessionId: ONE,
  password: Buffer.from('secret'),
};

function world({ owner = ONE as string | null, brokerId = 1, clusterId = 'c' } = {}) {
  const disk = new MemoryDisk();
  for (const dir of ['/a', '/b', '/c']) disk.makeFolder(dir);
  const loggers = new MemoryLoggers();
  const ended: string[] = [];
  const client = {
    isConnected: true,
    credentials: { sessionId: TWO, password: Buffer.from('other') },
    exists: async (path: string) => {
      expect(path).toBe(`/brokers/ids/${brokerId}`);
      return owner === null ? null : { ephemeralOwner: owner };
    },
    endSession: async ({ sessionId, password }: KeptSession) => {
      ended.push(`${sessionId} ${password}`);
    },
  };
  const logger = loggers.logger('kafka.server.KafkaServer');
  const sessions = new KeptSessions({
    disk,
    client: client as unknown as ZooKeeperClient,
    logger,
    clusterId,
    brokerId,
  });
  const put = (dir: string, session: KeptSession | string) =>
    disk.replaceFile(`${dir}/${KEPT_SESSION_FILE}`, typeof session === 'string' ? session : encodeKeptSession(session));
  return { disk, client, ended, sessions, put, logged: () => loggers.lines.map(({ message }) => message).join('\n') };
}

test('what is written is what is read, and nothing else is', () => {
  const text = encodeKeptSession(kept);
  expect(JSON.parse(text)).toEqual({
    version: 1,
    clusterId: 'c',
    brokerId: 1,
    brokerEpoch: 25,
    copies: 1,
    sessionId: ONE,
    password: 'c2VjcmV0',
  });
  expect(decodeKeptSession(Buffer.from(text))).toEqual(kept);
  for (const name of Object.keys(kept)) {
    const without = { ...JSON.parse(text), [name]: undefined };
    expect(decodeKeptSession(Buffer.from(JSON.stringify(without)))).toBeNull();
  }
  const others = ['', 'null', '[]', '{"version":1', text.replace('"version":1', '"version":2'), text.replace(ONE, 'x')];
  for (const other of others) expect(decodeKeptSession(Buffer.from(other))).toBeNull();
});

describe('a predecessor that was killed', () => {
  test('its session is ended', async () => {
    const { sessions, put, ended, logged } = world();
    put('/a', kept);
    await sessions.endPredecessor(['/a']);
    expect(ended).toEqual([`${ONE} secret`]);
    expect(logged()).toContain(`Ended session 0x${ONE}`);
  });

  test('of several that were kept, the last counts', async () => {
    const { sessions, put, ended } = world({ owner: TWO });
    put('/a', kept);
    put('/b', { ...kept, sessionId: TWO, brokerEpoch: 26 });
    put('/c', 'torn');
    await sessions.endPredecessor(['/a', '/b', '/c']);
    expect(ended).toEqual([`${TWO} secret`]);
  });

  test('one in several folders, all of them here', async () => {
    const { sessions, put, ended } = world();
    for (const dir of ['/a', '/b']) put(dir, { ...kept, copies: 2 });
    await sessions.endPredecessor(['/a', '/b', '/c']);
    expect(ended).toHaveLength(1);
  });

  test('a server that cannot be reached is no reason not to start', async () => {
    const { sessions, put, client, logged } = world();
    put('/a', kept);
    client.endSession = () => Promise.reject(new ZooKeeperError('OPERATION_TIMEOUT', '/'));
    await sessions.endPredecessor(['/a']);
    expect(logged()).toContain('could not be ended');
  });
});

describe('left alone, with a line that says why', () => {
  const cases: [string, Parameters<typeof world>[0], [string, KeptSession | string][], string[], string][] = [
    ['a session that nobody has kept', {}, [], ['/a'], 'no log folder that is surely its own has kept a session'],
    ['one in a folder that may not be ours', {}, [['/a', kept]], [], 'no log folder that is surely its own'],
    ['the registration of somebody else', { owner: TWO }, [['/a', kept]], ['/a'], `have kept is 0x${ONE}`],
    ['another broker', { brokerId: 2 }, [['/a', kept]], ['/a'], 'no log folder'],
    ['another cluster', { clusterId: 'd' }, [['/a', kept]], ['/a'], 'no log folder'],
    [
      'one that was kept in folders that somebody else may work on',
      {},
      [
        ['/a', { ...kept, copies: 2 }],
        ['/b', { ...kept, copies: 2 }],
      ],
      ['/a'],
      'it was kept in 2 log folders, of which 1 are here',
    ],
  ];

  test.each(cases)('%s', async (_name, options, files, dirs, reason) => {
    const { sessions, put, ended, logged } = world(options);
    for (const [dir, content] of files) put(dir, content);
    await sessions.endPredecessor(dirs);
    expect(ended).toEqual([]);
    expect(logged()).toContain(reason);
  });

  test('what is not registered any more is over: there is nothing to say', async () => {
    const { sessions, put, ended, logged } = world({ owner: null });
    put('/a', kept);
    await sessions.endPredecessor(['/a']);
    expect([ended, logged()]).toEqual([[], '']);
  });
});

describe('keeping', () => {
  test('in every folder, for whoever comes next; forgotten before an orderly end', () => {
    const { disk, sessions, client } = world();
    const read = (dir: string) => disk.readFile(`${dir}/${KEPT_SESSION_FILE}`);
    sessions.keep(30, ['/a', '/b']);
    for (const dir of ['/a', '/b']) {
      expect(decodeKeptSession(read(dir)!)).toEqual({ ...kept, ...client.credentials, brokerEpoch: 30, copies: 2 });
    }
    sessions.keep(31, ['/b']);
    expect(decodeKeptSession(read('/b')!)).toMatchObject({ brokerEpoch: 31, copies: 1 });
    sessions.forget();
    expect(read('/b')).toBeNull();
  });

  test('where ZooKeeper is away, its end has to be told by the successor', () => {
    const { disk, sessions, client } = world();
    sessions.keep(30, ['/a']);
    client.isConnected = false;
    sessions.forget();
    expect(disk.readFile(`/a/${KEPT_SESSION_FILE}`)).not.toBeNull();
  });

  test('a folder that fails is told of, and holds nobody up', () => {
    const { disk, sessions, logged } = world();
    sessions.keep(30, ['/missing', '/a']);
    expect(logged()).toContain('could not be kept in /missing');
    expect(disk.readFile(`/a/${KEPT_SESSION_FILE}`)).not.toBeNull();
    sessions.forget();
  });
});
