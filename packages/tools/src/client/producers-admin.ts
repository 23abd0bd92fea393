import { type ErrorName, errorName } from '@odradek/protocol/errors';
import { DescribeProducers } from '@odradek/protocol/messages/describe-producers';
import { WriteTxnMarkers } from '@odradek/protocol/messages/write-txn-markers';
import type { ResponseOf } from '@odradek/protocol/schema/api';
import type { Log } from '../print';
import { ServerError, type ToolError } from '../tool-error';
import type { Admin, Call } from './admin';
import { knownLeaders, leaderFailure, partitionText, type TopicPartition, toTopics } from './partitions';

const INTERNALS = 'org.apache.kafka.clients.admin.internals.';

/** What a replica remembers of a producer that wrote to a partition. */
export interface ProducerState {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly lastSequence: number;
  readonly lastTimestampMs: number;
  /** undefined until a transaction of this producer has ended. */
  readonly coordinatorEpoch: number | undefined;
  /** undefined while no transaction is open. */
  readonly transactionStartOffset: number | undefined;
}

/** Some partitions, and the broker that is to be asked about them. */
type Asked = readonly (readonly [nodeId: number, partitions: readonly TopicPartition[]])[];

/**
 * The producers of partitions, by `partitionText`: as their leaders have them, or one broker's replicas. Throws the
 * first `ToolError` of a partition.
 */
export async function describeProducers(
  admin: Admin,
  log: Log,
  partitions: readonly TopicPartition[],
  brokerId?: number,
): Promise<Map<string, ProducerState[]>> {
  const found = new Map<string, ProducerState[]>();
  if (partitions.length === 0) return found;
  await admin.call('describeProducers', async (call) => {
    call.isForOneBroker = brokerId !== undefined;
    const open = partitions.filter((partition) => !found.has(partitionText(partition)));
    const { asked, pending } = await whomToAsk(admin, call, open, brokerId);
    call.stage = 'DESCRIBE_PRODUCERS';
    const answers = await Promise.all(
      asked.map(async ([nodeId, some]) => {
        const topics = toTopics(some).map(({ topic, partitions: indexes }) => ({
          name: topic,
          partitionIndexes: indexes,
        }));
        return admin.toBroker(call, nodeId, DescribeProducers, { topics });
      }),
    );
    let again: ToolError | undefined = pending;
    for (const { name: topic, partitions: each } of answers.flatMap(({ topics }) => topics)) {
      for (const answer of each) {
        const partition = { topic, partition: answer.partitionIndex };
        if (answer.errorCode === 0) found.set(partitionText(partition), answer.activeProducers.map(producerOf));
        else again = describeFailure(answer, partition, brokerId, admin, log);
      }
    }
    if (again) throw again;
  });
  return found;
}

type PartitionAnswer = ResponseOf<typeof DescribeProducers>['topics'][number]['partitions'][number];

const producerOf = (answer: PartitionAnswer['activeProducers'][number]): ProducerState => ({
  producerId: answer.producerId,
  producerEpoch: answer.producerEpoch,
  lastSequence: answer.lastSequence,
  lastTimestampMs: answer.lastTimestamp,
  coordinatorEpoch: answer.coordinatorEpoch < 0 ? undefined : answer.coordinatorEpoch,
  transactionStartOffset: answer.currentTxnStartOffset < 0 ? undefined : answer.currentTxnStartOffset,
});

async function whomToAsk(
  admin: Admin,
  call: Call,
  partitions: readonly TopicPartition[],
  brokerId: number | undefined,
): Promise<{ asked: Asked; pending: ServerError | undefined }> {
  if (brokerId !== undefined) return { asked: [[brokerId, partitions]], pending: undefined };
  const { byNode, failed, pending } = await knownLeaders(admin, call, partitions);
  for (const [partition, error] of failed) throw leaderFailure(partition, error, admin);
  return { asked: [...byNode], pending };
}

/** DescribeProducersHandler. What is retriable there makes the call go on; nothing else does. */
function describeFailure(
  { errorCode, errorMessage }: PartitionAnswer,
  partition: TopicPartition,
  brokerId: number | undefined,
  { client }: Admin,
  log: Log,
): ServerError {
  const error = errorName(errorCode);
  const passes =
    error === 'UNKNOWN_TOPIC_OR_PARTITION' || (error === 'NOT_LEADER_OR_FOLLOWER' && brokerId === undefined);
  if (passes) return new ServerError(error, errorMessage);
  const name = partitionText(partition);
  const { topic } = partition;
  const told = new ServerError(error, errorMessage);
  const response = 'in `DescribeProducers` response for partition';
  const reasons: Partial<Record<ErrorName, readonly [logged: string, message: string]>> = {
    NOT_LEADER_OR_FOLLOWER: [
      `Not leader error ${response} ${name} for brokerId ${brokerId} set in options`,
      `Failed to describe active producers for partition ${name} on brokerId ${brokerId}`,
    ],
    INVALID_TOPIC_EXCEPTION: [
      `Invalid topic ${response} ${name}`,
      `Failed to fetch metadata for partition ${name} due to invalid topic error: ${told.message}`,
    ],
    TOPIC_AUTHORIZATION_FAILED: [
      `Authorization failed ${response} ${name}`,
      `Failed to describe active producers for partition ${name} due to authorization failure on topic \`${topic}\``,
    ],
  };
  const [logged, message] = reasons[error] ?? [
    `Unexpected error ${response} ${name}`,
    `Failed to describe active producers for partition ${name} due to unexpected error`,
  ];
  log('ERROR', client.options.logPrefix + logged, `${INTERNALS}DescribeProducersHandler`, told);
  return new ServerError(error, message, true);
}

/** Which transaction is to be aborted, and in the name of which coordinator. */
export interface AbortSpec extends TopicPartition {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly coordinatorEpoch: number;
}

/** org.apache.kafka.clients.admin.AbortTransactionSpec.toString. */
export const abortSpecText = (spec: AbortSpec): string =>
  `AbortTransactionSpec(topicPartition=${partitionText(spec)}, producerId=${spec.producerId}, ` +
  `producerEpoch=${spec.producerEpoch}, coordinatorEpoch=${spec.coordinatorEpoch})`;

/** Writes the marker that aborts a transaction on one partition, past its coordinator. Throws `ToolError`. */
export const abortTransaction = (admin: Admin, log: Log, spec: AbortSpec): Promise<void> =>
  admin.call('abortTransaction', async (call) => {
    const { asked, pending } = await whomToAsk(admin, call, [spec], undefined);
    if (pending) throw pending;
    call.stage = 'WRITE_TXN_MARKERS';
    const { topic, partition, ...marker } = spec;
    const topics = [{ name: topic, partitionIndexes: [partition] }];
    const request = { markers: [{ ...marker, transactionResult: false, topics }] };
    const { markers } = await admin.toBroker(call, asked[0]![0], WriteTxnMarkers, request);
    const errorCode = markers[0]?.topics[0]?.partitions[0]?.errorCode;
    if (errorCode === undefined) throw new ServerError('UNKNOWN_SERVER_ERROR');
    if (errorCode !== 0) throw abortFailure(errorName(errorCode), spec, admin, log);
  });

const LEADER_MOVED: ReadonlySet<string> = new Set([
  'NOT_LEADER_OR_FOLLOWER',
  'REPLICA_NOT_AVAILABLE',
  'BROKER_NOT_AVAILABLE',
  'UNKNOWN_TOPIC_OR_PARTITION',
]);

/** AbortTransactionHandler: where the leader moved it is looked up again. */
function abortFailure(error: ErrorName, spec: AbortSpec, { client }: Admin, log: Log): ServerError {
  if (LEADER_MOVED.has(error)) return new ServerError('NOT_LEADER_OR_FOLLOWER');
  const name = abortSpecText(spec);
  const { coordinatorEpoch } = spec;
  const reasons: Partial<Record<ErrorName, readonly [logged: string, told: string]>> = {
    CLUSTER_AUTHORIZATION_FAILED: ['failed cluster authorization', 'failed due to cluster authorization error'],
    INVALID_PRODUCER_EPOCH: ['failed due to an invalid producer epoch', 'failed due an invalid producer epoch'],
    TRANSACTION_COORDINATOR_FENCED: [
      'failed because the coordinator epoch is fenced',
      `failed since the provided coordinator epoch ${coordinatorEpoch} has been fenced by the active coordinator`,
    ],
  };
  const [logged, told] = reasons[error] ?? [
    `failed due to an unexpected error ${error}`,
    `failed due to unexpected error: ${new ServerError(error).message}`,
  ];
  const line = `${client.options.logPrefix}WriteTxnMarkers request for abort spec ${name} ${logged}`;
  log('ERROR', line, `${INTERNALS}AbortTransactionHandler`);
  return new ServerError(error, `WriteTxnMarkers request with ${name} ${told}`, true);
}
