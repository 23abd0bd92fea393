import { isIP } from 'node:net';
import { type OptionSet, parseOptions } from '../args/joptsimple';
import { usageOf } from '../args/usage';
import type { Io } from '../print';
import { illegalArgument } from '../tool-error';
import { CONFIGS_OPTIONS } from './options';

export type ConfigsOptions = OptionSet<typeof CONFIGS_OPTIONS>;
type Name = keyof typeof CONFIGS_OPTIONS;

const BROKER_TYPES = ['topics', 'clients', 'users', 'brokers', 'ips', 'broker-loggers', 'client-metrics'];
const ZOOKEEPER_TYPES = ['users', 'brokers'];

const ENTITY_FLAGS: readonly (readonly [
  Name & ('topic' | 'client' | 'user' | 'broker' | 'broker-logger' | 'ip'),
  string,
])[] = [
  ['topic', 'topics'],
  ['client', 'clients'],
  ['user', 'users'],
  ['broker', 'brokers'],
  ['broker-logger', 'broker-loggers'],
  ['ip', 'ips'],
];

const DEFAULT_FLAGS: readonly (readonly [Name, string])[] = [
  ['client-defaults', 'clients'],
  ['user-defaults', 'users'],
  ['broker-defaults', 'brokers'],
  ['ip-defaults', 'ips'],
];

/** Whose configs are meant: types, and as many names or fewer; the empty name is the default entity. */
export interface Entities {
  readonly types: readonly string[];
  readonly names: readonly string[];
}

/** The entities of a command line, from `--entity-type` and its kin or from the short flags. */
export function entitiesOf(options: ConfigsOptions): Entities {
  const flags = ENTITY_FLAGS.filter(([flag]) => options.has(flag));
  const defaults = DEFAULT_FLAGS.filter(([flag]) => options.has(flag));
  const given = options.valuesOf('entity-name');
  let next = 0;
  const names = options.order
    .filter((name) => name === 'entity-name' || name === 'entity-default')
    .map((name) => (name === 'entity-name' ? given[next++]! : ''));
  return {
    types: [...options.valuesOf('entity-type'), ...[...flags, ...defaults].map(([, type]) => type)],
    names: [...names, ...flags.map(([flag]) => options.valueOf(flag)!), ...defaults.map(() => '')],
  };
}

/** Parses and checks kafka-configs' command line (ConfigCommand.ConfigCommandOptions.checkArgs). */
export function parseConfigsArguments(argv: readonly string[], io: Io): ConfigsOptions {
  const options = parseOptions(CONFIGS_OPTIONS, argv);
  const usage = usageOf(options, io);
  usage.helpOrVersion(
    argv,
    'This tool helps to manipulate and describe entity config for a topic, client, user, broker, ip or client-metrics',
  );
  if (options.has('alter') === options.has('describe')) {
    usage.fail('Command must include exactly one action: --describe, --alter');
  }
  usage.forbid('describe', ['alter', 'add-config', 'delete-config']);
  usage.forbid('json', ['alter', 'zookeeper']);
  const entities = entitiesOf(options);
  checkTypes(options, entities);
  checkConnection(options);
  checkNames(options, entities);
  if (options.has('alter')) checkAlter(options, entities);
  return options;
}

function checkTypes(options: ConfigsOptions, { types }: Entities): void {
  const repeated = types.filter((type, at) => types.indexOf(type) !== at);
  if (repeated.length > 0) throw illegalArgument(`Duplicate entity type(s) specified: ${repeated.join(',')}`);
  const viaBroker = options.has('bootstrap-server') || options.has('bootstrap-controller');
  const allowed = viaBroker ? BROKER_TYPES : ZOOKEEPER_TYPES;
  const how = viaBroker ? '--bootstrap-server or --bootstrap-controller' : '--zookeeper';
  for (const type of types) {
    if (allowed.includes(type)) continue;
    throw illegalArgument(
      `Invalid entity type ${type}, the entity type must be one of ${allowed.join(', ')} with a ${how} argument`,
    );
  }
  if (types.length === 0) throw illegalArgument('At least one entity type must be specified');
  if (types.length > 1 && !(types.length === 2 && types.includes('users') && types.includes('clients'))) {
    throw illegalArgument("Only 'users' and 'clients' entity types may be specified together");
  }
  const usesLong = options.has('entity-name') || options.has('entity-type') || options.has('entity-default');
  if (usesLong && [...ENTITY_FLAGS, ...DEFAULT_FLAGS].some(([flag]) => options.has(flag))) {
    throw illegalArgument('--entity-{type,name,default} should not be used in conjunction with specific entity flags');
  }
}

function checkConnection(options: ConfigsOptions): void {
  const ways = (['bootstrap-server', 'bootstrap-controller', 'zookeeper'] as const).filter((way) => options.has(way));
  if (ways.length === 0) {
    throw illegalArgument(
      'One of the required --bootstrap-server, --boostrap-controller, or --zookeeper arguments must be specified',
    );
  }
  if (ways.length > 1) {
    throw illegalArgument('Only one of --bootstrap-server, --boostrap-controller, and --zookeeper can be specified');
  }
  if (options.has('all') && options.has('zookeeper')) {
    throw illegalArgument('--bootstrap-server must be specified for --all');
  }
  if (options.has('zk-tls-config-file') && !options.has('zookeeper')) {
    throw illegalArgument('Only the --zookeeper option can be used with the --zk-tls-config-file option.');
  }
}

function checkNames(options: ConfigsOptions, { types, names }: Entities): void {
  const type = types[0]!;
  const named = names.filter((name) => name !== '');
  if (named.length > 0 && (types.includes('brokers') || types.includes('broker-loggers'))) {
    for (const name of named) {
      if (/^[+-]?\d+$/.test(name)) continue;
      throw illegalArgument(`The entity name for ${type} must be a valid integer broker id, but it is: ${name}`);
    }
  }
  if (types.includes('ips')) {
    for (const name of named) {
      // Host names are resolved by Java's tool; here only what cannot be a host is refused.
      if (isIP(name) !== 0 || /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(name)) continue;
      throw illegalArgument(`The entity name for ${type} must be a valid IP or resolvable host, but it is: ${name}`);
    }
  }
  if (options.has('describe') && types.includes('broker-loggers') && named.length === 0) {
    throw illegalArgument(`an entity name must be specified with --describe of ${types.join(',')}`);
  }
}

function checkAlter(options: ConfigsOptions, { types, names }: Entities): void {
  const hasName = names.some((name) => name !== '');
  if (types.some((type) => ['users', 'clients', 'brokers', 'ips'].includes(type))) {
    if (names.length === 0) {
      throw illegalArgument(
        'an entity-name or default entity must be specified with --alter of users, clients, brokers or ips',
      );
    }
  } else if (!hasName) {
    throw illegalArgument(`an entity name must be specified with --alter of ${types.join(',')}`);
  }
  if (options.has('add-config') && options.has('add-config-file')) {
    throw illegalArgument('Only one of --add-config or --add-config-file must be specified');
  }
  if (!options.has('add-config') && !options.has('add-config-file') && !options.has('delete-config')) {
    throw illegalArgument(
      'At least one of --add-config, --add-config-file, or --delete-config must be specified with --alter',
    );
  }
}
