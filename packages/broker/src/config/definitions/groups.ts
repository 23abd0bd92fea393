import { boolean, int, list, long, short, string } from '../definition';
import { atLeast, between, listOf, oneOfIgnoringCase } from '../validators';

/** Group coordinator and committed offsets. The `group.consumer.` and `group.share.` settings belong to KRaft's coordinator. */
export const groupConfigs = {
  'group.min.session.timeout.ms': int('medium', 6000),
  'group.max.session.timeout.ms': int('medium', 1_800_000),
  'group.initial.rebalance.delay.ms': int('medium', 3000),
  'group.max.size': int('medium', 2_147_483_647, { valid: atLeast(1) }),
  'group.coordinator.rebalance.protocols': list('medium', 'classic', {
    valid: listOf('consumer', 'classic', 'share', 'unknown'),
  }),
  'group.coordinator.threads': int('medium', 1, { valid: atLeast(1) }),
  'group.coordinator.append.linger.ms': int('medium', 10, { valid: atLeast(0) }),
  'group.coordinator.new.enable': boolean('medium', false, { internal: true }),
  'offset.metadata.max.bytes': int('high', 4096),
  'offsets.load.buffer.size': int('high', 5_242_880, { valid: atLeast(1) }),
  'offsets.topic.replication.factor': short('high', 3, { valid: atLeast(1) }),
  'offsets.topic.num.partitions': int('high', 50, { valid: atLeast(1) }),
  'offsets.topic.segment.bytes': int('high', 104_857_600, { valid: atLeast(1) }),
  'offsets.topic.compression.codec': int('high', 0),
  'offsets.retention.minutes': int('high', 10_080, { valid: atLeast(1) }),
  'offsets.retention.check.interval.ms': long('high', 600_000, { valid: atLeast(1) }),
  'offsets.commit.timeout.ms': int('high', 5000, { valid: atLeast(1) }),
  'offsets.commit.required.acks': short('high', -1),
  'group.consumer.session.timeout.ms': int('medium', 45_000, { valid: atLeast(1) }),
  'group.consumer.min.session.timeout.ms': int('medium', 45_000, { valid: atLeast(1) }),
  'group.consumer.max.session.timeout.ms': int('medium', 60_000, { valid: atLeast(1) }),
  'group.consumer.heartbeat.interval.ms': int('medium', 5000, { valid: atLeast(1) }),
  'group.consumer.min.heartbeat.interval.ms': int('medium', 5000, { valid: atLeast(1) }),
  'group.consumer.max.heartbeat.interval.ms': int('medium', 15_000, { valid: atLeast(1) }),
  'group.consumer.max.size': int('medium', 2_147_483_647, { valid: atLeast(1) }),
  'group.consumer.assignors': list(
    'medium',
    'org.apache.kafka.coordinator.group.assignor.UniformAssignor,org.apache.kafka.coordinator.group.assignor.RangeAssignor',
  ),
  'group.consumer.migration.policy': string('medium', 'disabled', {
    valid: oneOfIgnoringCase('DISABLED', 'DOWNGRADE', 'UPGRADE', 'BIDIRECTIONAL'),
    internal: true,
  }),
  'group.share.session.timeout.ms': int('medium', 45_000, { valid: atLeast(1) }),
  'group.share.min.session.timeout.ms': int('medium', 45_000, { valid: atLeast(1) }),
  'group.share.max.session.timeout.ms': int('medium', 60_000, { valid: atLeast(1) }),
  'group.share.heartbeat.interval.ms': int('medium', 5000, { valid: atLeast(1) }),
  'group.share.min.heartbeat.interval.ms': int('medium', 5000, { valid: atLeast(1) }),
  'group.share.max.heartbeat.interval.ms': int('medium', 15_000, { valid: atLeast(1) }),
  'group.share.max.size': short('medium', 200, { valid: between(10, 1000) }),
};
