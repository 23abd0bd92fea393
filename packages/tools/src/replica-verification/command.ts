import { errorName } from '@odradek/protocol/errors';
import type { Metadata } from '@odradek/protocol/messages/metadata';
import type { ResponseOf } from '@odradek/protocol/schema/api';
import { type OptionSet, parseOptions } from '../args/joptsimple';
import { usageOf } from '../args/usage';
import { isValidBootstrapList } from '../client/addresses';
import { type Admin, createAdmin } from '../client/admin';
import { KafkaClient, sleep } from '../client/client';
import { execute } from '../client/futures';
import { findLeaders, partitionText, type TopicPartition } from '../client/partitions';
import { exitCodeAfter } from '../failures';
import { hashMapOrder, integerSetOrder, topicPartitionHash } from '../java-order';
import { javaPattern, topicFilter } from '../java-regex';
import { EARLIEST, LATEST, listOffsets } from '../offsets/list-offsets';
import { type Io, logTime, logTo, println, signalExitCode } from '../print';
import { Exit, illegalArgument, ServerError, ToolError } from '../tool-error';
import { REPLICA_VERIFICATION_OPTIONS } from './options';
import { ReplicaFetcher } from './replica-fetcher';
import {
  type FetchedReplica,
  greatestLag,
  OffsetMismatch,
  type VerifiedPartition,
  verifyPartition,
} from './verification';

type Options = OptionSet<typeof REPLICA_VERIFICATION_OPTIONS>;
type MetadataAnswer = ResponseOf<typeof Metadata>;

const LOGGER = 'org.apache.kafka.tools.ReplicaVerificationTool';
/** Between two rounds in which no broker could be reached. */
const RETRY_MS = 100;

function parseArguments(argv: readonly string[], io: Io): Options {
  const options = parseOptions(REPLICA_VERIFICATION_OPTIONS, argv);
  const usage = usageOf(options, io);
  usage.helpOrVersion(argv, 'Validate that all replicas for a set of topics have the same data.');
  usage.require('broker-list');
  usage.forbid('topics-include', ['topic-white-list']);
  const list = options.valueOf('broker-list')!;
  if (list.trim() === '') usage.fail('Error while validating the bootstrap address\n');
  if (!isValidBootstrapList(list)) usage.fail('Please provide valid host:port like host1:9091,host2:9092\n');
  return options;
}

function includedTopics(options: Options): RegExp {
  const name = options.has('topics-include') ? 'topics-include' : 'topic-white-list';
  const regex = options.valueOf(name)!;
  try {
    javaPattern(regex);
  } catch {
    throw new ToolError('java.lang.RuntimeException', `${regex} is an invalid regex`);
  }
  return topicFilter(regex);
}

async function allTopics(admin: Admin): Promise<MetadataAnswer> {
  const answer = await execute(admin, 'listTopics', ({ deadlineMs }) => admin.client.metadata(null, deadlineMs));
  for (const { errorCode } of answer.topics) if (errorCode !== 0) throw new ServerError(errorName(errorCode));
  return answer;
}

/** Kafka's tool groups them with HashMap.computeIfAbsent, which puts the later of two that collide first. */
const inJavaOrder = <T extends TopicPartition>(partitions: readonly T[]): T[] =>
  hashMapOrder([...partitions].reverse(), ({ topic, partition }) => topicPartitionHash(topic, partition));

const nullPointer = (message: string): ToolError => new ToolError('java.lang.NullPointerException', message);

/** Where the comparison of each partition begins. */
async function initialOffsets(
  admin: Admin,
  partitions: readonly TopicPartition[],
  timestamp: number,
): Promise<VerifiedPartition[]> {
  if (timestamp < 0 && timestamp !== LATEST && timestamp !== EARLIEST) {
    const name = partitionText(hashMapOrder(partitions, (each) => topicPartitionHash(each.topic, each.partition))[0]!);
    const what = `The target time for partition ${name} is ${timestamp}.`;
    throw illegalArgument(`${what} The target time cannot be negative.`);
  }
  const found = await listOffsets(admin, partitions, timestamp, (call, wanted) => findLeaders(admin, call, wanted));
  return partitions.map((partition) => {
    const result = found.get(partition)!;
    if ('error' in result) throw result.error;
    if (result.offset >= 0) return { topic: partition.topic, partition: partition.partition, offset: result.offset };
    // Kafka's tool is not prepared for partitions that hold nothing so young.
    throw nullPointer(
      'Cannot invoke "org.apache.kafka.clients.consumer.OffsetAndTimestamp.offset()" because the return value of ' +
        '"java.util.Map$Entry.getValue()" is null',
    );
  });
}

/** The comparison of all replicas: every round fetches from each broker and compares what came. */
class Verifier {
  private stopped = false;
  private lastReportMs = Date.now();

  constructor(
    private readonly partitions: readonly VerifiedPartition[],
    private readonly fetchers: readonly ReplicaFetcher[],
    private readonly reportIntervalMs: number,
    private readonly io: Io,
  ) {}

  stop(): void {
    this.stopped = true;
    for (const fetcher of this.fetchers) fetcher.close();
  }

  /** Runs until it is stopped. Throws `Exit` once replicas are found to be different. */
  async run(): Promise<void> {
    this.tell('verification process is started');
    while (!this.stopped) {
      const fetched = await Promise.all(this.fetchers.map((fetcher) => fetcher.fetch()));
      if (this.stopped) return;
      const replicasOf = (partition: VerifiedPartition): FetchedReplica[] =>
        fetched.flatMap((replicas) => replicas.get(partitionText(partition)) ?? []);
      this.verify(replicasOf);
      if (fetched.every((replicas) => [...replicas.values()].every(({ highWatermark }) => highWatermark < 0))) {
        await sleep(RETRY_MS);
      }
    }
  }

  private verify(replicasOf: (partition: VerifiedPartition) => readonly FetchedReplica[]): void {
    for (const partition of this.partitions) {
      try {
        verifyPartition(partition, replicasOf(partition), (difference) => this.tell(difference));
      } catch (thrown) {
        if (!(thrown instanceof OffsetMismatch)) throw thrown;
        this.tell(thrown.message);
        throw new Exit(1);
      }
    }
    const nowMs = Date.now();
    if (nowMs - this.lastReportMs <= this.reportIntervalMs) return;
    this.lastReportMs = nowMs;
    const { lag, partition, offset } = greatestLag(this.partitions, replicasOf);
    const count = this.partitions.length;
    this.tell(`max lag is ${lag} for partition ${partition} at offset ${offset} among ${count} partitions`);
  }

  private tell(what: string): void {
    println(this.io.stdout, `${logTime(new Date())}: ${what}`);
  }
}

function fetcherClient(admin: Admin, answer: MetadataAnswer, number: number): KafkaClient {
  const { bootstrapServers, log, requestTimeoutMs, connectTimeoutMs } = admin.client.options;
  const client = new KafkaClient({
    bootstrapServers,
    clientId: `broker--2-fetcher-${number}`,
    logPrefix: '',
    log,
    requestTimeoutMs,
    connectTimeoutMs,
    reconnectBackoffMs: 0,
    reconnectBackoffMaxMs: 0,
    reportsBootstrap: false,
  });
  client.remember(answer);
  return client;
}

async function openVerifier(admin: Admin, options: Options, io: Io): Promise<Verifier> {
  const answer = await allTopics(admin);
  const included = includedTopics(options);
  const topics = answer.topics.filter(({ name }) => included.test(name!));
  if (topics.length === 0) {
    const what =
      'No topics found. [topics-include] if specified, is either filtering out all topics or there is no topic.';
    logTo(io.stderr)('ERROR', what, LOGGER);
    throw new Exit(1);
  }
  const replicas = topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, replicaNodes }) => ({ topic: name!, partition: partitionIndex, replicaNodes })),
  );
  const partitions = await initialOffsets(admin, inJavaOrder(replicas), options.valueOf('time')!);
  const topicIds = new Map(topics.map(({ name, topicId }) => [name!, topicId]));
  const limits = { fetchSizeBytes: options.valueOf('fetch-size')!, maxWaitMs: options.valueOf('max-wait-ms')! };
  const brokers = integerSetOrder(replicas.flatMap(({ replicaNodes }) => replicaNodes));
  // Kafka's tool needs all brokers to be up as it starts, and says so as JVMs do.
  if (brokers.some((broker) => !admin.client.node(broker))) {
    throw nullPointer('Cannot invoke "org.apache.kafka.common.Node.idString()" because "this.val$sourceNode" is null');
  }
  const fetchers = brokers.map((broker, index) => {
    const held = new Set(replicas.filter((each) => each.replicaNodes.includes(broker)).map(partitionText));
    const own = partitions.filter((each) => held.has(partitionText(each)));
    return new ReplicaFetcher(broker, own, topicIds, fetcherClient(admin, answer, index + 1), limits);
  });
  return new Verifier(partitions, fetchers, options.valueOf('report-interval-ms')!, io);
}

async function run(argv: readonly string[], io: Io): Promise<void> {
  logTo(io.stderr)('WARN', 'This tool is deprecated and may be removed in a future major release.', LOGGER);
  const options = parseArguments(argv, io);
  const admin = await createAdmin(new Map(), options.valueOf('broker-list')!, io);
  let verifier: Verifier;
  try {
    verifier = await openVerifier(admin, options, io);
  } finally {
    admin.close();
  }
  let exitCode: number | undefined;
  io.onInterrupt((signal) => {
    exitCode = signalExitCode(signal);
    verifier.stop();
  });
  await verifier.run();
  throw new Exit(exitCode ?? 0);
}

/** kafka-replica-verification (org.apache.kafka.tools.ReplicaVerificationTool). */
export const replicaVerification = (argv: readonly string[], io: Io): Promise<number> =>
  exitCodeAfter(io, () => run(argv, io));
