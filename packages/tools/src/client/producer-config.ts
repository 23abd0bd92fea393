import type { CompressionType } from '@odradek/protocol/records/batch';
import type { Log } from '../print';
import { configException, kafkaException } from '../tool-error';
import { type Config, parseConfig, refusePlugins, requirePlaintext, warnOfStaticBackoff } from './config-def';
import { PRODUCER_CONFIGS } from './config-keys';
import type { Properties } from './properties';

/** A producer's settings, under Kafka's names in camel case. */
export interface ProducerSettings {
  readonly bootstrapServers: string;
  readonly clientId: string;
  /** -1: all in-sync replicas. */
  readonly acks: number;
  readonly lingerMs: number;
  readonly batchBytes: number;
  readonly bufferBytes: number;
  readonly maxRequestBytes: number;
  readonly maxInFlight: number;
  readonly compression: CompressionType;
  readonly compressionLevel: number | undefined;
  readonly retries: number;
  readonly retryBackoffMs: number;
  readonly retryBackoffMaxMs: number;
  readonly requestTimeoutMs: number;
  readonly deliveryTimeoutMs: number;
  readonly maxBlockMs: number;
  readonly metadataMaxAgeMs: number;
  readonly idempotent: boolean;
  readonly transactionalId: string | undefined;
  readonly transactionTimeoutMs: number;
  readonly reconnectBackoffMs: number;
  readonly reconnectBackoffMaxMs: number;
  readonly connectTimeoutMs: number;
  readonly ignoresKeys: boolean;
  /** Each topic's partitions in turn, whatever the key (RoundRobinPartitioner), rather than by key and in batches. */
  readonly takesTurns: boolean;
}

const MAX_IN_FLIGHT_IF_IDEMPOTENT = 5;
const ACKS: Readonly<Record<string, number>> = { all: -1, '-1': -1, '0': 0, '1': 1 };

function compressionLevelOf(config: Config, codec: CompressionType): number | undefined {
  if (codec !== 'gzip' && codec !== 'lz4' && codec !== 'zstd') return undefined;
  const name = `compression.${codec}.level`;
  return config.isGiven(name) ? config.number(name) : undefined;
}

function isIdempotent(config: Config, acks: number, log: Log): boolean {
  if (!config.flag('enable.idempotence')) return false;
  const required = config.isGiven('enable.idempotence');
  const refuse = (why: string): false => {
    if (required) throw configException(why);
    return false;
  };
  if (config.number('retries') === 0) {
    return refuse('Must set retries to non-zero when using the idempotent producer.');
  }
  if (acks !== -1) {
    return refuse(
      'Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence.',
    );
  }
  const maxInFlight = config.number('max.in.flight.requests.per.connection');
  if (maxInFlight > MAX_IN_FLIGHT_IF_IDEMPOTENT) {
    if (required) {
      return refuse('Must set max.in.flight.requests.per.connection to at most 5 to use the idempotent producer.');
    }
    log(
      'WARN',
      `Idempotence will be disabled because max.in.flight.requests.per.connection is set to ${maxInFlight}, which is ` +
        'greater than 5. Please note that in v4.0.0 and onward, this will become an error.',
      'org.apache.kafka.clients.producer.ProducerConfig',
    );
    return false;
  }
  return true;
}

function transactionalIdOf(config: Config, idempotent: boolean): string | undefined {
  const id = config.text('transactional.id');
  if (id === undefined || idempotent) return id;
  throw configException('Cannot set a transactional.id without also enabling idempotence.');
}

/** Reads a producer's properties (ProducerConfig). Throws `ToolError` with Kafka's messages. */
export function producerSettings(properties: Properties, log: Log): ProducerSettings {
  const config = parseConfig(PRODUCER_CONFIGS, properties);
  warnOfStaticBackoff(config, log);
  const acks = ACKS[config.text('acks')!]!;
  const idempotent = isIdempotent(config, acks, log);
  requirePlaintext(config);
  refusePlugins(config, 'Failed to construct kafka producer');
  const compression = config.text('compression.type') as CompressionType;
  const partitioner = config.text('partitioner.class')?.split('.').at(-1);
  return {
    bootstrapServers: config.text('bootstrap.servers')!,
    clientId: config.text('client.id') || 'producer-1',
    acks,
    lingerMs: config.number('linger.ms'),
    retries: config.number('retries'),
    maxInFlight: config.number('max.in.flight.requests.per.connection'),
    requestTimeoutMs: config.number('request.timeout.ms'),
    compression,
    compressionLevel: compressionLevelOf(config, compression),
    batchBytes: config.number('batch.size'),
    bufferBytes: config.number('buffer.memory'),
    maxRequestBytes: config.number('max.request.size'),
    retryBackoffMs: config.number('retry.backoff.ms'),
    retryBackoffMaxMs: config.number('retry.backoff.max.ms'),
    transactionalId: transactionalIdOf(config, idempotent),
    deliveryTimeoutMs: deliveryTimeoutMs(config),
    maxBlockMs: config.number('max.block.ms'),
    metadataMaxAgeMs: config.number('metadata.max.age.ms'),
    idempotent,
    transactionTimeoutMs: config.number('transaction.timeout.ms'),
    reconnectBackoffMs: config.number('reconnect.backoff.ms'),
    reconnectBackoffMaxMs: config.number('reconnect.backoff.max.ms'),
    connectTimeoutMs: config.number('socket.connection.setup.timeout.ms'),
    ignoresKeys: config.flag('partitioner.ignore.keys') || partitioner === 'UniformStickyPartitioner',
    takesTurns: partitioner === 'RoundRobinPartitioner',
  };
}

function deliveryTimeoutMs(config: Config): number {
  const timeoutMs = config.number('delivery.timeout.ms');
  const leastMs = config.number('linger.ms') + config.number('request.timeout.ms');
  if (timeoutMs >= leastMs) return timeoutMs;
  if (!config.isGiven('delivery.timeout.ms')) return leastMs;
  throw kafkaException(
    'Failed to construct kafka producer',
    configException('delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms'),
  );
}
