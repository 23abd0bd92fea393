import { type OptionDeclarations, type OptionSet, parseOptions } from '../args/joptsimple';
import { usageOf } from '../args/usage';
import { INTERNAL_TOPICS, topicFilter } from '../java-regex';
import { type Io, logTo, println } from '../print';
import { Exit, illegalArgument, ServerError, ToolError } from '../tool-error';
import { changeEntityConfig, readEntityConfig } from '../zk/entity-config';
import { ZooKeeper } from '../zk/zookeeper';
import { assignReplicas } from './assignment';
import { TOPICS_OPTIONS } from './options';
import { checkCounts, parseReplicaAssignment, parseTopicConfigs, warnOfCollision } from './requested';
import { validateTopicConfigs } from './topic-configs';
import { collidingTopics, validateTopicName } from './topic-name';
import { describeTopic, readTopic, writeTopic } from './zookeeper-topic';

const TOPIC_COMMAND = 'kafka.admin.TopicCommand$';

const OPTIONS = {
  ...TOPICS_OPTIONS,
  zookeeper: {
    description:
      'DEPRECATED, The connection string for the zookeeper connection in the form host:port. ' +
      'Multiple hosts can be given to allow fail-over.',
    type: 'String',
    describedAs: 'hosts',
  },
  'disable-rack-aware': { description: 'Disable rack aware replica assignment' },
  force: { description: 'Suppress console prompts' },
} as const satisfies OptionDeclarations;

type Options = OptionSet<typeof OPTIONS>;

const ACTIONS = ['list', 'describe', 'create', 'alter', 'delete'] as const;

function parseArguments(argv: readonly string[], io: Io): Options {
  const options = parseOptions(OPTIONS, argv);
  const usage = usageOf(options, io);
  usage.helpOrVersion(argv, 'This tool helps to create, delete, describe, or change a topic.');
  if (ACTIONS.filter((action) => options.has(action)).length !== 1) {
    usage.fail('Command must include exactly one action: --list, --describe, --create, --alter or --delete');
  }
  if (options.has('bootstrap-server')) {
    usage.fail('Only one of --bootstrap-server or --zookeeper must be specified');
  }
  if (!options.has('list') && !options.has('describe')) usage.require('topic');
  if (options.has('create') && !options.has('replica-assignment')) usage.require('partitions', 'replication-factor');
  if (options.has('create')) usage.forbid('replica-assignment', ['partitions', 'replication-factor']);
  return options;
}

const topicsOf = (zk: ZooKeeper): Promise<string[]> => zk.children('/brokers/topics');

async function selectedTopics(zk: ZooKeeper, options: Options): Promise<string[]> {
  const regex = options.has('topic') ? topicFilter(options.valueOf('topic')!) : undefined;
  const excludeInternal = options.has('exclude-internal');
  return (await topicsOf(zk))
    .filter((topic) => !(excludeInternal && INTERNAL_TOPICS.includes(topic)))
    .filter((topic) => regex === undefined || regex.test(topic));
}

function ensureTopicExists(found: readonly string[], options: Options): void {
  const asked = options.valueOf('topic');
  if (!asked || options.has('if-exists') || found.length > 0) return;
  throw illegalArgument(`Topic '${asked}' does not exist as expected`);
}

async function liveBrokers(zk: ZooKeeper): Promise<number[]> {
  return (await zk.children('/brokers/ids')).map(Number).sort((a, b) => a - b);
}

async function create(zk: ZooKeeper, options: Options, io: Io): Promise<void> {
  const topic = options.valueOf('topic')!;
  const configs = parseTopicConfigs(options.valuesOf('config'), io);
  warnOfCollision(topic, io);
  const partitions = options.valueOf('partitions');
  const replicationFactor = options.valueOf('replication-factor');
  checkCounts(partitions, replicationFactor);
  const topics = await topicsOf(zk);
  if (topics.includes(topic)) {
    if (options.has('if-not-exists')) return;
    throw new ServerError('TOPIC_ALREADY_EXISTS', `Topic '${topic}' already exists.`);
  }
  validateTopicName(topic);
  const colliding = collidingTopics(topic, topics);
  if (colliding.length > 0) {
    throw new ServerError(
      'INVALID_TOPIC_EXCEPTION',
      `Topic '${topic}' collides with existing topics: ${colliding.join(', ')}`,
    );
  }
  if (await zk.exists(`/admin/delete_topics/${topic}`)) {
    throw new ServerError('TOPIC_ALREADY_EXISTS', `Topic '${topic}' is marked for deletion.`);
  }
  const manual = options.valueOf('replica-assignment');
  const assignment = manual
    ? parseReplicaAssignment(manual)
    : assignReplicas(await liveBrokers(zk), partitions!, replicationFactor!);
  // Configs first, so that the topic never exists without them (AdminZkClient.createTopicWithAssignment).
  await zk.set(`/config/topics/${topic}`, JSON.stringify({ version: 1, config: Object.fromEntries(configs) }));
  await writeTopic(zk, topic, { replicas: assignment, isNew: true });
  println(io.stdout, `Created topic ${topic}.`);
}

async function alter(zk: ZooKeeper, options: Options, io: Io): Promise<void> {
  const topics = await selectedTopics(zk, options);
  ensureTopicExists(topics, options);
  for (const topic of topics) {
    if (options.has('config') || options.has('delete-config')) await alterConfigs(zk, topic, options, io);
    if (options.has('partitions')) await addPartitions(zk, topic, options, io);
  }
}

async function alterConfigs(zk: ZooKeeper, topic: string, options: Options, io: Io): Promise<void> {
  println(
    io.stdout,
    'WARNING: Altering topic configuration from this script has been deprecated and may be removed in future releases.',
  );
  println(io.stdout, '         Going forward, please use kafka-configs.sh for this functionality');
  const configs = await readEntityConfig(zk, `topics/${topic}`);
  for (const [name, value] of parseTopicConfigs(options.valuesOf('config'), io)) configs.set(name, value);
  for (const name of options.valuesOf('delete-config')) configs.delete(name.trim());
  validateTopicConfigs(configs);
  await changeEntityConfig(zk, `topics/${topic}`, configs);
  println(io.stdout, `Updated config for topic ${topic}.`);
}

async function addPartitions(zk: ZooKeeper, topic: string, options: Options, io: Io): Promise<void> {
  if (topic === '__consumer_offsets') {
    throw illegalArgument('The number of partitions for the offsets topic cannot be changed.');
  }
  println(
    io.stdout,
    'WARNING: If partitions are increased for a topic that has a key, the partition logic or ordering of the messages will be affected',
  );
  const { replicas } = await readTopic(zk, topic);
  const wanted = options.valueOf('partitions')!;
  const added = wanted - replicas.length;
  if (added <= 0) {
    throw new ServerError(
      'INVALID_PARTITIONS',
      `The number of partitions for a topic can only be increased. Topic ${topic} currently has ${replicas.length} ` +
        `partitions, ${wanted} would not be an increase.`,
    );
  }
  const manual = options.valueOf('replica-assignment');
  const brokers = await liveBrokers(zk);
  const firstBroker = Math.max(0, brokers.indexOf(replicas[0]![0]!));
  const assignment = manual
    ? parseReplicaAssignment(manual).slice(replicas.length)
    : assignReplicas(brokers, added, replicas[0]!.length, {
        firstBroker,
        firstPartition: replicas.length,
        firstShift: firstBroker,
      });
  await writeTopic(zk, topic, { replicas: [...replicas, ...assignment], isNew: false });
  println(io.stdout, 'Adding partitions succeeded!');
}

async function list(zk: ZooKeeper, options: Options, io: Io): Promise<void> {
  for (const topic of await selectedTopics(zk, options)) {
    const isDeleted = await zk.exists(`/admin/delete_topics/${topic}`);
    println(io.stdout, isDeleted ? `${topic} - marked for deletion` : topic);
  }
}

async function remove(zk: ZooKeeper, options: Options, io: Io): Promise<void> {
  const topics = await selectedTopics(zk, options);
  ensureTopicExists(topics, options);
  for (const topic of topics) {
    if (INTERNAL_TOPICS.includes(topic)) {
      throw new ToolError(
        'kafka.admin.AdminOperationException',
        `Topic ${topic} is a kafka internal topic and is not allowed to be marked for deletion.`,
      );
    }
    await zk.createParents('/admin/delete_topics');
    if (await zk.create(`/admin/delete_topics/${topic}`)) {
      println(io.stdout, `Topic ${topic} is marked for deletion.`);
      println(io.stdout, 'Note: This will have no impact if delete.topic.enable is not set to true.');
    } else {
      println(io.stdout, `Topic ${topic} is already marked for deletion.`);
    }
  }
}

async function describe(zk: ZooKeeper, options: Options, io: Io): Promise<void> {
  const topics = await selectedTopics(zk, options);
  ensureTopicExists(topics, options);
  const live = await liveBrokers(zk);
  for (const topic of topics) {
    const lines = await describeTopic(zk, topic, live, {
      underReplicated: options.has('under-replicated-partitions'),
      unavailable: options.has('unavailable-partitions'),
      overridden: options.has('topics-with-overrides'),
    });
    for (const line of lines) println(io.stdout, line);
  }
}

/** kafka-topics with `--zookeeper`, as it was up to 2.8: reads and writes znodes itself. */
export async function zookeeperTopics(argv: readonly string[], io: Io): Promise<number> {
  let zk: ZooKeeper | undefined;
  try {
    const options = parseArguments(argv, io);
    zk = await ZooKeeper.connect(options.valueOf('zookeeper')!);
    if (options.has('create')) await create(zk, options, io);
    else if (options.has('alter')) await alter(zk, options, io);
    else if (options.has('list')) await list(zk, options, io);
    else if (options.has('describe')) await describe(zk, options, io);
    else await remove(zk, options, io);
    return 0;
  } catch (thrown) {
    if (!(thrown instanceof ToolError) || thrown instanceof Exit) throw thrown;
    println(io.stdout, `Error while executing topic command : ${thrown.message}`);
    logTo(io.stderr)('ERROR', `${thrown.toString()}\n`, TOPIC_COMMAND);
    return 1;
  } finally {
    zk?.close();
  }
}
