import { type Family, gauge } from './families';

/** What the log cleaner tells of itself. */
export interface CleanerFacts {
  /** Of the dirtiest log, when the cleaner looked last. */
  readonly maxDirtyRatio: number;
  readonly sinceLastRunMs: number;
  /** Logs that it has given up, by the folder that they are in. */
  readonly uncleanable: ReadonlyMap<string, number>;
  /** The last cleaning that came to its end; null before the first. */
  readonly lastRound: { readonly seconds: number; readonly bytesRead: number; readonly bytesWritten: number } | null;
}

/** LogCleaner and LogCleanerManager of Kafka's JMX; none of it where `log.cleaner.enable` is false. */
export function cleanerFamilies(facts: () => CleanerFacts | null): Family[] {
  if (facts() === null) return [];
  const percent = (ratio: number): number => Math.trunc(100 * ratio);
  const ofLast = (value: (round: NonNullable<CleanerFacts['lastRound']>) => number): number => {
    const round = facts()?.lastRound ?? null;
    return round === null ? 0 : value(round);
  };
  return [
    gauge('kafka_log_logcleanermanager_max_dirty_percent', 'Dirty share of the dirtiest compacted log', () =>
      percent(facts()!.maxDirtyRatio),
    ),
    gauge('kafka_log_logcleanermanager_time_since_last_run_ms', 'Since the cleaner looked for something to do', () =>
      Math.round(facts()!.sinceLastRunMs),
    ),
    {
      name: 'kafka_log_logcleanermanager_uncleanable_partitions_count',
      help: 'Logs that cannot be cleaned',
      type: 'gauge',
      read: () => [...facts()!.uncleanable].map(([logdirectory, value]) => ({ labels: { logdirectory }, value })),
    },
    gauge('kafka_log_logcleaner_cleaner_recopy_percent', 'What the last cleaning has left of what it read', () =>
      ofLast(({ bytesRead, bytesWritten }) => percent(bytesWritten / Math.max(bytesRead, 1))),
    ),
    gauge('kafka_log_logcleaner_max_clean_time_secs', 'How long the last cleaning took', () =>
      ofLast(({ seconds }) => Math.trunc(seconds)),
    ),
  ];
}
