import type { KafkaError } from '@odradek/protocol/errors';
import { ManualClock } from '../env/testing/clock';
import { MemoryLoggers } from '../env/testing/logger';
import { MemoryNetwork } from '../env/testing/network';
import type { ZooKeeperStore } from '../zookeeper/store';
import { sanitize } from '../zookeeper/znodes';
import { ClientQuotaAdmin, type QuotaFilterComponent } from './client-quota-admin';
import { ClientQuotaConfigs } from './client-quota-configs';

type Config = Readonly<Record<string, string>>;

/** `/config` in memory, by path. */
class MemoryConfigs {
  readonly changed: string[] = [];

  constructor(readonly nodes: Map<string, Config>) {}

  async get(type: string, name: string): Promise<Config> {
    return this.nodes.get(`${type}/${name}`) ?? {};
  }

  async getAll(type: string): Promise<Map<string, Config>> {
    const names = [...this.nodes.keys()].filter((path) => new RegExp(`^${type}/[^/]+$`).test(path));
    return new Map(names.map((path) => [path.slice(type.length + 1), this.nodes.get(path)!]));
  }

  async getAllUserClients(): Promise<Map<string, Config>> {
    const paths = [...this.nodes.keys()].filter((path) => path.startsWith('users/') && path.includes('/clients/'));
    return new Map(paths.map((path) => [path.slice('users/'.length), this.nodes.get(path)!]));
  }

  async change(type: string, name: string, config: Config): Promise<void> {
    this.nodes.set(`${type}/${name}`, config);
    this.changed.push(`${type}/${name}`);
  }
}

function makeWorld(nodes: Readonly<Record<string, Config>> = {}) {
  const configs = new MemoryConfigs(new Map(Object.entries(nodes)));
  const store = { configs } as unknown as ZooKeeperStore;
  const network = new MemoryNetwork(new ManualClock());
  return { configs, store, network, admin: new ClientQuotaAdmin(store, network) };
}

const ODD = 'a b*c/%';
const NODES: Readonly<Record<string, Config>> = {
  'users/alice': { producer_byte_rate: '1', 'SCRAM-SHA-256': 'salt=x' },
  'users/bob': { 'SCRAM-SHA-256': 'salt=x' },
  [`users/${sanitize(ODD)}`]: { producer_byte_rate: '2' },
  'users/<default>': { request_percentage: '50.5', producer_byte_rate: '3' },
  'users/alice/clients/app': { consumer_byte_rate: '4' },
  'users/alice/clients/<default>': { consumer_byte_rate: '5' },
  'users/<default>/clients/app': { consumer_byte_rate: '6' },
  'clients/app': { controller_mutation_rate: '0.5' },
  'clients/<default>': { consumer_byte_rate: '7' },
  'ips/10.0.0.1': { connection_creation_rate: '8' },
  'ips/<default>': { connection_creation_rate: '9' },
};

const exact = (entityType: string, match: string): QuotaFilterComponent => ({ entityType, matchType: 0, match });
const byDefault = (entityType: string): QuotaFilterComponent => ({ entityType, matchType: 1, match: null });
const any = (entityType: string): QuotaFilterComponent => ({ entityType, matchType: 2, match: null });

const USERS = ['user=alice', `user=${ODD}`, 'user=null'];
const CLIENTS = ['client-id=app', 'client-id=null'];
const BOTH = ['user=alice client-id=app', 'user=alice client-id=null', 'user=null client-id=app'];
const IPS = ['ip=10.0.0.1', 'ip=null'];

describe('describe', () => {
  const found = async (components: readonly QuotaFilterComponent[], strict: boolean): Promise<string[]> => {
    const described = await makeWorld(NODES).admin.describe(components, strict);
    return described.map(({ entity }) => [...entity].map(([type, name]) => `${type}=${name}`).join(' '));
  };

  test.each<[string, QuotaFilterComponent[], loosely: string[], strictly: string[]]>([
    ['nothing', [], [...USERS, ...CLIENTS, ...BOTH, ...IPS], []],
    ['any user', [any('user')], [...USERS, ...BOTH], USERS],
    ['any client', [any('client-id')], [...CLIENTS, ...BOTH], CLIENTS],
    ['any of both', [any('user'), any('client-id')], BOTH, BOTH],
    ['any address', [any('ip')], IPS, IPS],
    ['an address', [exact('ip', '10.0.0.1')], ['ip=10.0.0.1'], ['ip=10.0.0.1']],
    ['a user', [exact('user', 'alice')], ['user=alice', ...BOTH.slice(0, 2)], ['user=alice']],
    ['an odd user', [exact('user', ODD)], [`user=${ODD}`], [`user=${ODD}`]],
    ['the default user', [byDefault('user')], ['user=null', 'user=null client-id=app'], ['user=null']],
    ['a user with credentials only', [exact('user', 'bob')], [], []],
    ['a client', [exact('client-id', 'app')], ['client-id=app', BOTH[0]!, BOTH[2]!], ['client-id=app']],
    ['a user’s client', [exact('user', 'alice'), exact('client-id', 'app')], [BOTH[0]!], [BOTH[0]!]],
    ['a user’s default', [exact('user', 'alice'), byDefault('client-id')], [BOTH[1]!], [BOTH[1]!]],
    ['any user’s client', [any('user'), exact('client-id', 'app')], [BOTH[0]!, BOTH[2]!], [BOTH[0]!, BOTH[2]!]],
  ])('%s', async (_, components, loosely, strictly) => {
    expect((await found(components, false)).sort()).toEqual([...loosely].sort());
    expect((await found(components, true)).sort()).toEqual([...strictly].sort());
  });

  test('quotas are told as numbers, and nothing else is', async () => {
    const [alice] = await makeWorld(NODES).admin.describe([exact('user', 'alice')], true);
    expect(alice!.values).toEqual([{ key: 'producer_byte_rate', value: 1 }]);
    const [everyUser] = await makeWorld(NODES).admin.describe([byDefault('user')], true);
    expect(everyUser!.values).toEqual([
      { key: 'request_percentage', value: 50.5 },
      { key: 'producer_byte_rate', value: 3 },
    ]);
  });
});

describe('alter', () => {
  const alter = async (entity: Readonly<Record<string, string | null>>, validateOnly = false) => {
    const world = makeWorld(NODES);
    const operations =
      'ip' in entity ? [{ key: 'connection_creation_rate', value: 1 }] : [{ key: 'producer_byte_rate', value: 1 }];
    try {
      await world.admin.alter(new Map(Object.entries(entity)), operations, validateOnly);
    } catch (error) {
      expect(world.configs.changed).toEqual([]);
      return (error as KafkaError).message;
    }
    return world.configs.changed;
  };

  test.each<[Readonly<Record<string, string | null>>, string]>([
    [{ user: ODD }, `users/${sanitize(ODD)}`],
    [{ user: null }, 'users/<default>'],
    [{ user: 'alice', 'client-id': 'new' }, 'users/alice/clients/new'],
    [{ user: null, 'client-id': null }, 'users/<default>/clients/<default>'],
    [{ 'client-id': 'app' }, 'clients/app'],
    [{ ip: '10.0.0.2' }, 'ips/10.0.0.2'],
    [{ ip: null }, 'ips/<default>'],
  ])('%j is at %s', async (entity, path) => {
    expect(await alter(entity)).toEqual([path]);
    expect(await alter(entity, true)).toEqual([]);
  });

  test.each<[Readonly<Record<string, string | null>>, string]>([
    [{}, 'Invalid empty client quota entity'],
    [{ user: '' }, 'Empty user not supported'],
    [{ group: 'g' }, 'Unhandled client quota entity type: group'],
    [
      { ip: '10.0.0.1', user: 'u' },
      'Invalid quota entity combination, IP entity should not be used with user/client ID entity.',
    ],
    [{ ip: 'nowhere' }, 'nowhere is not a valid IP or resolvable host.'],
  ])('%j is refused', async (entity, message) => {
    expect(await alter(entity)).toBe(message);
  });
});

describe('what is set in ZooKeeper', () => {
  function follow(nodes: Readonly<Record<string, Config>>) {
    const { store, network, configs } = makeWorld(nodes);
    const loggers = new MemoryLoggers();
    const taken: unknown[] = [];
    const follower = new ClientQuotaConfigs({
      store,
      network,
      logger: loggers.logger('quotas'),
      onClient: (entity, config) => {
        if (config['producer_byte_rate'] === 'x') throw new Error('no number');
        taken.push([entity, config]);
      },
      onIp: (address, rate) => taken.push([address, rate]),
    });
    return { follower, taken, loggers, configs };
  }

  test('is all taken at the start, but for what makes no sense', async () => {
    const { follower, taken, loggers } = follow({
      ...NODES,
      'clients/odd': { producer_byte_rate: 'x' },
      'ips/nowhere': { connection_creation_rate: '1' },
    });
    await follower.load();
    expect(taken).toHaveLength(Object.keys(NODES).length);
    expect(taken).toContainEqual([{ user: ODD }, { producer_byte_rate: '2' }]);
    expect(taken).toContainEqual([{ user: null, clientId: 'app' }, { consumer_byte_rate: '6' }]);
    expect(taken).toContainEqual([{ clientId: null }, { consumer_byte_rate: '7' }]);
    expect(taken).toContainEqual([null, 9]);
    expect(loggers.messages('error')).toEqual([
      'The quotas of clients/odd cannot be applied: no number',
      'The quotas of ips/nowhere cannot be applied: Unable to resolve address nowhere',
    ]);
  });

  test('is read again when a change is told of', async () => {
    const { follower, taken, configs } = follow(NODES);
    configs.nodes.delete('ips/10.0.0.1');
    configs.nodes.set('users/alice/clients/app', { producer_byte_rate: '10' });
    for (const path of ['ips/10.0.0.1', 'users/alice/clients/app', 'topics/t', 'brokers/0'])
      await follower.onChange(path);
    expect(taken).toEqual([
      ['10.0.0.1', undefined],
      [{ user: 'alice', clientId: 'app' }, { producer_byte_rate: '10' }],
    ]);
    await expect(follower.onChange('users/alice/app')).rejects.toThrow('Invalid quota entity path: alice/app');
  });
});
