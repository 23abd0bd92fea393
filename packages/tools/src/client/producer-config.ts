import type { CompressionType } from '@odradek/protocol/records/batch';
import type { Log } from '../print';
import { configException, kafkaException } from '../tool-error';
import { booleanConfig, enumConfig, intConfig, longConfig, type Properties, requirePlaintext } from './properties';

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
}

const INT_MAX = 0x7fffffff;
const MAX_IN_FLIGHT_IF_IDEMPOTENT = 5;
const CODECS: readonly CompressionType[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

function acksOf(properties: Properties): number {
  const text = properties.get('acks') ?? 'all';
  const acks = { all: -1, '-1': -1, '0': 0, '1': 1 }[text.trim()];
  if (acks !== undefined) return acks;
  throw configException(`Invalid value ${text} for configuration acks: String must be one of: all, -1, 0, 1`);
}

function compressionLevelOf(properties: Properties, codec: CompressionType): number | undefined {
  if (codec !== 'gzip' && codec !== 'lz4' && codec !== 'zstd') return undefined;
  const name = `compression.${codec}.level`;
  return properties.has(name) ? intConfig(properties, name, 0) : undefined;
}

function isIdempotent(properties: Properties, acks: number, retries: number, maxInFlight: number, log: Log): boolean {
  const required = properties.has('enable.idempotence');
  if (!booleanConfig(properties, 'enable.idempotence', true)) return false;
  const refuse = (why: string): false => {
    if (required) throw configException(why);
    return false;
  };
  if (retries === 0) {
    return refuse('Must set retries to non-zero when using the idempotent producer.');
  }
  if (acks !== -1) {
    return refuse(
      'Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence.',
    );
  }
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

function transactionalIdOf(properties: Properties, idempotent: boolean): string | undefined {
  const id = properties.get('transactional.id');
  if (id === '') throw configException('Invalid value  for configuration transactional.id: String must be non-empty');
  if (id === undefined || idempotent) return id;
  throw configException('Cannot set a transactional.id without also enabling idempotence.');
}

/** Reads a producer's properties (ProducerConfig). Throws `ToolError` with Kafka's messages. */
export function producerSettings(properties: Properties, log: Log): ProducerSettings {
  requirePlaintext(properties);
  const acks = acksOf(properties);
  const lingerMs = longConfig(properties, 'linger.ms', 0, { min: 0 });
  const retries = intConfig(properties, 'retries', INT_MAX, { min: 0, max: INT_MAX });
  const maxInFlight = intConfig(properties, 'max.in.flight.requests.per.connection', 5, { min: 1 });
  const requestTimeoutMs = intConfig(properties, 'request.timeout.ms', 30_000, { min: 0 });
  const idempotent = isIdempotent(properties, acks, retries, maxInFlight, log);
  const compression = enumConfig(properties, 'compression.type', 'none', CODECS);
  return {
    bootstrapServers: properties.get('bootstrap.servers') ?? '',
    clientId: properties.get('client.id') || 'producer-1',
    acks,
    lingerMs,
    retries,
    maxInFlight,
    requestTimeoutMs,
    compression,
    compressionLevel: compressionLevelOf(properties, compression),
    batchBytes: intConfig(properties, 'batch.size', 16_384, { min: 0 }),
    bufferBytes: longConfig(properties, 'buffer.memory', 33_554_432, { min: 0 }),
    maxRequestBytes: intConfig(properties, 'max.request.size', 1_048_576, { min: 0 }),
    retryBackoffMs: longConfig(properties, 'retry.backoff.ms', 100, { min: 0 }),
    retryBackoffMaxMs: longConfig(properties, 'retry.backoff.max.ms', 1_000, { min: 0 }),
    deliveryTimeoutMs: deliveryTimeoutMs(properties, lingerMs + requestTimeoutMs),
    maxBlockMs: longConfig(properties, 'max.block.ms', 60_000, { min: 0 }),
    metadataMaxAgeMs: longConfig(properties, 'metadata.max.age.ms', 300_000, { min: 0 }),
    idempotent,
    transactionalId: transactionalIdOf(properties, idempotent),
    transactionTimeoutMs: intConfig(properties, 'transaction.timeout.ms', 60_000),
    reconnectBackoffMs: longConfig(properties, 'reconnect.backoff.ms', 50, { min: 0 }),
    reconnectBackoffMaxMs: longConfig(properties, 'reconnect.backoff.max.ms', 1_000, { min: 0 }),
    connectTimeoutMs: longConfig(properties, 'socket.connection.setup.timeout.ms', 10_000),
    ignoresKeys: booleanConfig(properties, 'partitioner.ignore.keys', false),
  };
}

function deliveryTimeoutMs(properties: Properties, leastMs: number): number {
  const timeoutMs = intConfig(properties, 'delivery.timeout.ms', 120_000, { min: 0 });
  if (timeoutMs >= leastMs) return timeoutMs;
  if (!properties.has('delivery.timeout.ms')) return leastMs;
  throw kafkaException(
    'Failed to construct kafka producer',
    configException('delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms'),
  );
}
