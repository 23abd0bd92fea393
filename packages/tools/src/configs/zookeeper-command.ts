import { loadProperties } from '../client/properties';
import { hashMapOrder, scalaHashOrder, stringHash } from '../java-order';
import { type Io, logTo, println } from '../print';
import { illegalArgument, ServerError } from '../tool-error';
import { changeEntityConfig, readEntityConfig } from '../zk/entity-config';
import { ZooKeeper } from '../zk/zookeeper';
import { type ConfigsOptions, type Entities, entitiesOf } from './arguments';
import { type Changes, changesOf } from './changes';
import { isScram, saltPassword, storedCredential } from './scram';

const DEFAULT_NAME = '<default>';

/** org.apache.kafka.common.utils.Sanitizer: names as they stand in znode paths. */
export const sanitize = (name: string): string =>
  encodeURIComponent(name).replace(/[!'()~*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

interface Entity {
  readonly type: string;
  /** As in znode paths; undefined: all entities of the type. */
  readonly name: string | undefined;
}

function entityText({ type, name }: Entity): string {
  const typeName = { users: 'user-principal', clients: 'client-id' }[type] ?? type;
  if (name === undefined) return type;
  return name === DEFAULT_NAME ? `default ${typeName}` : `${typeName} '${decodeURIComponent(name)}'`;
}

/** The user first, then the client, whatever the command line's order. */
function entityPath(entities: Entities, isAlter: boolean): Entity[] {
  const { types, names } = entities;
  if (isAlter && names.length !== types.length) {
    throw illegalArgument('--entity-name or --entity-default must be specified with each --entity-type for --alter');
  }
  const isReversed = types.length === 2 && types[0] === 'clients';
  const order = isReversed ? [1, 0] : types.map((_, index) => index);
  return order.map((at) => {
    const name = names[at];
    const isPlain = types[at] === 'brokers';
    return {
      type: types[at]!,
      name: name === undefined ? undefined : name === '' ? DEFAULT_NAME : isPlain ? name : sanitize(name),
    };
  });
}

const pathOf = (entities: readonly Entity[]): string =>
  entities.map(({ type, name }) => (name === undefined ? type : `${type}/${name}`)).join('/');

/** As java.util.Properties iterates. */
const inHashOrder = (map: ReadonlyMap<string, string>): [string, string][] =>
  hashMapOrder([...map], ([name]) => stringHash(name));

const javaMap = (map: ReadonlyMap<string, string>): string =>
  `{${inHashOrder(map)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ')}}`;

/** The empty list is another than one that was filled: Scala prints either by its class. */
const listText = (names: readonly string[]): string =>
  names.length === 0 ? 'List()' : `ArrayBuffer(${names.join(', ')})`;

async function requireBrokersDown(zk: ZooKeeper, name: string | undefined, message: string): Promise<void> {
  const info =
    'Broker configuration operations using ZooKeeper are only supported if the affected broker(s) are not running.';
  if (name === undefined) {
    throw illegalArgument("Error parsing broker . The broker's Entity Name must be a single integer value");
  }
  const running = await zk.children('/brokers/ids');
  if (name === DEFAULT_NAME) {
    if (running.length === 0) return;
    throw illegalArgument(`requirement failed: ${message} - ${running.length} brokers are running. ${info}`);
  }
  if (running.includes(name))
    throw illegalArgument(`requirement failed: ${message} - broker ${name} is running. ${info}`);
}

function storedChanges(type: string, { added, deleted }: Changes, message: string): Map<string, string> {
  if (type === 'brokers') {
    const encoded = [...added.keys()].find((name) => /password|jaas\.config|keystore\.key/.test(name));
    if (encoded) {
      throw illegalArgument(
        `${encoded} cannot be set with --zookeeper by this version of the tools: it would have to be encrypted. ` +
          'Start the broker and use --bootstrap-server.',
      );
    }
    return new Map(added);
  }
  if (![...added.keys(), ...deleted].every(isScram)) {
    throw illegalArgument(
      `requirement failed: ${message}. User configuration updates using ZooKeeper are only supported for SCRAM credential updates.`,
    );
  }
  return new Map(
    [...added].map(([name, text]) => {
      const mechanism = name as Parameters<typeof storedCredential>[0];
      return [
        name,
        storedCredential(mechanism, saltPassword(mechanism, text, { spoken: mechanism.replaceAll('-', '_') })),
      ];
    }),
  );
}

async function alter(zk: ZooKeeper, entities: readonly Entity[], changes: Changes, io: Io): Promise<void> {
  const { type, name } = entities[0]!;
  const message =
    `--bootstrap-server option must be specified to update ${type} configs: ` +
    `{add: ${javaMap(changes.added)}, delete: ${listText(changes.deleted)}}`;
  if (type === 'brokers') await requireBrokersDown(zk, name, message);
  const added = storedChanges(type, changes, message);
  if (type === 'users' && name === DEFAULT_NAME && added.size > 0) {
    const names = scalaHashOrder([...added.keys()], stringHash).join(', ');
    throw illegalArgument(`requirement failed: Unknown Dynamic Configuration: HashSet(${names}).`);
  }
  const config = await readEntityConfig(zk, pathOf(entities));
  const absent = changes.deleted.filter((each) => !config.has(each));
  if (absent.length > 0) throw new ServerError('INVALID_CONFIG', `Invalid config(s): ${absent.join(',')}`);
  for (const [key, value] of added) config.set(key, value);
  for (const key of changes.deleted) config.delete(key);
  logTo(io.stderr)('WARN', 'Setting entity configs without any checks on the controller.', 'kafka.zk.KafkaZkClient');
  await changeEntityConfig(zk, pathOf(entities), config);
  println(io.stdout, `Completed updating config for entity: ${entities.map(entityText).join(', ')}.`);
}

/** The named entities, or all that have configs. */
async function expand(zk: ZooKeeper, [root, child]: readonly Entity[]): Promise<Entity[][]> {
  const names = root!.name === undefined ? await zk.childrenAsGiven(`/config/${root!.type}`) : [root!.name];
  const roots = names.map((name) => ({ type: root!.type, name }));
  if (!child) return roots.map((each) => [each]);
  const pairs: Entity[][] = [];
  for (const each of roots) {
    const path = `/config/${each.type}/${each.name}/${child.type}`;
    const children = child.name === undefined ? await zk.childrenAsGiven(path) : [child.name];
    for (const name of children) pairs.push([each, { type: child.type, name }]);
  }
  return pairs;
}

async function describe(zk: ZooKeeper, entities: readonly Entity[], io: Io): Promise<void> {
  const { type, name } = entities[0]!;
  if (type === 'brokers') {
    await requireBrokersDown(zk, name, `--bootstrap-server option must be specified to describe ${type}`);
  }
  const all = type === 'users' && name === undefined && entities.length === 1;
  for (const each of await expand(zk, entities)) {
    const config = await readEntityConfig(zk, pathOf(each));
    if (config.size === 0 && all) continue;
    const text = inHashOrder(config)
      .map(([key, value]) => `${key}=${value}`)
      .join(',');
    println(io.stdout, `Configs for ${each.map(entityText).join(', ')} are ${text}`);
  }
}

/** kafka-configs with `--zookeeper`: SCRAM credentials, and brokers that are down. */
export async function zookeeperConfigs(options: ConfigsOptions, io: Io): Promise<void> {
  println(io.stdout, 'Warning: --zookeeper is deprecated and will be removed in a future version of Kafka.');
  println(io.stdout, 'Use --bootstrap-server instead to specify a broker to connect to.');
  const tlsFile = options.valueOf('zk-tls-config-file');
  if (tlsFile !== undefined) {
    loadProperties(tlsFile);
    throw illegalArgument('--zk-tls-config-file is not supported by this version of the tools.');
  }
  const zk = await ZooKeeper.connect(options.valueOf('zookeeper')!);
  try {
    const entities = entityPath(entitiesOf(options), options.has('alter'));
    if (options.has('alter')) await alter(zk, entities, changesOf(options, io), io);
    else await describe(zk, entities, io);
  } finally {
    zk.close();
  }
}
