import { ERRORS } from '@odradek/protocol/errors';
import { DescribeLogDirs } from '@odradek/protocol/messages/describe-log-dirs';
import { type Handler, handler } from './handler';
import type { Services } from './services';

/** What lies in which log folder, and how large it is (KIP-113, KIP-827). */
export function describeLogDirs(services: Services): Handler<typeof DescribeLogDirs> {
  return handler({
    api: DescribeLogDirs,
    handle({ topics }) {
      const wanted =
        topics && new Set(topics.flatMap(({ topic, partitions }) => partitions.map((index) => `${topic}-${index}`)));
      const results = services.logs.describeDirs().map((dir) => {
        const byTopic = new Map<
          string,
          { partitionIndex: number; partitionSize: number; offsetLag: number; isFutureKey: boolean }[]
        >();
        for (const log of dir.logs) {
          if (wanted !== null && !wanted.has(`${log.topic}-${log.partition}`)) continue;
          const entries = byTopic.get(log.topic) ?? [];
          byTopic.set(log.topic, entries);
          entries.push({
            partitionIndex: log.partition,
            partitionSize: log.size,
            offsetLag: Math.max(log.highWatermark - log.logEndOffset, 0),
            isFutureKey: false,
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
