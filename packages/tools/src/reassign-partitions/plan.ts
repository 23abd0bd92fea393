import { partitionText, type TopicPartition } from '../client/partitions';
import { type Replica, replicaText } from '../client/replica-log-dirs';
import { asArray, asObject, type JsonNode, member, toInteger, toList, toText } from '../jackson/node';
import { parseJson } from '../jackson/parser';
import { duplicates, integerSetOrder, stringHash, topicPartitionHash } from '../java-order';
import { commandFailed, operationError, ToolError } from '../tool-error';

/** Leaves it to the broker in which of its log dirs a replica lies. */
const ANY_LOG_DIR = 'any';

/** The replicas that a partition has or shall have. */
export interface Assignment extends TopicPartition {
  readonly replicas: readonly number[];
}

/** The log dir that a replica shall lie in. */
export interface LogDirTarget extends Replica {
  readonly logDir: string;
}

/** What a `--reassignment-json-file` asks for, nothing checked and in its order. */
export interface Plan {
  readonly partitions: readonly Assignment[];
  readonly logDirs: readonly LogDirTarget[];
}

/** By topic and partition: the order in which all is printed. */
export const compareTopicPartitions = (a: TopicPartition, b: TopicPartition): number =>
  a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1;

/** By broker first. */
export const compareReplicas = (a: Replica, b: Replica): number => a.broker - b.broker || compareTopicPartitions(a, b);

function checkVersion(root: ReadonlyMap<string, JsonNode>): void {
  const version = root.has('version') ? toInteger(root.get('version')) : 1;
  if (version !== 1) throw operationError(`Not supported version field value ${version}`);
}

/** Reads a plan. Throws `ToolError` where the text is no JSON or not of that form. */
export function parsePlan(json: string): Plan {
  let node: JsonNode;
  try {
    node = parseJson(json);
  } catch (thrown) {
    throw thrown instanceof ToolError ? operationError(thrown.message, thrown) : thrown;
  }
  const root = asObject(node);
  checkVersion(root);
  const partitions: Assignment[] = [];
  const logDirs = new Map<string, LogDirTarget>();
  for (const entry of root.has('partitions') ? asArray(root.get('partitions')) : []) {
    const fields = asObject(entry);
    const topic = toText(member(fields, 'topic'));
    const partition = toInteger(member(fields, 'partition'));
    const replicas = toList(member(fields, 'replicas'), toInteger);
    const dirs = fields.has('log_dirs') ? toList(fields.get('log_dirs'), toText) : replicas.map(() => ANY_LOG_DIR);
    if (replicas.length !== dirs.length) {
      const sizes = `Size of replicas list [${replicas.join(', ')}] is different from size of log dirs list`;
      throw commandFailed(`${sizes} [${dirs.join(', ')}] for partition ${partitionText({ topic, partition })}`);
    }
    partitions.push({ topic, partition, replicas });
    for (const [index, logDir] of dirs.entries()) {
      const target = { topic, partition, broker: replicas[index]!, logDir };
      if (logDir !== ANY_LOG_DIR) logDirs.set(replicaText(target), target);
    }
  }
  return { partitions, logDirs: [...logDirs.values()] };
}

/** Reads a plan that is to be carried out: nothing may be missing and nothing stand twice. */
export function parseExecutablePlan(json: string): Plan {
  const plan = parsePlan(json);
  const { partitions } = plan;
  if (partitions.length === 0) throw commandFailed('Partition reassignment list cannot be empty');
  if (partitions.some(({ replicas }) => replicas.length === 0)) {
    throw commandFailed('Partition replica list cannot be empty');
  }
  const hashes = new Map(
    partitions.map((each) => [partitionText(each), topicPartitionHash(each.topic, each.partition)]),
  );
  const twice = duplicates(partitions.map(partitionText), (name) => hashes.get(name)!);
  if (twice.length > 0) {
    throw commandFailed(`Partition reassignment contains duplicate topic partitions: ${twice.join(',')}`);
  }
  const repeated = partitions.flatMap((each) => {
    const brokers = duplicates(each.replicas, (id) => id);
    return brokers.length === 0 ? [] : [`${partitionText(each)} contains multiple entries for ${brokers.join(',')}`];
  });
  if (repeated.length > 0) {
    throw commandFailed(`Partition replica lists may not contain duplicate entries: ${repeated.join('. ')}`);
  }
  return plan;
}

/** Reads a `--topics-to-move-json-file`: names of topics. */
export function parseTopicsToMove(json: string): string[] {
  let node: JsonNode;
  try {
    node = parseJson(json);
  } catch (thrown) {
    throw thrown instanceof ToolError ? operationError('The input string is not a valid JSON') : thrown;
  }
  const root = asObject(node);
  checkVersion(root);
  const entries = root.has('topics') ? asArray(root.get('topics')) : [];
  const topics = entries.map((entry) => toText(member(asObject(entry), 'topic')));
  const twice = duplicates(topics, stringHash);
  if (twice.length === 0) return topics;
  throw commandFailed(`List of topics to reassign contains duplicate entries: [${twice.join(', ')}]`);
}

/** Assignments in the form of a `--reassignment-json-file`. */
export function planJson(assignments: readonly Assignment[]): string {
  const partitions = [...assignments].sort(compareTopicPartitions).map(({ topic, partition, replicas }) => ({
    topic,
    partition,
    replicas,
    log_dirs: replicas.map(() => ANY_LOG_DIR),
  }));
  return JSON.stringify({ version: 1, partitions });
}

/** The brokers of assignments, in the order of a Java set. */
export const brokersOf = (assignments: readonly Assignment[]): number[] =>
  integerSetOrder(assignments.flatMap(({ replicas }) => replicas));
