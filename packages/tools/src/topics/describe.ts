import { errorName } from '@odradek/protocol/errors';
import { DescribeConfigs } from '@odradek/protocol/messages/describe-configs';
import type { Metadata } from '@odradek/protocol/messages/metadata';
import type { ResponseOf } from '@odradek/protocol/schema/api';
import { ZERO_UUID } from '@odradek/protocol/wire/uuid';
import type { Admin } from '../client/admin';
import { TOPIC_RESOURCE } from '../client/config-resources';
import { listReassignments, type Reassignment } from '../client/reassignments';
import { hashMapOrder, stringHash } from '../java-order';
import { type JsonDocument, printJson } from '../json-output';
import { type Io, println } from '../print';
import { illegalArgument, ServerError } from '../tool-error';
import type { TopicsOptions } from './arguments';
import { allTopics, ensureTopicExists } from './listing';

type Topic = ResponseOf<typeof Metadata>['topics'][number];
type Partition = Topic['partitions'][number];

export interface TopicConfig {
  readonly name: string;
  readonly value: string | null;
  readonly isDefault: boolean;
}

/** Numbers of DescribeConfigs' config sources (ConfigEntry.ConfigSource): static and default values count as defaults. */
const DYNAMIC_TOPIC_CONFIG = 1;
const DEFAULT_CONFIG = 5;
const UUID_TEXT_MAX_LENGTH = 24;
const UUID_BYTES = 16;

/** A topic id from the command line. Throws `ToolError` with Uuid.fromString's messages. */
export function parseTopicId(text: string): string {
  if (text.length > UUID_TEXT_MAX_LENGTH) {
    const start = text.slice(0, UUID_TEXT_MAX_LENGTH);
    throw illegalArgument(`Input string with prefix \`${start}\` is too long to be decoded as a base64 UUID`);
  }
  const illegal = /[^A-Za-z0-9_\-=]/.exec(text)?.[0];
  if (illegal) throw illegalArgument(`Illegal base64 character ${illegal.charCodeAt(0).toString(16)}`);
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length === UUID_BYTES) return bytes.toString('base64url');
  throw illegalArgument(
    `Input string \`${text}\` decoded as ${bytes.length} bytes, which is not equal to the expected 16 bytes of a ` +
      'base64-encoded UUID',
  );
}

/** Prints topics as `kafka-topics --describe` does. */
export async function describeTopics(
  admin: Admin,
  options: TopicsOptions,
  io: Io,
  selectByName: () => Promise<string[]>,
): Promise<void> {
  const idText = options.valueOf('topic-id');
  const topicId = idText === undefined ? ZERO_UUID : parseTopicId(idText);
  const names = topicId === ZERO_UUID ? await selectByName() : await selectById(admin, options, topicId);
  if (topicId === ZERO_UUID) ensureTopicExists(names, options);
  // For an API that no broker with ZooKeeper has; checked as ever.
  if (topicId === ZERO_UUID && names.length > 0) options.valueOf('partition-size-limit-per-response');
  const topics = names.length > 0 ? await describe(admin, names) : [];
  const configs = await topicConfigs(admin, names);
  const live = new Set(admin.client.nodes.map(({ id }) => id));
  const reassignments = await reassignmentsOf(admin, topics);
  const viewsOf = (some: readonly Topic[]): TopicView[] =>
    some.flatMap((topic) => viewOf(options, topic, configs.get(topic.name!) ?? [], live, reassignments) ?? []);
  if (options.has('json')) {
    printJson(io, { topics: viewsOf(topics).map(viewJson) });
    return;
  }
  // The Java tool collects all descriptions, shown or not, in a HashMap and goes through it as it iterates.
  for (const view of viewsOf(hashMapOrder(topics, ({ name }) => stringHash(name!), topics.length))) print(view, io);
}

async function selectById(admin: Admin, options: TopicsOptions, topicId: string): Promise<string[]> {
  const found = (await allTopics(admin)).filter((topic) => topic.topicId === topicId).map(({ name }) => name!);
  if (found.length === 0 && !options.has('if-exists')) {
    throw illegalArgument(`TopicId '${topicId}' does not exist as expected`);
  }
  return found;
}

function describe(admin: Admin, names: readonly string[]): Promise<Topic[]> {
  return admin.call('describeTopics', async ({ deadlineMs }) => {
    const { topics } = await admin.client.metadata(names, deadlineMs);
    for (const { errorCode } of topics) if (errorCode !== 0) throw new ServerError(errorName(errorCode));
    return topics.sort((a, b) => (a.name! < b.name! ? -1 : 1));
  });
}

async function topicConfigs(admin: Admin, names: readonly string[]): Promise<Map<string, TopicConfig[]>> {
  const found = new Map<string, TopicConfig[]>();
  if (names.length === 0) return found;
  const resources = names.map((resourceName) => ({
    resourceType: TOPIC_RESOURCE,
    resourceName,
    configurationKeys: null,
  }));
  const { results } = await admin.call('describeConfigs', (call) => admin.toAny(call, DescribeConfigs, { resources }));
  for (const { resourceName, errorCode, errorMessage, configs } of results) {
    if (errorCode !== 0) throw new ServerError(errorName(errorCode), errorMessage);
    const entries = configs.map(({ name, value, isDefault, configSource }) => ({
      name,
      value,
      isDefault: configSource < DYNAMIC_TOPIC_CONFIG ? isDefault : configSource === DEFAULT_CONFIG,
    }));
    // org.apache.kafka.clients.admin.Config keeps them in a HashMap.
    found.set(
      resourceName,
      hashMapOrder(entries, ({ name }) => stringHash(name)),
    );
  }
  return found;
}

async function reassignmentsOf(admin: Admin, topics: readonly Topic[]): Promise<ReadonlyMap<string, Reassignment>> {
  if (topics.length === 0) return new Map();
  const all = topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex }) => ({ topic: name!, partition: partitionIndex })),
  );
  try {
    return await admin.call('listPartitionReassignments', (call) => listReassignments(admin, call, all));
  } catch (thrown) {
    // A broker that cannot tell, or may not, is taken to reassign nothing (TopicCommand.listAllReassignments).
    const tolerated = ['UNSUPPORTED_VERSION', 'CLUSTER_AUTHORIZATION_FAILED'];
    if (!(thrown instanceof ServerError) || !tolerated.includes(thrown.error)) throw thrown;
    return new Map();
  }
}

function replicationFactorOf(partition: Partition, reassignment: Reassignment | undefined): number {
  const changing = reassignment ? [...reassignment.addingReplicas, ...reassignment.removingReplicas] : [];
  const inProgress = partition.replicaNodes.some((id) => changing.includes(id));
  if (!reassignment || !inProgress) return partition.replicaNodes.length;
  return reassignment.replicas.length - reassignment.addingReplicas.length;
}

/** What is to be shown of a topic. */
interface TopicView {
  readonly topic: Topic;
  readonly replicationFactor: number;
  readonly overridden: readonly TopicConfig[];
  /** False where only some partitions were asked for. */
  readonly showsTopic: boolean;
  readonly partitions: readonly { readonly partition: Partition; readonly reassignment: Reassignment | undefined }[];
}

/** Undefined where the options leave nothing of the topic to be shown. */
function viewOf(
  options: TopicsOptions,
  topic: Topic,
  configs: readonly TopicConfig[],
  live: ReadonlySet<number>,
  reassignments: ReadonlyMap<string, Reassignment>,
): TopicView | undefined {
  const partitions = [...topic.partitions]
    .sort((a, b) => a.partitionIndex - b.partitionIndex)
    .map((partition) => ({ partition, reassignment: reassignments.get(`${topic.name}-${partition.partitionIndex}`) }));
  const minIsr = Number(configs.find(({ name }) => name === 'min.insync.replicas')?.value ?? 1);
  type Each = (typeof partitions)[number];
  const matches: ((each: Each) => boolean)[] = [];
  if (options.has('under-replicated-partitions')) {
    matches.push(
      ({ partition, reassignment }) => replicationFactorOf(partition, reassignment) > partition.isrNodes.length,
    );
  }
  if (options.has('unavailable-partitions')) matches.push(({ partition }) => !live.has(partition.leaderId));
  if (options.has('under-min-isr-partitions')) {
    matches.push(({ partition }) => partition.leaderId < 0 || partition.isrNodes.length < minIsr);
  }
  if (options.has('at-min-isr-partitions')) matches.push(({ partition }) => partition.isrNodes.length === minIsr);

  const overridden = configs.filter(({ isDefault }) => !isDefault);
  const onlyOverridden = options.has('topics-with-overrides');
  const first = partitions[0]!;
  const view = {
    topic,
    replicationFactor: replicationFactorOf(first.partition, first.reassignment),
    overridden,
    showsTopic: matches.length === 0 && (!onlyOverridden || overridden.length > 0),
    partitions: onlyOverridden
      ? []
      : partitions.filter((each) => matches.length === 0 || matches.some((match) => match(each))),
  };
  return view.showsTopic || view.partitions.length > 0 ? view : undefined;
}

function print({ topic, replicationFactor, overridden, showsTopic, partitions }: TopicView, io: Io): void {
  const name = topic.name!;
  if (showsTopic) {
    println(
      io.stdout,
      [
        `Topic: ${name}`,
        ...(topic.topicId === ZERO_UUID ? [] : [`TopicId: ${topic.topicId}`]),
        `PartitionCount: ${topic.partitions.length}`,
        `ReplicationFactor: ${replicationFactor}`,
        `Configs: ${overridden.map((config) => `${config.name}=${config.value}`).join(',')}`,
      ].join('\t'),
    );
  }
  for (const { partition, reassignment } of partitions) {
    println(io.stdout, partitionLine(name, partition, reassignment));
  }
}

const viewJson = ({ topic, replicationFactor, overridden, partitions }: TopicView): JsonDocument => ({
  topic: topic.name!,
  topicId: topic.topicId === ZERO_UUID ? null : topic.topicId,
  partitionCount: topic.partitions.length,
  replicationFactor,
  configs: Object.fromEntries(overridden.map(({ name, value }) => [name, value])),
  partitions: partitions.map(({ partition, reassignment }) => ({
    partition: partition.partitionIndex,
    leader: partition.leaderId < 0 ? null : partition.leaderId,
    replicas: partition.replicaNodes,
    isr: partition.isrNodes,
    addingReplicas: reassignment?.addingReplicas ?? [],
    removingReplicas: reassignment?.removingReplicas ?? [],
  })),
});

function partitionLine(topic: string, partition: Partition, reassignment: Reassignment | undefined): string {
  return [
    '',
    `Topic: ${topic}`,
    `Partition: ${partition.partitionIndex}`,
    `Leader: ${partition.leaderId < 0 ? 'none' : partition.leaderId}`,
    `Replicas: ${partition.replicaNodes.join(',')}`,
    `Isr: ${partition.isrNodes.join(',')}`,
    ...(reassignment
      ? [
          `Adding Replicas: ${reassignment.addingReplicas.join(',')}`,
          `Removing Replicas: ${reassignment.removingReplicas.join(',')}`,
        ]
      : []),
    // Eligible leader replicas (KIP-966) exist only without ZooKeeper.
    'Elr: N/A',
    'LastKnownElr: N/A',
  ].join('\t');
}
