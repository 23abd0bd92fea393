import { errorName } from '@odradek/protocol/errors';
import { ElectLeaders } from '@odradek/protocol/messages/elect-leaders';
import { type OptionSet, parseOptions } from '../args/joptsimple';
import { usageOf } from '../args/usage';
import { type Admin, commandProperties, createAdmin } from '../client/admin';
import { executionError } from '../client/futures';
import { partitionText, type TopicPartition, toTopics } from '../client/partitions';
import { exitCodeAfter } from '../failures';
import { type Io, type Out, println } from '../print';
import { commandFailed, runtimeException, ServerError, ToolError } from '../tool-error';
import { LEADER_ELECTION_OPTIONS } from './options';
import { inJavaOrder, readElectionData } from './partitions-file';

type Options = OptionSet<typeof LEADER_ELECTION_OPTIONS>;
type ElectionType = 'PREFERRED' | 'UNCLEAN';

const TIMEOUT_MS = 30_000;
const ELECTION_TYPES: Readonly<Record<ElectionType, number>> = { PREFERRED: 0, UNCLEAN: 1 };
const SCOPES = ['topic', 'all-topic-partitions', 'path-to-json-file'] as const;

/** Throws `ToolError` in the words of LeaderElectionCommandOptions.validate. */
function validate(options: Options): void {
  const missing = (['bootstrap-server', 'election-type'] as const).filter((name) => !options.has(name));
  if (missing.length > 0) throw commandFailed(`Missing required option(s): ${missing.join(', ')}`);
  if (SCOPES.filter((name) => options.has(name)).length !== 1) {
    throw commandFailed(`One and only one of the following options is required: ${SCOPES.join(', ')}`);
  }
  if (options.has('topic') && !options.has('partition')) throw commandFailed('Missing required option(s): partition');
  if (!options.has('topic') && options.has('partition')) {
    throw commandFailed('Option partition is only allowed if topic is used');
  }
}

/** The partitions to elect leaders for; null: all that need one. */
function partitionsOf(options: Options): TopicPartition[] | null {
  const path = options.valueOf('path-to-json-file');
  const listed = path === undefined ? null : readElectionData(path);
  const topic = options.valueOf('topic');
  const partition = options.valueOf('partition');
  return topic === undefined || partition === undefined ? listed : [{ topic, partition }];
}

/** What became of a partition's election; no error: it has its leader now. */
export interface Election extends TopicPartition {
  readonly error: ServerError | undefined;
}

async function elect(
  admin: Admin,
  type: ElectionType,
  partitions: readonly TopicPartition[] | null,
): Promise<Election[]> {
  const response = await admin.call('electLeaders', async (call) => {
    const request = {
      electionType: ELECTION_TYPES[type],
      topicPartitions: partitions && toTopics(partitions),
      timeoutMs: admin.client.options.requestTimeoutMs,
    };
    const response = await admin.toController(call, ElectLeaders, request, ({ errorCode }) => errorCode);
    // Java's client does not try again: whether the election took place is not known.
    if (response.errorCode !== 0) throw new ServerError(errorName(response.errorCode), null, true);
    return response;
  });
  return response.replicaElectionResults.flatMap(({ topic, partitionResult }) =>
    partitionResult.map(({ partitionId, errorCode, errorMessage }) => ({
      topic,
      partition: partitionId,
      error: errorCode === 0 ? undefined : new ServerError(errorName(errorCode), errorMessage),
    })),
  );
}

/** What no partition's failure may hide: Java's tool hangs each to the exception that ends it. */
class ElectionFailure extends ToolError {
  constructor(private readonly failed: readonly Election[]) {
    super(
      'org.apache.kafka.server.common.AdminCommandFailedException',
      `${failed.length} replica(s) could not be elected`,
    );
  }

  override toString(): string {
    return [this.line, ...this.failed.map(({ error }) => `\tSuppressed: ${error}`)].join('\n');
  }
}

/** Prints what became of elections, and throws `ToolError` where one failed. */
export function report(type: ElectionType, elections: readonly Election[], out: Out): void {
  const isNoop = ({ error }: Election): boolean => error?.error === 'ELECTION_NOT_NEEDED';
  const names = (which: readonly Election[]): string => inJavaOrder(which).map(partitionText).join(', ');
  const succeeded = elections.filter(({ error }) => error === undefined);
  const noop = elections.filter(isNoop);
  const failed = inJavaOrder(elections.filter((each) => each.error && !isNoop(each)));
  if (succeeded.length > 0) {
    println(out, `Successfully completed leader election (${type}) for partitions ${names(succeeded)}`);
  }
  if (noop.length > 0) println(out, `Valid replica already elected for partitions ${names(noop)}`);
  for (const each of failed) {
    println(out, `Error completing leader election (${type}) for partition: ${partitionText(each)}: ${each.error}`);
  }
  if (failed.length > 0) throw new ElectionFailure(failed);
}

/** A failure of the whole request, as the tool tells it. */
function requestFailure(thrown: ToolError, out: Out): ToolError {
  const isTimeout = thrown.className === 'org.apache.kafka.common.errors.TimeoutException';
  const isForbidden = thrown instanceof ServerError && thrown.error === 'CLUSTER_AUTHORIZATION_FAILED';
  if (!isTimeout && !isForbidden) return runtimeException(executionError(thrown));
  const message = isTimeout ? 'Timeout waiting for election results' : 'Not authorized to perform leader election';
  println(out, message);
  return commandFailed(message, isTimeout ? thrown : undefined);
}

async function run(argv: readonly string[], io: Io): Promise<void> {
  const options = parseOptions(LEADER_ELECTION_OPTIONS, argv);
  usageOf(options, io).helpOrVersion(
    argv,
    'This tool attempts to elect a new leader for a set of topic partitions. The type of elections supported are ' +
      'preferred replicas and unclean replicas.',
  );
  validate(options);
  const type = options.valueOf('election-type') as ElectionType;
  const partitions = partitionsOf(options);
  const properties = commandProperties(options.valueOf('admin.config'));
  if (!properties.has('default.api.timeout.ms')) properties.set('default.api.timeout.ms', String(TIMEOUT_MS));
  if (!properties.has('request.timeout.ms')) properties.set('request.timeout.ms', String(TIMEOUT_MS / 2));
  const admin = await createAdmin(properties, options.valueOf('bootstrap-server')!, io);
  try {
    const elections = await elect(admin, type, partitions).catch((thrown: unknown) => {
      throw thrown instanceof ToolError ? requestFailure(thrown, io.stdout) : thrown;
    });
    report(type, elections, io.stdout);
  } finally {
    admin.close();
  }
}

/** kafka-leader-election (org.apache.kafka.tools.LeaderElectionCommand). */
export const leaderElection = (argv: readonly string[], io: Io): Promise<number> =>
  exitCodeAfter(io, () => run(argv, io));
