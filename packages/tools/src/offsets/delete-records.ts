import { errorName } from '@odradek/protocol/errors';
import { DeleteRecords } from '@odradek/protocol/messages/delete-records';
import { parseOptions } from '../args/joptsimple';
import { usageOf } from '../args/usage';
import { type Admin, commandProperties, createAdmin } from '../client/admin';
import { knownLeaders, leaderFailure, partitionText, type TopicPartition, toTopics } from '../client/partitions';
import { exitCodeAfter } from '../failures';
import { asArray, asObject, type JsonNode, member, toInteger, toLong, toText } from '../jackson/node';
import { parseJson } from '../jackson/parser';
import { hashMapOrder, topicPartitionHash } from '../java-order';
import { type Io, println } from '../print';
import { readTextFile } from '../text-file';
import { commandFailed, operationError, ServerError, ToolError } from '../tool-error';
import { DELETE_RECORDS_OPTIONS } from './delete-records-options';

interface Deletion extends TopicPartition {
  readonly offset: number;
}

type Result = { readonly lowWatermark: number } | { readonly error: ToolError };

/** What `--offset-json-file` asks for. Throws `ToolError` where it is not of the documented form. */
export function parseDeletions(json: string): Deletion[] {
  let root: JsonNode;
  try {
    root = parseJson(json);
  } catch {
    throw operationError('The input string is not a valid JSON');
  }
  const fields = asObject(root);
  const version = fields.has('version') ? toInteger(fields.get('version')) : 1;
  if (version !== 1) throw operationError(`Not supported version field value ${version}`);
  if (!fields.has('partitions')) throw operationError('Missing partitions field');
  return asArray(fields.get('partitions')).map((entry) => {
    const each = asObject(entry);
    const topic = toText(member(each, 'topic'));
    const partition = toInteger(member(each, 'partition'));
    return { topic, partition, offset: toLong(member(each, 'offset')) };
  });
}

/** Kafka collects them with HashMap.computeIfAbsent, which puts the later of two that collide first. */
const inJavaOrder = <T extends TopicPartition>(items: readonly T[]): T[] =>
  hashMapOrder([...items].reverse(), ({ topic, partition }) => topicPartitionHash(topic, partition));

function refuseDuplicates(deletions: readonly Deletion[]): void {
  const names = inJavaOrder(deletions).map(partitionText);
  const duplicates = [...new Set(names.filter((name, at) => names.indexOf(name) !== at))];
  if (duplicates.length === 0) return;
  throw commandFailed(`Offset json file contains duplicate topic partitions: ${duplicates.join(',')}`);
}

const HANDLER = 'org.apache.kafka.clients.admin.internals.DeleteRecordsHandler';

function warnOf({ client }: Admin, partition: string, { error }: ServerError): void {
  const { log, logPrefix } = client.options;
  const what = `DeleteRecords request for topic partition ${partition} failed due to an unexpected error`;
  log('ERROR', `${logPrefix}${what} ${error}`, HANDLER);
}

async function deleteAll(admin: Admin, deletions: readonly Deletion[]): Promise<Map<string, Result>> {
  const results = new Map<string, Result>();
  const pending = (): Deletion[] => deletions.filter((each) => !results.has(partitionText(each)));
  try {
    await admin.call('deleteRecords', async (call) => {
      const leaders = await knownLeaders(admin, call, pending());
      for (const [partition, error] of leaders.failed) {
        results.set(partitionText(partition), { error: leaderFailure(partition, error, admin) });
      }
      for (const [nodeId, partitions] of leaders.byNode) {
        const topics = toTopics(partitions).map(({ topic, partitions: indexes }) => ({
          name: topic,
          partitions: indexes.map((partitionIndex) => ({
            partitionIndex,
            offset: deletions.find((each) => each.topic === topic && each.partition === partitionIndex)!.offset,
          })),
        }));
        const timeoutMs = admin.client.options.requestTimeoutMs;
        const response = await admin.toBroker(call, nodeId, DeleteRecords, { topics, timeoutMs });
        for (const { name, partitions: answers } of response.topics) {
          for (const { partitionIndex, errorCode, lowWatermark } of answers) {
            const error = errorCode === 0 ? undefined : new ServerError(errorName(errorCode));
            if (error?.retriable) continue;
            if (error) warnOf(admin, `${name}-${partitionIndex}`, error);
            results.set(`${name}-${partitionIndex}`, error ? { error } : { lowWatermark });
          }
        }
      }
      if (pending().length > 0) throw leaders.pending ?? new ServerError('NOT_LEADER_OR_FOLLOWER');
    });
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    for (const each of pending()) results.set(partitionText(each), { error: thrown });
  }
  return results;
}

async function execute(argv: readonly string[], io: Io): Promise<void> {
  const options = parseOptions(DELETE_RECORDS_OPTIONS, argv);
  const usage = usageOf(options, io);
  usage.helpOrVersion(argv, 'This tool helps to delete records of the given partitions down to the specified offset.');
  usage.require('bootstrap-server', 'offset-json-file');
  const properties = commandProperties(options.valueOf('command-config'));
  const admin = await createAdmin(properties, options.valueOf('bootstrap-server')!, io);
  try {
    const json = readTextFile(options.valueOf('offset-json-file')!);
    const deletions = parseDeletions(json);
    refuseDuplicates(deletions);
    println(io.stdout, 'Executing records delete operation');
    println(io.stdout, 'Records delete operation completed:');
    const results = await deleteAll(admin, deletions);
    for (const partition of inJavaOrder(deletions)) {
      const name = partitionText(partition);
      const result = results.get(name)!;
      const text = 'error' in result ? `error: ${result.error}` : `low_watermark: ${result.lowWatermark}`;
      println(io.stdout, `partition: ${name}\t${text}`);
    }
  } finally {
    admin.close();
  }
}

/** kafka-delete-records (org.apache.kafka.tools.DeleteRecordsCommand). */
export const deleteRecords = (argv: readonly string[], io: Io): Promise<number> =>
  exitCodeAfter(io, () => execute(argv, io));
