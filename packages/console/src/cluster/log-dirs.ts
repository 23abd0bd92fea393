import { errorName } from '@odradek/protocol/errors';
import { DescribeLogDirs } from '@odradek/protocol/messages/describe-log-dirs';
import type { KafkaClient } from '@odradek/tools/client/client';
import type { LogDir } from '../api';

export interface ReplicaLog {
  readonly bytes: number;
  /** How far it is behind what is committed. */
  readonly offsetLag: number;
}

/** What one broker's log dirs hold. */
export interface BrokerLogs {
  readonly bytes: number;
  readonly dirs: readonly LogDir[];
  /** By topic, then by partition. Copies in the making are not counted here. */
  readonly replicas: ReadonlyMap<string, ReadonlyMap<number, ReplicaLog>>;
}

/** Asks a broker for all its logs. Throws `ToolError`. */
export async function readLogDirs(client: KafkaClient, brokerId: number): Promise<BrokerLogs> {
  const { results } = await client.sendTo(brokerId, DescribeLogDirs, { topics: null });
  const replicas = new Map<string, Map<number, ReplicaLog>>();
  const dirs = results.map(({ errorCode, logDir, topics, totalBytes, usableBytes }): LogDir => {
    let bytes = 0;
    let count = 0;
    for (const { name, partitions } of topics) {
      const ofTopic = replicas.get(name) ?? new Map<number, ReplicaLog>();
      replicas.set(name, ofTopic);
      for (const { partitionIndex, partitionSize, offsetLag, isFutureKey } of partitions) {
        bytes += partitionSize;
        count++;
        if (!isFutureKey) ofTopic.set(partitionIndex, { bytes: partitionSize, offsetLag });
      }
    }
    return {
      path: logDir,
      bytes,
      replicas: count,
      totalBytes: totalBytes < 0 ? null : totalBytes,
      usableBytes: usableBytes < 0 ? null : usableBytes,
      error: errorCode === 0 ? null : errorName(errorCode),
    };
  });
  return { bytes: dirs.reduce((sum, dir) => sum + dir.bytes, 0), dirs, replicas };
}
