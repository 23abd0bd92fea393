import type { ServiceParts } from './make-services';
import { LogDirMoves, type MoveQuota } from './replication/log-dir-moves';

/** Makes what moves logs between the dirs of this broker. */
export function makeLogDirMoves({ config, logs, replicas, ports }: ServiceParts, quota: MoveQuota): LogDirMoves {
  const moves = new LogDirMoves({
    clock: ports.clock,
    loggers: ports.loggers,
    logs,
    replica: (topic, partition) => replicas.get(topic, partition),
    chunkBytes: config.values.replicaFetchMaxBytes,
    backoffMs: config.values.replicaFetchBackoffMs,
    quota,
  });
  replicas.moveWith(moves);
  return moves;
}
