import { boolean, int, long, string } from '../definition';
import { atLeast, metadataVersion, oneOf } from '../validators';

/** Replicas, the controller and traffic between brokers. */
export const replicationConfigs = {
  'controller.socket.timeout.ms': int('medium', 30_000),
  'default.replication.factor': int('medium', 1),
  'replica.lag.time.max.ms': long('high', 30_000),
  'replica.socket.timeout.ms': int('high', 30_000),
  'replica.socket.receive.buffer.bytes': int('high', 65_536),
  'replica.fetch.max.bytes': int('medium', 1_048_576, { valid: atLeast(0) }),
  'replica.fetch.wait.max.ms': int('high', 500),
  'replica.fetch.backoff.ms': int('medium', 1000, { valid: atLeast(0) }),
  'replica.fetch.min.bytes': int('high', 1),
  'replica.fetch.response.max.bytes': int('medium', 10_485_760, { valid: atLeast(0) }),
  'num.replica.fetchers': int('high', 1, { mode: 'cluster-wide' }),
  'replica.high.watermark.checkpoint.interval.ms': long('high', 5000),
  'fetch.purgatory.purge.interval.requests': int('medium', 1000),
  'producer.purgatory.purge.interval.requests': int('medium', 1000),
  'delete.records.purgatory.purge.interval.requests': int('medium', 1),
  'auto.leader.rebalance.enable': boolean('high', true),
  'leader.imbalance.per.broker.percentage': int('high', 10),
  'leader.imbalance.check.interval.seconds': long('high', 300, { valid: atLeast(1) }),
  'unclean.leader.election.interval.ms': long('medium', 300_000, { valid: atLeast(1), internal: true }),
  'unclean.leader.election.enable': boolean('high', false, { mode: 'cluster-wide' }),
  'security.inter.broker.protocol': string('medium', 'PLAINTEXT', {
    valid: oneOf('PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'),
  }),
  'inter.broker.protocol.version': string('medium', '3.9-IV0', { valid: metadataVersion }),
  'inter.broker.listener.name': string('medium', null),
  'replica.selector.class': string('medium', null),
};
