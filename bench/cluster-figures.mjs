// What is measured of three brokers, and what is wanted of it; see figures.mjs.
import { cpuPerGb, latencies, mbPerSecond, perSecond, seconds } from './figures.mjs';

const KB = 1024;
const partitions = 6;
const replicationFactor = 3;
const plain = { compression: 'none', idempotent: false };

export const clusterLife = {
  id: 'cluster-start',
  title: 'three brokers: start until each knows all; idle',
  columns: [
    { ...seconds('startSeconds'), unit: 's to Metadata', target: 0.5 },
    { ...seconds('startCpuSeconds'), unit: 'CPU s to Metadata' },
    { unit: 'MB RSS idle, all three', better: 'less', of: ({ idleRssMb }) => idleRssMb, target: 0.35 },
  ],
};

/** Three replicas of each partition, two of which must be in sync; acks=all. A connection for each partition. */
export const clusterLoads = [
  {
    id: 'cluster-1k-large',
    title: 'RF 3, acks=all: produce 1 KB, batches of 1 MB',
    job: { kind: 'produce', batch: { valueBytes: KB, records: 1000, ...plain }, inFlight: 2 },
    columns: [{ ...mbPerSecond, target: 1.5 }, cpuPerGb],
    touchBytes: 8e9,
  },
  {
    id: 'cluster-16k',
    title: 'RF 3, acks=all: produce 1 KB, idempotent, batches of 16 KB',
    job: { kind: 'produce', batch: { valueBytes: KB, records: 15, ...plain, idempotent: true }, inFlight: 5 },
    columns: [{ ...mbPerSecond, target: 3 }, cpuPerGb],
    touchBytes: 5e9,
  },
  {
    id: 'cluster-latency-2000',
    title: 'RF 3, acks=all: produce latency, 2,000 records/s of 1 KB, linger 1 ms',
    // One connection, and so one leader.
    job: {
      kind: 'latency',
      partitions: 1,
      batch: { valueBytes: KB, records: 2, ...plain },
      batchesPerSecond: 1000,
      inFlight: 5,
    },
    columns: latencies(0.25),
    touchBytes: 1e9,
  },
  {
    id: 'transactions',
    title: 'RF 3: transactions of 100 records of 100 B in 4 partitions, 12 producers',
    job: {
      kind: 'transactions',
      partitions: 4,
      producers: 12,
      batch: { valueBytes: 100, records: 25, ...plain },
    },
    columns: [{ ...perSecond('requests', 'transactions/s'), target: 2 }],
    touchBytes: 1e9,
  },
].map((load) => ({ ...load, job: { partitions, connections: partitions, replicationFactor, ...load.job } }));

export const clusterAfterLoad = {
  id: 'cluster-rss',
  title: 'memory of three brokers after all of the above',
  columns: [{ unit: 'MB RSS, all three', better: 'less', of: ({ rssMb }) => rssMb, target: 0.35 }],
};

const gap = [
  { ...seconds('gapSeconds'), unit: 's without a leader' },
  { ...seconds('elsewhereSeconds'), unit: 's in other partitions' },
];

/** Each on a cluster of its own, since a broker of it is gone afterwards. */
export const outages = [
  {
    id: 'gap-clean',
    title: 'a leader is stopped by SIGTERM: longest time without an acknowledgement',
    job: { kind: 'outage', signal: 'SIGTERM', victim: 'leader', partitions },
    columns: [{ ...gap[0], target: 1 }, gap[1]],
  },
  {
    id: 'gap-kill',
    title: 'a leader is killed',
    job: { kind: 'outage', signal: 'SIGKILL', victim: 'leader', partitions },
    columns: [{ ...gap[0], target: 1, limit: 2 }, gap[1]],
  },
  {
    id: 'gap-kill-controller',
    title: 'a leader that is the controller is killed',
    job: { kind: 'outage', signal: 'SIGKILL', victim: 'controller', partitions },
    columns: [{ ...gap[0], target: 1, limit: 2 }, gap[1]],
  },
  {
    id: 'create-1000',
    title: 'a topic of 1,000 partitions × RF 3: until each has taken a record, acks=all',
    job: { kind: 'create', partitions: 1000 },
    columns: [{ ...seconds('createSeconds'), target: 0.5 }],
  },
  ...[1, 1000, 5000].map((count) => ({
    id: `failover-${count}`,
    title: `the controller of ${count} partitions × RF 3 is killed: until another one has made a topic`,
    job: { kind: 'failover', signal: 'SIGKILL', victim: 'controller', partitions: count },
    columns: [seconds('failoverSeconds')],
  })),
].map((figure) => ({ ...figure, job: { replicationFactor, ...figure.job } }));
