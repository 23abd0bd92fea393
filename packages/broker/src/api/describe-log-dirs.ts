import { ERRORS } from '@odradek/protocol/errors';
import { DescribeLogDirs } from '@odradek/protocol/messages/describe-log-dirs';
import type { PartitionLog } from '../log/partition-log';
import { type Handler, handler } from './handler';
import type { Services } from './services';

/** Nobody has said yet what the replica is. */
const UNKNOWN_LAG = -1;

/** What lies in which log folder, and how large it is (KIP-113, KIP-827). */
export function describeLogDirs(services: Services): Handler<typeof DescribeLogDirs> {
  return handler({
    api: DescribeLogDirs,
    handle({ topics }) {
      const dirs = services.logs.describeDirs();
      const wanted =
        topics &&
        wantedAmong(
          dirs.flatMap(({ logs }) => logs),
          topics,
        );
      const results = dirs.map((dir) => {
        const byTopic = new Map<
          string,
          { partitionIndex: number; partitionSize: number; offsetLag: number; isFutureKey: boolean }[]
        >();
        for (const log of dir.logs) {
          if (wanted !== null && wanted.get(log.topic)?.has(log.partition) !== true) continue;
          const entries = byTopic.get(log.topic) ?? [];
          byTopic.set(log.topic, entries);
          entries.push({
            partitionIndex: log.partition,
            partitionSize: log.size,
            ...standingOf(log, services),
          });
        }
        return {
          errorCode: dir.isOffline ? ERRORS.KAFKA_STORAGE_ERROR.code : 0,
          logDir: dir.path,
          topics: [...byTopic].map(([name, partitions]) => ({ name, partitions })),
          totalBytes: dir.totalBytes,
          usableBytes: dir.usableBytes,
        };
      });
      return { errorCode: 0, results };
    },
    fail: ({ code }) => ({ errorCode: code, results: [] }),
  });
}

/** How far a log is behind: behind its high watermark, or, a copy in the making, behind the log that it is to replace. */
function standingOf(log: PartitionLog, { replicas, logs }: Services): { offsetLag: number; isFutureKey: boolean } {
  const { topic, partition, logEndOffset } = log;
  const isFutureKey = logs.future(topic, partition) === log;
  const inUse = replicas.find(topic, partition)?.log;
  if (!inUse) return { offsetLag: UNKNOWN_LAG, isFutureKey };
  const offsetLag = isFutureKey ? inUse.logEndOffset - logEndOffset : Math.max(inUse.highWatermark - logEndOffset, 0);
  return { offsetLag, isFutureKey };
}

/** Those of `partitions` that were asked for, by topic. A request may name millions of others. */
function wantedAmong(
  partitions: readonly { readonly topic: string; readonly partition: number }[],
  topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
): Map<string, Set<number>> {
  const here = new Map<string, Set<number>>();
  for (const { topic, partition } of partitions) here.set(topic, (here.get(topic) ?? new Set()).add(partition));
  const wanted = new Map<string, Set<number>>();
  for (const { topic, partitions: indexes } of topics) {
    const known = here.get(topic);
    if (!known) continue;
    const found = wanted.get(topic) ?? new Set();
    wanted.set(topic, found);
    for (const index of indexes) if (known.has(index)) found.add(index);
  }
  return wanted;
}
