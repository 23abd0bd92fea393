import { compress, decompress, MAX_DECOMPRESSED_BYTES } from '@odradek/protocol/records/compression';
import kafkajs, {
  type Assigner,
  type Consumer as GroupConsumer,
  type KafkaMessage,
  type PartitionAssigner,
} from 'kafkajs';
import type { ConsumerRecord } from '../client/consumed';
import type { ConsumerSettings } from '../client/consumer-config';
import { booleanConfig, intConfig } from '../client/properties';
import { javaRegex } from '../java-regex';
import type { Log } from '../print';
import { kafkaException } from '../tool-error';
import type { ConsoleConsumerArguments } from './arguments';
import type { RecordSource } from './console-consumer';

const CLIENT_LOGGER = 'org.apache.kafka.clients.consumer.KafkaConsumer';
const EARLIEST = -2;

const codec = (name: 'snappy' | 'lz4' | 'zstd') => () => ({
  compress: async ({ buffer }: { buffer: Buffer }) => compress(name, buffer),
  decompress: async (buffer: Buffer) => decompress(name, buffer, MAX_DECOMPRESSED_BYTES),
});

/** Java's default assignor, so that our members and Java's can share a group. */
const rangeAssigner: PartitionAssigner = ({ cluster }): Assigner => ({
  name: 'range',
  version: 1,
  protocol: ({ topics }) => ({
    name: 'range',
    metadata: kafkajs.AssignerProtocol.MemberMetadata.encode({ version: 1, topics, userData: Buffer.alloc(0) }),
  }),
  assign: async ({ members, topics }) => {
    const ids = members.map(({ memberId }) => memberId).sort();
    const assignment = new Map<string, Record<string, number[]>>(ids.map((id) => [id, {}]));
    for (const topic of topics) {
      const partitions = cluster
        .findTopicPartitionMetadata(topic)
        .map(({ partitionId }) => partitionId)
        .sort((a, b) => a - b);
      const each = Math.floor(partitions.length / ids.length);
      const extra = partitions.length % ids.length;
      for (const [index, id] of ids.entries()) {
        const start = each * index + Math.min(index, extra);
        assignment.get(id)![topic] = partitions.slice(start, start + each + (index < extra ? 1 : 0));
      }
    }
    return ids.map((memberId) => ({
      memberId,
      memberAssignment: kafkajs.AssignerProtocol.MemberAssignment.encode({
        version: 1,
        assignment: assignment.get(memberId)!,
        userData: Buffer.alloc(0),
      }),
    }));
  },
});

interface Delivery {
  readonly records: ConsumerRecord[];
  readonly done: () => void;
}

/** Hands records from kafkajs, which pushes, to the console, which polls: a batch is done when the next is asked for. */
class Mailbox implements RecordSource {
  private readonly deliveries: Delivery[] = [];
  private current: Delivery | undefined;
  private wake: (() => void) | undefined;
  private failure: Error | undefined;
  private closing: Promise<void> | undefined;

  constructor(private readonly consumer: GroupConsumer) {}

  deliver(records: ConsumerRecord[]): Promise<void> {
    return new Promise((done) => {
      this.deliveries.push({ records, done });
      this.wake?.();
    });
  }

  fail(failure: Error): void {
    this.failure = failure;
    this.wake?.();
  }

  async poll(timeoutMs: number): Promise<Iterable<ConsumerRecord> | undefined> {
    this.current?.done();
    this.current = undefined;
    if (this.deliveries.length === 0 && !this.failure && !this.closing) {
      await new Promise<void>((resolve) => {
        const timer = Number.isFinite(timeoutMs) ? setTimeout(resolve, timeoutMs) : undefined;
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    if (this.failure) throw kafkaException(this.failure.message);
    this.current = this.deliveries.shift();
    return this.current?.records;
  }

  close(): Promise<void> {
    this.closing ??= this.stop();
    return this.closing;
  }

  private async stop(): Promise<void> {
    this.current?.done();
    for (const { done } of this.deliveries.splice(0)) done();
    this.wake?.();
    await this.consumer.disconnect();
  }
}

const toRecord = (topic: string, partition: number, message: KafkaMessage): ConsumerRecord => ({
  topic,
  partition,
  offset: Number(message.offset),
  timestamp: Number(message.timestamp),
  timestampType: (message.attributes & 0x08) === 0 ? 'CreateTime' : 'LogAppendTime',
  key: message.key,
  value: message.value,
  headers: Object.entries(message.headers ?? {}).flatMap(([key, values]) =>
    [values].flat().map((value) => ({ key, value: value === undefined ? null : Buffer.from(value) })),
  ),
});

/** Joins a consumer group by the classic protocol and yields what is assigned to this member. */
export async function joinGroup(
  { topic, include, properties }: ConsoleConsumerArguments,
  settings: ConsumerSettings,
  log: Log,
): Promise<RecordSource> {
  const prefix = `[Consumer clientId=${settings.clientId}, groupId=${settings.groupId}] `;
  for (const name of ['snappy', 'lz4', 'zstd'] as const) {
    const type = { snappy: 2, lz4: 3, zstd: 4 }[name];
    (kafkajs.CompressionCodecs as Record<number, unknown>)[type] = codec(name);
  }
  const kafka = new kafkajs.Kafka({
    clientId: settings.clientId,
    brokers: settings.bootstrapServers.split(',').map((address) => address.trim()),
    requestTimeout: settings.requestTimeoutMs,
    logLevel: kafkajs.logLevel.ERROR,
    logCreator: () => (entry) => {
      // kafkajs reports what it will try again as an error as well.
      log('WARN', prefix + entry.log.message, CLIENT_LOGGER);
    },
  });
  const consumer = kafka.consumer({
    groupId: settings.groupId,
    partitionAssigners: [rangeAssigner],
    sessionTimeout: intConfig(properties, 'session.timeout.ms', 45_000),
    heartbeatInterval: intConfig(properties, 'heartbeat.interval.ms', 3_000),
    maxWaitTimeInMs: settings.fetchMaxWaitMs,
    maxBytes: settings.fetchMaxBytes,
    maxBytesPerPartition: settings.maxPartitionFetchBytes,
    metadataMaxAge: settings.metadataMaxAgeMs,
    allowAutoTopicCreation: settings.allowAutoCreateTopics,
    readUncommitted: settings.isolationLevel === 0,
  });
  const mailbox = new Mailbox(consumer);
  consumer.on('consumer.crash', ({ payload }) => {
    if (!payload.restart) mailbox.fail(payload.error);
  });
  await consumer.connect();
  const fromBeginning = settings.resetTimestamp === EARLIEST;
  await consumer.subscribe({ topics: [topic ?? javaRegex(include!)], fromBeginning });
  await consumer.run({
    autoCommit: booleanConfig(properties, 'enable.auto.commit', true),
    autoCommitInterval: intConfig(properties, 'auto.commit.interval.ms', 5_000),
    eachBatch: async ({ batch }) => {
      await mailbox.deliver(batch.messages.map((message) => toRecord(batch.topic, batch.partition, message)));
    },
  });
  return mailbox;
}
