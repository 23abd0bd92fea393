import { boolean, double, int, LONG_MAX, long, string } from '../definition';
import { atLeast, between, defaultOrPositive, nonEmpty } from '../validators';

/** Tiered storage: read and checked, though no remote storage can be plugged in. */
export const remoteStorageConfigs = {
  'remote.log.storage.system.enable': boolean('medium', false),
  'remote.log.storage.manager.impl.prefix': string('medium', 'rsm.config.', { valid: nonEmpty }),
  'remote.log.metadata.manager.impl.prefix': string('medium', 'rlmm.config.', { valid: nonEmpty }),
  'remote.log.storage.manager.class.name': string('medium', null, { valid: nonEmpty }),
  'remote.log.storage.manager.class.path': string('medium', null),
  'remote.log.metadata.manager.class.name': string(
    'medium',
    'org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager',
    { valid: nonEmpty },
  ),
  'remote.log.metadata.manager.class.path': string('medium', null),
  'remote.log.metadata.manager.listener.name': string('medium', null, { valid: nonEmpty }),
  'remote.log.metadata.custom.metadata.max.bytes': int('low', 128, { valid: atLeast(0) }),
  'remote.log.index.file.cache.total.size.bytes': long('low', 1_073_741_824, {
    valid: atLeast(1),
    mode: 'cluster-wide',
  }),
  'remote.log.manager.thread.pool.size': int('medium', 10, { valid: atLeast(1) }),
  'remote.log.manager.copier.thread.pool.size': int('medium', -1, { valid: defaultOrPositive }),
  'remote.log.manager.expiration.thread.pool.size': int('medium', -1, { valid: defaultOrPositive }),
  'remote.log.manager.task.interval.ms': long('low', 30_000, { valid: atLeast(1) }),
  'remote.log.manager.task.retry.backoff.ms': long('low', 500, { valid: atLeast(1), internal: true }),
  'remote.log.manager.task.retry.backoff.max.ms': long('low', 30_000, { valid: atLeast(1), internal: true }),
  'remote.log.manager.task.retry.jitter': double('low', 0.2, { valid: between(0, 0.5), internal: true }),
  'remote.log.reader.threads': int('medium', 10, { valid: atLeast(1) }),
  'remote.log.reader.max.pending.tasks': int('medium', 100, { valid: atLeast(1) }),
  'log.local.retention.ms': long('medium', -2, { valid: atLeast(-2), mode: 'cluster-wide' }),
  'log.local.retention.bytes': long('medium', -2, { valid: atLeast(-2), mode: 'cluster-wide' }),
  'remote.log.manager.copy.max.bytes.per.second': long('medium', LONG_MAX, { valid: atLeast(1), mode: 'cluster-wide' }),
  'remote.log.manager.copy.quota.window.num': int('medium', 11, { valid: atLeast(1) }),
  'remote.log.manager.copy.quota.window.size.seconds': int('medium', 1, { valid: atLeast(1) }),
  'remote.log.manager.fetch.max.bytes.per.second': long('medium', LONG_MAX, {
    valid: atLeast(1),
    mode: 'cluster-wide',
  }),
  'remote.log.manager.fetch.quota.window.num': int('medium', 11, { valid: atLeast(1) }),
  'remote.log.manager.fetch.quota.window.size.seconds': int('medium', 1, { valid: atLeast(1) }),
  'remote.fetch.max.wait.ms': int('medium', 500, { valid: atLeast(1), mode: 'cluster-wide' }),
};
