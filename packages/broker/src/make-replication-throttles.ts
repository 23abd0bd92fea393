import type { dynamicOnlyConfigs } from './config/definitions/dynamic';
import type { ServiceParts } from './make-services';
import { ReplicationQuota } from './quotas/replication-quota';
import { ReplicationThrottle, type ReplicationThrottles } from './replication/replication-throttles';
import { ThrottledReplicas } from './replication/throttled-replicas';

/** Makes what holds the replication of this broker to rates, as they are set dynamically (KIP-73, KIP-113). */
export function makeReplicationThrottles(parts: ServiceParts): ReplicationThrottles {
  const { brokerId, config, configAdmin, topicConfigs, ports } = parts;
  const { values } = config;
  const limit = (name: keyof typeof dynamicOnlyConfigs) => (): number => {
    const { broker, clusterDefault } = configAdmin.dynamic.layers;
    const text = broker.get(name) ?? clusterDefault.get(name);
    return text === undefined ? Number.POSITIVE_INFINITY : Number(text);
  };
  const quota = (name: keyof typeof dynamicOnlyConfigs, samples: number, windowSeconds: number): ReplicationQuota =>
    new ReplicationQuota({ clock: ports.clock, samples, windowMs: windowSeconds * 1000, limit: limit(name) });
  const throttle = (side: 'leader' | 'follower'): ReplicationThrottle =>
    new ReplicationThrottle(
      quota(
        `${side}.replication.throttled.rate`,
        values.replicationQuotaWindowNum,
        values.replicationQuotaWindowSizeSeconds,
      ),
      new ThrottledReplicas(brokerId, topicConfigs, side),
    );
  return {
    leader: throttle('leader'),
    follower: throttle('follower'),
    logDirMoves: quota(
      'replica.alter.log.dirs.io.max.bytes.per.second',
      values.alterLogDirsReplicationQuotaWindowNum,
      values.alterLogDirsReplicationQuotaWindowSizeSeconds,
    ),
  };
}
