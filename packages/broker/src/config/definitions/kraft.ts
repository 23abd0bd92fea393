import { boolean, int, LONG_MAX, list, long, string } from '../definition';
import { atLeast, listOf } from '../validators';

/** Settings of KRaft mode: read and checked as Apache's broker reads them, without effect under ZooKeeper. */
export const kraftConfigs = {
  'metadata.log.max.record.bytes.between.snapshots': long('high', 20_971_520, { valid: atLeast(1) }),
  'metadata.log.max.snapshot.interval.ms': long('high', 3_600_000, { valid: atLeast(0) }),
  'process.roles': list('high', '', { valid: listOf('broker', 'controller') }),
  'node.id': int('high', -1),
  'initial.broker.registration.timeout.ms': int('medium', 60_000),
  'broker.heartbeat.interval.ms': int('medium', 2000),
  'broker.session.timeout.ms': int('medium', 9000),
  'controller.listener.names': string('high', null),
  'sasl.mechanism.controller.protocol': string('high', 'GSSAPI'),
  'metadata.log.dir': string('high', null),
  'metadata.log.segment.bytes': int('high', 1_073_741_824, { valid: atLeast(12) }),
  'metadata.log.segment.min.bytes': int('high', 8_388_608, { valid: atLeast(12), internal: true }),
  'metadata.log.segment.ms': long('high', 604_800_000),
  'metadata.max.retention.bytes': long('high', 104_857_600),
  'metadata.max.retention.ms': long('high', 604_800_000),
  'metadata.max.idle.interval.ms': int('low', 500, { valid: atLeast(0) }),
  'server.max.startup.time.ms': long('medium', LONG_MAX, { valid: atLeast(0), internal: true }),
  'zookeeper.metadata.migration.enable': boolean('high', false),
  'eligible.leader.replicas.enable': boolean('high', false),
  'zookeeper.metadata.migration.min.batch.size': int('medium', 200, { valid: atLeast(1), internal: true }),
};
