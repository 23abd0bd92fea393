import { CreatePartitions } from '@odradek/protocol/messages/create-partitions';
import { CreateTopics } from '@odradek/protocol/messages/create-topics';
import { DeleteTopics } from '@odradek/protocol/messages/delete-topics';
import type { ResponseOf } from '@odradek/protocol/schema/api';
import { type Admin, commandProperties, createAdmin, refusalOf } from '../client/admin';
import { unrepresentable } from '../client/reassignments';
import { INTERNAL_TOPICS, topicFilter } from '../java-regex';
import { printJson } from '../json-output';
import { type Io, logTo, println } from '../print';
import type { Tool } from '../run-tool';
import { Exit, ServerError, ToolError } from '../tool-error';
import { parseTopicsArguments, type TopicsOptions } from './arguments';
import { describeTopics } from './describe';
import { allTopics, ensureTopicExists } from './listing';
import { checkCounts, parseReplicaAssignment, parseTopicConfigs, warnOfCollision } from './requested';

const TOPIC_COMMAND = 'org.apache.kafka.tools.TopicCommand';
const BROKER_DEFAULT = -1;

/** The topics that `--topic` and `--exclude-internal` leave. */
async function selectedTopics(admin: Admin, options: TopicsOptions): Promise<string[]> {
  const excludeInternal = options.has('exclude-internal');
  const regex = options.has('topic') ? topicFilter(options.valueOf('topic')!) : undefined;
  return (await allTopics(admin))
    .filter(({ name, isInternal }) => !excludeInternal || !(isInternal || INTERNAL_TOPICS.includes(name!)))
    .map(({ name }) => name!)
    .filter((name) => regex === undefined || regex.test(name));
}

/** `--replica-assignment`, if there is one. */
function requestedAssignment(options: TopicsOptions): number[][] {
  const text = options.valueOf('replica-assignment');
  return text ? parseReplicaAssignment(text) : [];
}

async function createTopic(admin: Admin, options: TopicsOptions, io: Io): Promise<void> {
  const name = options.valueOf('topic')!;
  const partitions = options.valueOf('partitions');
  const replicationFactor = options.valueOf('replication-factor');
  const assignment = requestedAssignment(options);
  const configs = parseTopicConfigs(options.valuesOf('config'), io);
  warnOfCollision(name, io);
  checkCounts(partitions, replicationFactor);
  const topic = {
    name,
    numPartitions: assignment.length > 0 ? BROKER_DEFAULT : (partitions ?? BROKER_DEFAULT),
    replicationFactor: assignment.length > 0 ? BROKER_DEFAULT : (replicationFactor ?? BROKER_DEFAULT),
    assignments: assignment.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
    configs: [...configs].map(([key, value]) => ({ name: key, value })),
  };
  const why = unrepresentable({ topic: name, partition: 0 });
  if (why) throw why;
  try {
    await admin.call('createTopics', async (call) => {
      const request = { topics: [topic], timeoutMs: admin.client.options.requestTimeoutMs };
      const response = await admin.toController(call, CreateTopics, request, ({ topics }) => topics[0]?.errorCode ?? 0);
      for (const { errorCode, errorMessage } of response.topics) {
        if (errorCode !== 0) throw refusalOf(errorCode, errorMessage);
      }
    });
  } catch (thrown) {
    if (thrown instanceof ServerError && thrown.error === 'TOPIC_ALREADY_EXISTS' && options.has('if-not-exists')) {
      return;
    }
    throw thrown;
  }
  println(io.stdout, `Created topic ${name}.`);
}

async function alterTopic(admin: Admin, options: TopicsOptions, io: Io): Promise<void> {
  const count = options.valueOf('partitions')!;
  const assignment = requestedAssignment(options);
  parseTopicConfigs(options.valuesOf('config'), io);
  const names = await selectedTopics(admin, options);
  ensureTopicExists(names, options);
  if (names.length === 0) return;
  await admin.call('createPartitions', async (call) => {
    const { topics } = await admin.client.metadata(names, call.deadlineMs);
    const partitionsOf = (name: string): number => topics.find((topic) => topic.name === name)?.partitions.length ?? 0;
    const request = {
      topics: names.map((name) => ({
        name,
        count,
        assignments:
          assignment.length > 0 ? assignment.slice(partitionsOf(name)).map((brokerIds) => ({ brokerIds })) : null,
      })),
      timeoutMs: admin.client.options.requestTimeoutMs,
      validateOnly: false,
    };
    const response = await admin.toController(
      call,
      CreatePartitions,
      request,
      ({ results }) => results[0]?.errorCode ?? 0,
    );
    for (const { errorCode, errorMessage } of response.results) {
      if (errorCode !== 0) throw refusalOf(errorCode, errorMessage);
    }
  });
}

async function deleteTopics(admin: Admin, options: TopicsOptions): Promise<void> {
  const names = await selectedTopics(admin, options);
  ensureTopicExists(names, options);
  if (names.length === 0) return;
  await admin.call('deleteTopics', async (call) => {
    const request = {
      topics: names.map((name) => ({ name })),
      topicNames: names,
      timeoutMs: admin.client.options.requestTimeoutMs,
    };
    const firstError = ({ responses }: ResponseOf<typeof DeleteTopics>): number => responses[0]?.errorCode ?? 0;
    // Versions up to 5 take names, later ones structs; neither may hold the other's field.
    const { connection } = await admin.client.connectAny(call.deadlineMs);
    const byStruct = (connection.versionFor(DeleteTopics) ?? 0) >= 6;
    const fitting = byStruct ? { ...request, topicNames: [] } : { ...request, topics: [] };
    const response = await admin.toController(call, DeleteTopics, fitting, firstError);
    for (const { errorCode, errorMessage } of response.responses) {
      if (errorCode !== 0) throw refusalOf(errorCode, errorMessage);
    }
  });
}

function printNames(names: readonly string[], options: TopicsOptions, io: Io): void {
  if (options.has('json')) printJson(io, { topics: names });
  else println(io.stdout, names.join('\n'));
}

async function act(admin: Admin, options: TopicsOptions, io: Io): Promise<void> {
  if (options.has('create')) await createTopic(admin, options, io);
  else if (options.has('alter')) await alterTopic(admin, options, io);
  else if (options.has('list')) printNames(await selectedTopics(admin, options), options, io);
  else if (options.has('describe')) await describeTopics(admin, options, io, () => selectedTopics(admin, options));
  else await deleteTopics(admin, options);
}

async function topicCommand(argv: readonly string[], io: Io): Promise<number> {
  const options = parseTopicsArguments(argv, io);
  const properties = commandProperties(options.valueOf('command-config'));
  const admin = await createAdmin(properties, options.valueOf('bootstrap-server')!, io);
  try {
    await act(admin, options, io);
    return 0;
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    const out = options.has('json') ? io.stderr : io.stdout;
    println(out, `Error while executing topic command : ${thrown.message}`);
    logTo(io.stderr)('ERROR', `${thrown.toString()}\n`, TOPIC_COMMAND);
    return 1;
  } finally {
    admin.close();
  }
}

/** kafka-topics (org.apache.kafka.tools.TopicCommand); with `--zookeeper` as it was up to 2.8. */
export const topics: Tool = async (argv, io) => {
  if (argv.some((argument) => /^--?zookeeper(=|$)/.test(argument))) {
    const { zookeeperTopics } = await import('./zookeeper-command');
    return zookeeperTopics(argv, io);
  }
  try {
    return await topicCommand(argv, io);
  } catch (thrown) {
    if (!(thrown instanceof ToolError) || thrown instanceof Exit) throw thrown;
    println(io.stderr, thrown.message);
    println(io.stderr, `${thrown.toString()}\n`);
    return 1;
  }
};
