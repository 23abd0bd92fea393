import { boolean, int, long, string } from '../definition';
import { atLeast, between, gzipLevel, oneOf } from '../validators';

/** The broker as a whole. */
export const serverConfigs = {
  'broker.id.generation.enable': boolean('medium', true),
  'reserved.broker.max.id': int('medium', 1000, { valid: atLeast(0) }),
  'broker.id': int('high', -1),
  'message.max.bytes': int('high', 1_048_588, { valid: atLeast(0), mode: 'cluster-wide' }),
  'num.io.threads': int('high', 8, { valid: atLeast(1), mode: 'cluster-wide' }),
  'num.replica.alter.log.dirs.threads': int('high', null),
  'background.threads': int('high', 10, { valid: atLeast(1), mode: 'cluster-wide' }),
  'request.timeout.ms': int('high', 30_000),
  'socket.connection.setup.timeout.ms': long('medium', 10_000),
  'socket.connection.setup.timeout.max.ms': long('medium', 30_000),
  'authorizer.class.name': string('low', ''),
  'early.start.listeners': string('high', null),
  'broker.rack': string('medium', null),
  'controlled.shutdown.max.retries': int('medium', 3),
  'controlled.shutdown.retry.backoff.ms': long('medium', 5000),
  'controlled.shutdown.enable': boolean('medium', true),
  'delete.topic.enable': boolean('high', true),
  'compression.type': string('high', 'producer', {
    valid: oneOf('uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'),
    mode: 'cluster-wide',
  }),
  'compression.gzip.level': int('medium', -1, { valid: gzipLevel, mode: 'cluster-wide' }),
  'compression.lz4.level': int('medium', 9, { valid: between(1, 17), mode: 'cluster-wide' }),
  'compression.zstd.level': int('medium', 3, { valid: between(-131_072, 22), mode: 'cluster-wide' }),
  'max.incremental.fetch.session.cache.slots': int('medium', 1000, { valid: atLeast(0) }),
  'fetch.max.bytes': int('medium', 57_671_680, { valid: atLeast(1024) }),
  'max.request.partition.size.limit': int('medium', 2000, { valid: atLeast(1) }),
  'unstable.api.versions.enable': boolean('high', false, { internal: true }),
  'unstable.feature.versions.enable': boolean('high', false, { internal: true }),
};
