import { errorName } from '@odradek/protocol/errors';
import type { Admin } from '../client/admin';
import type { Results } from '../client/at-coordinators';
import { partitionText, type TopicPartition } from '../client/partitions';
import { describeProducers, type ProducerState } from '../client/producers-admin';
import { unrepresentable } from '../client/reassignments';
import { describeTransactions, listTransactions, type TransactionDescription } from '../client/transactions-admin';
import { TerseError } from '../failures';
import { hashMapOrder, stringHash, topicPartitionHash } from '../java-order';
import type { Log } from '../print';
import { ServerError, ToolError } from '../tool-error';
import { failure, orFail } from './failing';

/** How many topics or partitions one request asks about. */
const MAX_BATCH_SIZE = 500;
const MINUTE_MS = 60_000;

/** Where to look. */
export interface HangingScope {
  readonly brokerId: number | undefined;
  readonly topic: string | undefined;
  readonly partition: number | undefined;
  /** What is not open for longer is left to its coordinator's time-out. */
  readonly maxTransactionTimeoutMinutes: number;
}

/** A transaction that a partition has open. */
export interface OpenTransaction extends TopicPartition {
  readonly producer: ProducerState;
}

function* inBatches<T>(items: readonly T[]): Generator<T[]> {
  for (let at = 0; at < items.length; at += MAX_BATCH_SIZE) yield items.slice(at, at + MAX_BATCH_SIZE);
}

/** java.lang.Long.hashCode of numbers as small as producer ids. */
const longHash = (value: number): number => (value | 0) ^ Math.floor(value / 2 ** 32);

const inMapOrder = <T extends TopicPartition>(partitions: readonly T[]): T[] =>
  hashMapOrder(partitions, ({ topic, partition }) => topicPartitionHash(topic, partition));

/**
 * Transactions that no coordinator will end: open for too long, and either their producer's id belongs to no
 * transactional id, or its coordinator knows of no transaction on that partition. Throws `TerseError`.
 */
export async function findHanging(admin: Admin, scope: HangingScope, log: Log): Promise<OpenTransaction[]> {
  const { brokerId, topic, partition } = scope;
  if (topic === undefined && brokerId === undefined) {
    throw new TerseError(
      'The `find-hanging` command requires either --topic or --broker-id to limit the scope of the search',
    );
  }
  if (partition !== undefined && topic === undefined) {
    throw new TerseError('The --partition argument requires --topic to be provided');
  }
  const candidates = await openForTooLong(admin, scope, await partitionsOf(admin, scope), log);
  if (candidates.length === 0) return [];
  const producerIds = hashMapOrder([...new Set(candidates.map(({ producer }) => producer.producerId))], longHash);
  const listed = await orFail(
    `Failed to list transactions for ${producerIds.length} producers`,
    listTransactions(admin, { producerIds }, log),
  );
  const idOf = new Map([...listed.values()].flat().map((each) => [each.producerId, each.transactionalId]));
  const described = await describeTransactions(admin, [...new Set(idOf.values())]);
  refuseOthers(described);
  return producerIds.flatMap((producerId) =>
    candidates.filter(
      (each) => each.producer.producerId === producerId && isHanging(each, described.get(idOf.get(producerId) ?? '')),
    ),
  );
}

/** A transactional id that is gone by now proves its transactions to hang; other failures prove nothing. */
function refuseOthers(described: Results<string, TransactionDescription>): void {
  for (const result of described.values()) {
    if (!(result instanceof ToolError)) continue;
    const isGone = result instanceof ServerError && result.error === 'TRANSACTIONAL_ID_NOT_FOUND';
    if (!isGone) throw failure(`Failed to describe ${described.size} transactions`, result);
  }
}

/** Whether a coordinator that has this to say of the producer will never write a marker to the partition. */
export function isHanging(open: OpenTransaction, description: TransactionDescription | ToolError | undefined): boolean {
  if (!description || description instanceof ToolError) return true;
  // Markers come to all partitions of an open transaction, and to those that lack theirs of one that ends.
  return !description.partitions.some(({ topic, partition }) => topic === open.topic && partition === open.partition);
}

async function partitionsOf(admin: Admin, { brokerId, topic, partition }: HangingScope): Promise<TopicPartition[]> {
  if (topic !== undefined && partition !== undefined) return [{ topic, partition }];
  const topics = topic === undefined ? await orFail('Failed to list topics', listTopics(admin)) : [topic];
  const found: TopicPartition[] = [];
  for (const batch of inBatches(topics)) {
    const described = await orFail(`Failed to describe ${batch.length} topics`, describeTopics(admin, batch));
    for (const { topic: name, partitions } of hashMapOrder(described, (each) => stringHash(each.topic))) {
      for (const { index, replicas } of partitions) {
        if (brokerId === undefined || replicas.includes(brokerId)) found.push({ topic: name, partition: index });
      }
    }
  }
  return found;
}

const listTopics = (admin: Admin): Promise<string[]> =>
  admin.call('listTopics', async ({ deadlineMs }) => {
    const { topics } = await admin.client.metadata(null, deadlineMs);
    const names = topics.filter(({ isInternal }) => !isInternal).map(({ name }) => name!);
    return hashMapOrder(names, stringHash);
  });

interface TopicDescription {
  readonly topic: string;
  readonly partitions: readonly { readonly index: number; readonly replicas: readonly number[] }[];
}

const describeTopics = (admin: Admin, names: readonly string[]): Promise<TopicDescription[]> =>
  admin.call('describeTopics', async ({ deadlineMs }) => {
    for (const topic of names) {
      const problem = unrepresentable({ topic, partition: 0 });
      if (problem) throw problem;
    }
    const { topics } = await admin.client.metadata(names, deadlineMs);
    return topics.map(({ errorCode, name, partitions }) => {
      // A topic that is not there is not waited for.
      if (errorCode !== 0) throw new ServerError(errorName(errorCode), null, true);
      const sorted = [...partitions].sort((a, b) => a.partitionIndex - b.partitionIndex);
      return {
        topic: name!,
        partitions: sorted.map(({ partitionIndex, replicaNodes }) => ({
          index: partitionIndex,
          replicas: replicaNodes,
        })),
      };
    });
  });

async function openForTooLong(
  admin: Admin,
  { brokerId, maxTransactionTimeoutMinutes }: HangingScope,
  partitions: readonly TopicPartition[],
  log: Log,
): Promise<OpenTransaction[]> {
  const open: OpenTransaction[] = [];
  for (const batch of inBatches(partitions)) {
    const where = brokerId === undefined ? 'Optional.empty' : `Optional[${brokerId}]`;
    const what = `Failed to describe producers for ${batch.length} partitions on broker ${where}`;
    const found = await orFail(what, describeProducers(admin, log, batch, brokerId));
    const nowMs = Date.now();
    for (const partition of inMapOrder(batch)) {
      for (const producer of found.get(partitionText(partition)) ?? []) {
        const isLong = nowMs - producer.lastTimestampMs > maxTransactionTimeoutMinutes * MINUTE_MS;
        if (producer.transactionStartOffset !== undefined && isLong) open.push({ ...partition, producer });
      }
    }
  }
  return open;
}
