import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateTopics } from '@odradek/protocol/messages/create-topics';
import { IncrementalAlterConfigs } from '@odradek/protocol/messages/incremental-alter-configs';
import { Produce } from '@odradek/protocol/messages/produce';
import { RecordBatchBuilder } from '@odradek/protocol/records/builder';
import { call, createTopic } from './calls';
import { Client, untilGood } from './client';
import type { CleaningJob, CleaningResult } from './job';
import { runLatency } from './latency';

const SEGMENT_BYTES = 64 * 1024 * 1024;
const BATCH_RECORDS = 60;
const PRODUCE_VERSION = 9;
const TIMEOUT_MS = 60_000;
const POLL_MS = 20;
const SLICE_SECONDS = 1;
const TOPIC_RESOURCE = 2;
const SET = 0;
const CHECKPOINT = 'cleaner-offset-checkpoint';

/**
 * Fills a compacted topic that nobody cleans, then lets it be cleaned: how long that takes, how much memory the broker
 * has at most meanwhile, and how long a producer to another topic waits, before and meanwhile.
 */
export async function runCleaning(job: CleaningJob): Promise<CleaningResult> {
  await createCompacted(job);
  await Promise.all(Array.from({ length: job.partitions }, (_, partition) => fill(job, partition)));
  const quiet =
    job.latency === undefined ? [] : await latencySlices(job, 'quiet', ({ slices }) => slices < job.seconds);
  const startedMs = performance.now();
  await allowCleaning(job);
  let cleanedMs: number | null = null;
  const done = untilClean(job).then(({ bytes, peakRssMb }) => {
    cleanedMs = performance.now();
    return { bytes, peakRssMb };
  });
  const busy = job.latency === undefined ? [] : await latencySlices(job, 'busy', () => cleanedMs === null);
  const { bytes, peakRssMb } = await done;
  const result = { seconds: (cleanedMs! - startedMs) / 1000, bytes, peakRssMb };
  if (busy.length === 0) return result;
  return { ...result, p99Ms: median(busy), quietP99Ms: median(quiet), p99Ratio: median(busy) / median(quiet) };
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

async function createCompacted({ port, topic, partitions }: CleaningJob): Promise<void> {
  const configs = [
    { name: 'cleanup.policy', value: 'compact' },
    { name: 'segment.bytes', value: String(SEGMENT_BYTES) },
    // No log is dirtier than this.
    { name: 'min.cleanable.dirty.ratio', value: '1' },
  ];
  const spec = { name: topic, numPartitions: partitions, replicationFactor: 1, assignments: [], configs };
  const { topics } = await call(port, CreateTopics, 5, { topics: [spec], timeoutMs: TIMEOUT_MS });
  if (topics[0]!.errorCode !== 0) throw new Error(`topic ${topic} not created: error ${topics[0]!.errorCode}`);
}

async function allowCleaning({ port, topic }: CleaningJob): Promise<void> {
  const configs = [{ name: 'min.cleanable.dirty.ratio', configOperation: SET, value: '0.01' }];
  const resources = [{ resourceType: TOPIC_RESOURCE, resourceName: topic, configs }];
  const { responses } = await call(port, IncrementalAlterConfigs, 0, { resources, validateOnly: false });
  if (responses[0]!.errorCode !== 0) throw new Error(`the topic's settings: error ${responses[0]!.errorCode}`);
}

/** Values of 1 KB that do not compress, with keys at random: the same for every broker. */
async function fill(job: CleaningJob, partition: number): Promise<void> {
  const records = Math.ceil(job.fillBytes / job.partitions / (job.valueBytes + 40));
  const keys = Math.ceil(records * job.liveShare);
  const value = Buffer.from(Array.from({ length: job.valueBytes }, (_, i) => (i * 2654435761) & 0xff));
  const client = new Client(job.port);
  let state = 0x2545f491 + partition;
  for (let written = 0; written < records; written += BATCH_RECORDS) {
    const builder = new RecordBatchBuilder({}, BATCH_RECORDS * (job.valueBytes + 40));
    for (let i = 0; i < BATCH_RECORDS; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      const key = Buffer.from(`key-${String((state >>> 0) % keys).padStart(12, '0')}`);
      builder.append({ timestamp: Date.now(), key, value });
    }
    const topicData = [{ name: job.topic, partitionData: [{ index: partition, records: builder.build() }] }];
    await untilGood(
      () => client.ask(Produce, PRODUCE_VERSION, { acks: 1, timeoutMs: TIMEOUT_MS, topicData }),
      ({ responses }) => responses[0]!.partitionResponses[0]!.errorCode,
    );
  }
  client.close();
}

/** Until the checkpoint has every partition, each cleaned but for its last segment. */
async function untilClean(job: CleaningJob): Promise<{ bytes: number; peakRssMb: number }> {
  let peakRssMb = 0;
  for (;;) {
    peakRssMb = Math.max(peakRssMb, ...job.brokerPids.map(rssMb));
    const file = path.join(job.logDir, CHECKPOINT);
    const lines = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n') : [];
    const own = lines.filter((line) => line.startsWith(`${job.topic} `)).map((line) => Number(line.split(' ')[2]));
    if (own.length === job.partitions) {
      const bytes = own.reduce((sum, offset) => sum + offset * (job.valueBytes + 25), 0);
      return { bytes, peakRssMb };
    }
    await sleep(POLL_MS);
  }
}

function rssMb(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes ?? 0) / 1024;
}

/** The 99th percentile of each second, as long as `goesOn`; a second in which that ends does not count. */
async function latencySlices(
  job: CleaningJob,
  name: string,
  goesOn: (state: { slices: number }) => boolean,
): Promise<number[]> {
  const topic = `${job.topic}-${name}`;
  const target = { port: job.port, brokerPids: job.brokerPids, topic, partitions: 1 };
  await createTopic(job.port, topic, { partitions: 1, replicationFactor: 1, recycled: false });
  const times = { seconds: SLICE_SECONDS, warmSeconds: 0 };
  const p99s: number[] = [];
  while (goesOn({ slices: p99s.length })) {
    const { latencyMs } = await runLatency({ ...target, ...times, kind: 'latency', ...job.latency! });
    if (p99s.length === 0 || goesOn({ slices: p99s.length })) p99s.push(latencyMs!.p99);
  }
  return p99s;
}
