// What is measured, and what is wanted of it. A figure's `better` says which way is up; `target` is a ratio, ours to Apache's,
// `limit` bounds our own value.

const KB = 1024;
const MB = 1_000_000;
const partitions = 6;

const plain = { compression: 'none', idempotent: false };
const large1k = { valueBytes: KB, records: 1000, ...plain };
const large100 = { valueBytes: 100, records: 9_500, ...plain };

export const perSecond = (what, unit, scale = 1) => ({
  what,
  unit,
  better: 'more',
  of: (result) => result[what] / result.seconds / scale,
});
export const mbPerSecond = perSecond('bytes', 'MB/s', MB);
const recordsPerSecond = perSecond('records', 'k records/s', 1000);
const requestsPerSecond = perSecond('requests', 'k requests/s', 1000);
export const cpuPerGb = {
  unit: 'CPU s/GB',
  better: 'less',
  of: ({ brokerCpuSeconds, bytes }) => (brokerCpuSeconds / bytes) * 1e9,
};
const cpuPerRequest = {
  unit: 'CPU µs/request',
  better: 'less',
  of: ({ brokerCpuSeconds, requests }) => (brokerCpuSeconds / requests) * 1e6,
};
const latency = (key, name) => ({ unit: `ms ${name}`, better: 'less', of: ({ latencyMs }) => latencyMs[key] });
export const latencies = (target) => [
  latency('p50', 'p50'),
  { ...latency('p99', 'p99'), target },
  latency('p999', 'p99.9'),
];

export const seconds = (name) => ({ unit: 's', better: 'less', of: (result) => result[name] });

/**
 * Loads: each is run by a process of its own against one broker at a time, in turn. `columns` are the numbers that it yields.
 * `touchBytes`: about as much fresh memory as the page cache will take.
 */
export const loads = [
  {
    id: 'produce-1k-large',
    title: 'produce 1 KB, batches of 1 MB, acks=all, 6 partitions',
    job: { kind: 'produce', batch: large1k, connections: 6, inFlight: 2 },
    columns: [
      { ...mbPerSecond, target: 1 },
      { ...cpuPerGb, target: 1.2 },
    ],
    touchBytes: 8e9,
  },
  {
    id: 'produce-16k',
    title: 'produce 1 KB, idempotent, batches of 16 KB',
    job: {
      kind: 'produce',
      batch: { valueBytes: KB, records: 15, ...plain, idempotent: true },
      connections: 6,
      inFlight: 5,
    },
    columns: [{ ...mbPerSecond, target: 3 }, cpuPerGb],
    touchBytes: 5e9,
  },
  {
    id: 'produce-1k-single',
    title: 'produce 1 KB, one record a request',
    job: { kind: 'produce', batch: { valueBytes: KB, records: 1, ...plain }, connections: 6, inFlight: 5 },
    columns: [{ ...requestsPerSecond, target: 4 }, cpuPerRequest],
    touchBytes: 1e9,
  },
  {
    id: 'produce-100b-large',
    title: 'produce 100 B, batches of 1 MB',
    job: { kind: 'produce', batch: large100, connections: 6, inFlight: 2 },
    columns: [{ ...recordsPerSecond, target: 1 }, cpuPerGb],
    touchBytes: 6e9,
  },
  {
    id: 'produce-lz4',
    title: 'produce 1 KB, lz4, batches of 1000 records',
    job: { kind: 'produce', batch: { ...large1k, compression: 'lz4' }, connections: 6, inFlight: 2 },
    columns: [{ ...recordsPerSecond, target: 1 }, cpuPerGb],
    touchBytes: 3e9,
  },
  {
    id: 'fetch-1k',
    title: 'fetch 1 KB from the page cache, batches of 1 MB',
    job: { kind: 'fetch', batch: large1k, connections: 2, fillBytes: 1.2e9, partitionMaxBytes: KB * KB },
    columns: [{ ...mbPerSecond, target: 1 }, cpuPerGb],
    touchBytes: 2e9,
  },
  {
    id: 'fetch-100b',
    title: 'fetch 100 B from the page cache, batches of 16 KB',
    job: {
      kind: 'fetch',
      batch: { valueBytes: 100, records: 150, ...plain },
      connections: 2,
      fillBytes: 0.6e9,
      partitionMaxBytes: KB * KB,
    },
    columns: [{ ...recordsPerSecond, target: 1 }, cpuPerGb],
    touchBytes: 1e9,
  },
  {
    id: 'fetch-committed',
    title: 'fetch of transactions, batches of 16 KB: read_committed beside read_uncommitted',
    job: {
      kind: 'committed-fetch',
      batch: { valueBytes: KB, records: 15, ...plain },
      connections: 2,
      fillBytes: 0.4e9,
      batchesPerTransaction: 60,
    },
    columns: [
      {
        unit: 'MB/s committed',
        better: 'more',
        of: ({ committedBytesPerSecond }) => committedBytesPerSecond / MB,
      },
      { unit: 'of uncommitted', better: 'more', of: ({ share }) => share, limit: 0.9 },
    ],
    touchBytes: 1e9,
  },
  {
    id: 'latency-1000',
    title: 'produce latency, 1,000 records/s of 100 B, one in flight',
    job: { kind: 'latency', batch: { valueBytes: 100, records: 1, ...plain }, batchesPerSecond: 1000, inFlight: 1 },
    columns: latencies(1),
    touchBytes: 0,
  },
  {
    id: 'latency-20000',
    title: 'produce latency, 20,000 records/s of 1 KB, linger 1 ms',
    job: { kind: 'latency', batch: { valueBytes: KB, records: 20, ...plain }, batchesPerSecond: 1000, inFlight: 5 },
    columns: latencies(1),
    touchBytes: 1e9,
  },
  {
    id: 'group-commits',
    title: 'offset commits of 10 partitions each, 6 groups',
    job: { kind: 'commit', connections: 6, inFlight: 5, partitions: 10 },
    columns: [{ ...requestsPerSecond, target: 2 }, cpuPerRequest],
    touchBytes: 1e9,
  },
  {
    id: 'group-join',
    title: 'a group of 50 members, 100 partitions: all start, each has a record',
    job: { kind: 'join', groups: 9, coldGroups: 20, members: 50, heartbeatMs: 1, partitions: 100 },
    columns: [{ ...seconds('joinSeconds'), target: 0.5 }],
    touchBytes: 0,
  },
].map((load) => ({ ...load, job: { partitions, ...load.job } }));

/** A broker starts, idles and stops. */
export const life = {
  id: 'start',
  title: 'start to Metadata; idle; stop on SIGTERM',
  columns: [
    { ...seconds('startSeconds'), unit: 's to Metadata', target: 0.25 },
    { ...seconds('startCpuSeconds'), unit: 'CPU s to Metadata' },
    { unit: 'MB RSS idle', better: 'less', of: ({ idleRssMb }) => idleRssMb, target: 0.3, limit: 100 },
    { ...seconds('stopSeconds'), unit: 's to stop' },
  ],
};

/** A broker with many groups restarts, after a SIGTERM; what they cost in memory while nothing happens. */
export const groups = [
  {
    id: 'groups-load',
    title: '1,000 groups of 10 offsets: from the restart until all are served',
    job: { kind: 'groups', groups: 1000, partitions: 10 },
    columns: [{ ...seconds('servedSeconds'), target: 0.5 }],
  },
  {
    id: 'groups-idle',
    title: '10,000 idle groups of one offset',
    job: { kind: 'groups', groups: 10_000, partitions: 1 },
    columns: [
      { unit: 'MB RSS more', better: 'less', of: ({ filledRssMb }) => filledRssMb },
      { ...seconds('servedSeconds'), unit: 's restart to served' },
    ],
  },
];

/** Read once, after all loads. */
export const afterLoad = {
  id: 'rss',
  title: 'memory after all of the above',
  columns: [{ unit: 'MB RSS', better: 'less', of: ({ rssMb }) => rssMb, target: 0.3 }],
};

/** Tools, asked for something short. */
export const tools = [
  {
    id: 'tool-groups',
    script: 'kafka-consumer-groups',
    mainClass: 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
    args: ['--list'],
  },
  { id: 'tool-topics', script: 'kafka-topics', mainClass: 'org.apache.kafka.tools.TopicCommand', args: ['--list'] },
  {
    id: 'tool-configs',
    script: 'kafka-configs',
    mainClass: 'kafka.admin.ConfigCommand',
    args: ['--describe', '--entity-type', 'topics'],
  },
  {
    id: 'tool-versions',
    script: 'kafka-broker-api-versions',
    mainClass: 'kafka.admin.BrokerApiVersionsCommand',
    args: [],
  },
].map((tool) => ({
  ...tool,
  title: [tool.script, ...tool.args].join(' '),
  columns: [{ ...seconds('seconds'), target: 0.5, limit: 0.3 }],
}));
