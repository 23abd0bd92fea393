import type { Services } from './services';

/** KIP-951: who leads the partition now, as far as this broker knows. */
export function currentLeader(
  services: Services,
  topic: string,
  partition: number,
): { leaderId: number; leaderEpoch: number } {
  const hosted = services.replicas.find(topic, partition);
  if (hosted?.role.type === 'leader') return { leaderId: services.brokerId, leaderEpoch: hosted.leaderEpoch };
  if (hosted?.role.type === 'follower') return { leaderId: hosted.role.leaderId, leaderEpoch: hosted.leaderEpoch };
  const known = services.metadata.partition(topic, partition);
  return known ? { leaderId: known.leader, leaderEpoch: known.leaderEpoch } : { leaderId: -1, leaderEpoch: -1 };
}

/** KIP-951: where those leaders are reached on the client's own listener. */
export function nodeEndpoints(services: Services, leaders: Iterable<number>, listenerName: string) {
  return [...leaders].flatMap((nodeId) => {
    const broker = services.metadata.image.brokers.get(nodeId);
    const endpoint = broker?.endpoints.get(listenerName);
    return broker && endpoint ? [{ nodeId, host: endpoint.host, port: endpoint.port, rack: broker.rack }] : [];
  });
}
