import { testIo } from '../test-io';
import { interBrokerAddress } from './address-checks';
import { doctor } from './command';
import type { BrokerFacts, ClusterFacts, Facts, PartitionFacts, Reach } from './facts';
import { findingsOf } from './findings';

const SERVED: Reach = { kind: 'served' };
const broker = (id: number, more: Partial<BrokerFacts> = {}): BrokerFacts => ({
  id,
  host: 'node',
  port: 9092 + id,
  reach: SERVED,
  answeringId: id,
  settings: new Map(),
  logDirs: [],
  ...more,
});
const partition = (topic: string, more: Partial<PartitionFacts> = {}): PartitionFacts => ({
  topic,
  partition: 0,
  leader: 0,
  replicas: [0],
  isr: [0],
  ...more,
});
const cluster = (more: Partial<ClusterFacts> = {}): Facts => ({
  bootstrap: [{ host: 'node', port: 9092, reach: SERVED }],
  cluster: {
    through: { host: 'node', port: 9092 },
    throughId: 0,
    clusterId: 'id',
    controllerId: 0,
    brokers: [broker(0)],
    itself: null,
    partitions: [],
    groupCoordinator: 'NONE',
    ...more,
  },
});

/** Level, problem and remedy of each finding, in one line. */
const found = (facts: Facts): string[] =>
  findingsOf(facts).map(({ level, problem, remedy }) => `${level}: ${problem} → ${remedy}`);

test('a cluster in health has no findings', () => {
  expect(found(cluster({ partitions: [partition('t')] }))).toEqual([]);
});

describe('the bootstrap list', () => {
  test.each<[Reach, string]>([
    [{ kind: 'unresolved' }, 'The name kafka of the bootstrap address kafka:9092 is not known here.'],
    [{ kind: 'refused' }, 'Nothing listens at the bootstrap address kafka:9092.'],
    [{ kind: 'silent' }, 'The bootstrap address kafka:9092 does not answer.'],
    [
      { kind: 'unreachable', code: 'ENETUNREACH' },
      'There is no way to the bootstrap address kafka:9092 (ENETUNREACH).',
    ],
    [{ kind: 'strange' }, 'What listens at the bootstrap address kafka:9092 does not answer as a broker does.'],
  ])('%j', (reach, problem) => {
    const [finding] = findingsOf({ bootstrap: [{ host: 'kafka', port: 9092, reach }], cluster: null });
    expect(finding).toMatchObject({ level: 'error', problem });
  });

  test('one address that leads to the cluster is enough: what is wrong with others is a warning', () => {
    const facts = cluster();
    const bootstrap = [{ host: 'gone', port: 1, reach: { kind: 'refused' } as const }, ...facts.bootstrap];
    expect(findingsOf({ ...facts, bootstrap }).map(({ level }) => level)).toEqual(['warning']);
  });
});

describe('what brokers advertise', () => {
  test('a name of a container network, with the setting to change and the name of the listener', () => {
    const settings = new Map([['advertised.listeners', 'INSIDE://kafka:29092,OUTSIDE://kafka-1:9092']]);
    const one = broker(0, { host: 'kafka-1', port: 9092, reach: { kind: 'unresolved' }, answeringId: null, settings });
    const [line] = found(cluster({ brokers: [one], through: { host: '127.0.0.1', port: 9092 } }));
    expect(line).toContain('Broker 0 tells clients to go to kafka-1:9092, a name that is not known here.');
    expect(line).toContain('set advertised.listeners=INSIDE://kafka:29092,OUTSIDE://localhost:9092');
  });

  test('a port that is not its own: the one where it answered is', () => {
    const settings = new Map([['advertised.listeners', 'OUT://localhost:9999']]);
    const one = broker(0, { host: 'localhost', port: 9999, reach: { kind: 'refused' }, answeringId: null, settings });
    const through = { host: '127.0.0.1', port: 9094 };
    expect(found(cluster({ brokers: [one], through }))[0]).toContain('set advertised.listeners=OUT://localhost:9094 (');
    // Where another one answered nobody knows its port.
    expect(found(cluster({ brokers: [one, broker(1)], through, throughId: 1 }))[0]).toContain(
      'set advertised.listeners=OUT://localhost:9999 (or another address',
    );
  });

  test('an address of its machine, where it listens for that machine alone: where it listens is to change', () => {
    const settings = new Map([
      ['listeners', 'IN://:29092,OUT://127.0.0.1:9092'],
      ['advertised.listeners', 'IN://kafka:29092,OUT://node:9092'],
    ]);
    const one = broker(0, { reach: { kind: 'refused' }, answeringId: null, settings });
    const through = { host: 'localhost', port: 9092 };
    expect(found(cluster({ brokers: [one], through }))[0]).toContain(
      '→ it listens at 127.0.0.1, which is its own machine alone: set listeners=IN://:29092,OUT://:9092 in',
    );
    expect(found(cluster({ brokers: [], controllerId: -1, itself: one, through }))[0]).toContain('set listeners=IN://');
    // Bound to all addresses: something else is in between.
    const all = new Map([...settings, ['listeners', 'IN://:29092,OUT://:9092']]);
    expect(found(cluster({ brokers: [{ ...one, settings: all }], through }))[0]).toContain('set advertised.listeners=');
  });

  test('localhost, to a client that came by another name', () => {
    const [line] = found(cluster({ brokers: [broker(0, { host: 'localhost' })] }));
    expect(line).toContain("localhost:9092, which is every client's own machine");
    expect(line).toContain('set advertised.listeners=PLAINTEXT://node:9092');
    expect(
      found(cluster({ brokers: [broker(0, { host: 'localhost' })], through: { host: '::1', port: 9092 } })),
    ).toEqual([]);
  });

  test.each<[string, Partial<BrokerFacts>, string]>([
    ['all addresses', { host: '0.0.0.0' }, '0.0.0.0:9092, which is no address'],
    ['nothing there', { reach: { kind: 'refused' } }, 'where nothing listens as seen from here'],
    ['another broker there', { answeringId: 3 }, 'but broker 3 answers there'],
  ])('%s', (_, facts, problem) => {
    expect(found(cluster({ brokers: [broker(0, facts)] }))[0]).toContain(problem);
  });

  test('two brokers at one address', () => {
    const brokers = [broker(0), broker(1, { port: 9092 })];
    expect(found(cluster({ brokers })).join()).toContain('Brokers 0 and 1 both tell clients to go to node:9092.');
  });
});

test('other brokers are told of the inter-broker listener', () => {
  const named = { 'inter.broker.listener.name': 'IN', 'advertised.listeners': 'OUT://a:1,IN://b:2' };
  const bare = { 'security.inter.broker.protocol': 'PLAINTEXT', listeners: 'PLAINTEXT://c:3' };
  const strange = { ...named, 'advertised.listeners': 'OUT://a:1' };
  const addresses = [named, bare, strange].map((settings) => interBrokerAddress(new Map(Object.entries(settings))));
  expect(addresses).toEqual([{ host: 'b', port: 2 }, { host: 'c', port: 3 }, null]);
});

describe('the cluster', () => {
  test('without a controller', () => {
    expect(found(cluster({ controllerId: -1 }))[0]).toContain('The cluster has no controller');
  });

  test('that no controller can reach', () => {
    expect(found(cluster({ controllerId: -1, brokers: [] }))).toEqual([
      expect.stringMatching(/told of no brokers.*set advertised\.listeners=/s),
    ]);
  });

  test('whose controller cannot reach the broker that was asked: the address that it tells', () => {
    const settings = new Map([
      ['advertised.listeners', 'IN://kafka:29092,OUT://localhost:9092'],
      ['listeners', 'IN://:29093,OUT://:9092'],
    ]);
    const itself = broker(4, {
      host: 'kafka',
      port: 29092,
      reach: { kind: 'unresolved' },
      answeringId: null,
      settings,
    });
    const through = { host: 'localhost', port: 9092 };
    expect(found(cluster({ controllerId: -1, brokers: [], itself, through, throughId: 4 }))).toEqual([
      expect.stringMatching(
        /^error: Broker 4 tells the controller to find it at kafka:29092, a name that is not known here: .* → set advertised\.listeners=IN:\/\/localhost:29093,OUT:\/\/localhost:9092 \(where it answered just now\)/,
      ),
    ]);
  });

  test('whose controller finds another broker where the one that was asked says that it is', () => {
    const settings = new Map([['listeners', 'PLAINTEXT://:9093']]);
    const itself = broker(1, { host: '127.0.0.1', port: 9092, answeringId: 0, settings });
    const through = { host: 'localhost', port: 9093 };
    expect(found(cluster({ controllerId: -1, brokers: [], itself, through, throughId: 1 }))).toEqual([
      expect.stringMatching(
        /^error: Broker 1 tells the controller to find it at 127\.0\.0\.1:9092, but broker 0 answers there: .* → set advertised\.listeners=PLAINTEXT:\/\/localhost:9093 \(where it answered just now\)/,
      ),
    ]);
  });

  test('partitions without a leader name the broker that has the last complete copy', () => {
    const partitions = [partition('t', { leader: -1, replicas: [0, 1], isr: [1] })];
    expect(found(cluster({ partitions }))[0]).toMatch(
      /1 partition has no leader and serves nobody: t-0\..*start broker 1 again/,
    );
  });

  test('replicas out of sync: dead ones are to be started, live ones waited for', () => {
    const behind = partition('t', { replicas: [0, 1], isr: [0] });
    expect(found(cluster({ partitions: [behind] }))[0]).toContain('start broker 1 again');
    const brokers = [broker(0), broker(1)];
    expect(found(cluster({ partitions: [behind], brokers }))[0]).toContain('wait until broker 1 has caught up');
  });

  test('many are not all named', () => {
    const partitions = Array.from({ length: 7 }, (_, index) => partition('t', { partition: index, leader: -1 }));
    expect(found(cluster({ partitions }))[0]).toContain('t-4 and 2 more');
  });

  test('more replicas wanted than there are brokers, unless the topic is there already', () => {
    const settings = new Map([
      ['offsets.topic.replication.factor', '3'],
      ['transaction.state.log.replication.factor', '1'],
      ['default.replication.factor', '2'],
    ]);
    const brokers = [broker(0, { settings })];
    const lines = found(cluster({ brokers }));
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(
      /^error: offsets\.topic\.replication\.factor is 3, but there is 1 broker: groups cannot work.*set offsets\.topic\.replication\.factor=1/,
    );
    expect(lines[1]).toContain('warning: default.replication.factor is 2');
    expect(found(cluster({ brokers, partitions: [partition('__consumer_offsets')] }))).toHaveLength(1);
  });

  test('a transaction log with fewer replicas than must be in sync', () => {
    const brokers = [broker(0, { settings: new Map([['transaction.state.log.min.isr', '2']]) })];
    const [line] = found(cluster({ brokers, partitions: [partition('__transaction_state')] }));
    expect(line).toContain('--entity-name __transaction_state --add-config min.insync.replicas=1');
  });

  test('a coordinator that cannot be named though its topic is there', () => {
    const partitions = [partition('__consumer_offsets')];
    expect(found(cluster({ partitions, groupCoordinator: 'COORDINATOR_NOT_AVAILABLE' }))[0]).toContain(
      'COORDINATOR_NOT_AVAILABLE',
    );
  });

  test('log folders that failed, or are nearly full', () => {
    const dir = { path: '/a', error: 'NONE', usableBytes: 1, totalBytes: 100 } as const;
    const logDirs = [dir, { ...dir, path: '/b', error: 'KAFKA_STORAGE_ERROR' } as const, { ...dir, totalBytes: null }];
    const lines = found(cluster({ brokers: [broker(0, { logDirs })] }));
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain('error: The log folder /b of broker 0 is offline (KAFKA_STORAGE_ERROR)');
    expect(lines[1]).toContain('The disk of /a of broker 0 has 1.0 % left.');
  });
});

describe('the command line', () => {
  test.each([
    [[], '--bootstrap-server is missing.'],
    [['--bootstrap-server', 'a:1', 'b:2'], 'b:2 belongs to no option.'],
    [['--bootstrap-server', 'a:1', '--timeout', 'x'], '--timeout x: give milliseconds'],
    [['--what'], "Unknown option '--what'"],
    [['--bootstrap-server', 'nowhere'], 'nowhere has no port: give HOST:PORT, such as nowhere:9092.'],
  ])('%j', async (argv, message) => {
    const { io, stderr } = testIo();
    expect(await doctor(argv, io)).toBe(1);
    expect(stderr()).toContain(message);
  });

  test('nobody at the address', async () => {
    const { io, stdout } = testIo();
    expect(await doctor(['--bootstrap-server', '127.0.0.1:1,', 'no-such-host.invalid:2', '--json'], io)).toBe(1);
    const { bootstrap, findings } = JSON.parse(stdout());
    expect(bootstrap.map(({ reach }: { reach: string }) => reach)).toEqual(['refused', 'unresolved']);
    expect(findings).toHaveLength(2);
  });
});
