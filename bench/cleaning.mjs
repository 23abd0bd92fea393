// Compaction: how fast a topic is cleaned, in how much memory, and what a producer feels of it.
import { startBroker } from './brokers.mjs';
import { mbPerSecond } from './figures.mjs';

const KB = 1024;
/** The cleaner looks often, so that what is measured is its work and not its pauses. */
const SETTINGS = { 'log.cleaner.backoff.ms': 100 };
/** Of 1 KB records of which the last of ten stays. */
const filling = { fillBytes: 1_100_000_000, valueBytes: KB, liveShare: 0.1 };

export const cleanings = [
  {
    id: 'cleaning',
    title: 'cleaning of 1 GB, 10 % live keys of 1 KB',
    job: { kind: 'cleaning', partitions: 1, ...filling },
    columns: [
      { ...mbPerSecond, target: 0.5 },
      { unit: 'MB RSS at most', better: 'less', of: ({ peakRssMb }) => peakRssMb, target: 0.25 },
    ],
  },
  {
    id: 'cleaning-latency',
    title: 'produce, 1,000 records/s of 100 B, while 2 GB are cleaned',
    job: {
      kind: 'cleaning',
      partitions: 2,
      ...filling,
      fillBytes: 2 * filling.fillBytes,
      latency: {
        batch: { valueBytes: 100, records: 1, compression: 'none', idempotent: false },
        batchesPerSecond: 1000,
        inFlight: 1,
      },
    },
    columns: [
      { unit: 'ms p99', better: 'less', of: ({ p99Ms }) => p99Ms },
      { unit: 'of p99 without', better: 'less', of: ({ p99Ratio }) => p99Ratio, limit: 1.5 },
      mbPerSecond,
    ],
  },
];

/** Runs one on a broker of its own: what has been cleaned once is clean. `load` runs a job. */
export async function measureCleaning(kind, dir, zooKeeper, job, load) {
  const broker = await startBroker(kind, dir, zooKeeper, SETTINGS);
  try {
    return await load({ ...job, port: broker.port, brokerPids: [broker.pid], logDir: broker.logDir });
  } finally {
    await broker.stop();
  }
}
