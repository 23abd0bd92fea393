import { setTimeout as sleep } from 'node:timers/promises';
import { CreateTopics } from '@odradek/protocol/messages/create-topics';
import { Metadata } from '@odradek/protocol/messages/metadata';
import { Produce } from '@odradek/protocol/messages/produce';
import { buildBatch } from './batches';
import { call, createTopic, leaderPorts } from './calls';
import { Client } from './client';
import type { OutageJob } from './job';

const VERSION = 9;
const PAUSE_MS = 5;
const ANSWER_MS = 1_000;
/** Writing goes on so long before the signal, and after the last partition is back. */
const QUIET_MS = 2_000;
const PATIENCE_MS = 60_000;
const RECORD = { valueBytes: 100, records: 1, compression: 'none', idempotent: false } as const;

const within = <T>(promise: Promise<T>, ms: number): Promise<T> => {
  const late = sleep(ms, undefined, { ref: false }).then(() => Promise.reject(new Error('no answer')));
  return Promise.race([promise, late]);
};

/** The first of these brokers that answers. */
async function ofAny<T>(ports: readonly number[], ask: (port: number) => Promise<T>): Promise<T> {
  for (const port of ports) {
    try {
      return await within(ask(port), ANSWER_MS);
    } catch {
      // Another one knows.
    }
  }
  throw new Error('no broker answers');
}

/** Writes to one partition all the time, wherever it is led, and notes when each record was acknowledged. */
class Writer {
  lastMs = performance.now();
  longestMs = 0;
  private client: Client | null = null;
  private running = true;

  constructor(
    private readonly job: OutageJob,
    private readonly partition: number,
    public port: number,
  ) {}

  async run(): Promise<void> {
    const records = buildBatch(RECORD);
    const partitionData = [{ index: this.partition, records }];
    const request = { acks: -1, timeoutMs: ANSWER_MS, topicData: [{ name: this.job.topic, partitionData }] };
    while (this.running) {
      try {
        this.client ??= new Client(this.port);
        const { responses } = await within(this.client.ask(Produce, VERSION, request), 2 * ANSWER_MS);
        if (responses[0]!.partitionResponses[0]!.errorCode === 0) this.acknowledged();
        else await this.lookForLeader();
      } catch {
        this.client?.close();
        this.client = null;
        await this.lookForLeader();
      }
      await sleep(PAUSE_MS);
    }
    this.client?.close();
  }

  stop(): void {
    this.running = false;
  }

  private acknowledged(): void {
    const nowMs = performance.now();
    this.longestMs = Math.max(this.longestMs, nowMs - this.lastMs);
    this.lastMs = nowMs;
  }

  private async lookForLeader(): Promise<void> {
    const { topic, pids } = this.job;
    const ports = Object.keys(pids).map(Number);
    const leaders = await ofAny(ports, (port) => leaderPorts(port, topic)).catch(() => null);
    const found = leaders?.[this.partition];
    if (found === undefined || found === this.port) return;
    this.client?.close();
    this.client = null;
    this.port = found;
  }
}

async function controllerPort(ports: readonly number[]): Promise<number | undefined> {
  const { brokers, controllerId } = await ofAny(ports, (port) =>
    call(port, Metadata, 9, { topics: [], allowAutoTopicCreation: false }),
  );
  return brokers.find(({ nodeId }) => nodeId === controllerId)?.port;
}

/** Ends one broker under the writers of all partitions: the longest time that a partition of it took no record. */
export async function runOutage(job: OutageJob): Promise<{ gapSeconds: number; elsewhereSeconds: number }> {
  const ports = Object.keys(job.pids).map(Number);
  const leaders = await leaderPorts(job.port, job.topic);
  const writers = leaders.map((port, partition) => new Writer(job, partition, port));
  const running = Promise.all(writers.map((writer) => writer.run()));
  await sleep(QUIET_MS);
  const controller = await controllerPort(ports);
  const victim = job.victim === 'controller' ? controller! : leaders.find((port) => port !== controller)!;
  for (const writer of writers) writer.longestMs = 0;
  const signalMs = performance.now();
  process.kill(job.pids[victim]!, job.signal);
  const struck = writers.filter((_, partition) => leaders[partition] === victim);
  const isBack = (): boolean => struck.every(({ port, lastMs }) => port !== victim && lastMs > signalMs);
  while (!isBack()) {
    if (performance.now() - signalMs > PATIENCE_MS) throw new Error('the partitions have no leader');
    await sleep(PAUSE_MS);
  }
  await sleep(QUIET_MS);
  for (const writer of writers) writer.stop();
  await running;
  const longest = (of: readonly Writer[]): number => Math.max(...of.map(({ longestMs }) => longestMs)) / 1000;
  return { gapSeconds: longest(struck), elsewhereSeconds: longest(writers.filter((it) => !struck.includes(it))) };
}

/** Makes a topic, and waits until each of its partitions takes a record that all replicas have. */
export async function runCreate(job: { port: number; topic: string; partitions: number; replicationFactor?: number }) {
  const startedMs = performance.now();
  const { partitions, replicationFactor = 1 } = job;
  await createTopic(job.port, job.topic, { partitions, replicationFactor, recycled: false });
  const leaders = await leaderPorts(job.port, job.topic);
  const records = buildBatch(RECORD);
  const fill = async (port: number): Promise<void> => {
    let left = leaders.flatMap((leader, index) => (leader === port ? [index] : []));
    while (left.length > 0) {
      const partitionData = left.map((index) => ({ index, records }));
      const request = { acks: -1, timeoutMs: PATIENCE_MS, topicData: [{ name: job.topic, partitionData }] };
      const { responses } = await call(port, Produce, VERSION, request);
      const bad = responses[0]!.partitionResponses.filter(({ errorCode }) => errorCode !== 0);
      left = bad.map(({ index }) => index);
    }
  };
  await Promise.all([...new Set(leaders)].map(fill));
  return { createSeconds: (performance.now() - startedMs) / 1000 };
}

/** Ends the controller; returns when the others have made a topic with leaders. */
export async function runFailover(job: OutageJob): Promise<{ failoverSeconds: number }> {
  const ports = Object.keys(job.pids).map(Number);
  const victim = (await controllerPort(ports))!;
  const others = ports.filter((port) => port !== victim);
  const signalMs = performance.now();
  process.kill(job.pids[victim]!, job.signal);
  const topic = { name: `${job.topic}-after`, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
  while (performance.now() - signalMs < PATIENCE_MS) {
    try {
      const port = await controllerPort(others);
      if (port !== undefined && port !== victim) {
        const answer = await within(call(port, CreateTopics, 5, { topics: [topic], timeoutMs: ANSWER_MS }), ANSWER_MS);
        const { errorCode } = answer.topics[0]!;
        // Made by an attempt whose answer did not come in time.
        if (errorCode === 0 || errorCode === 36) return { failoverSeconds: (performance.now() - signalMs) / 1000 };
      }
    } catch {
      // Not yet.
    }
    await sleep(PAUSE_MS);
  }
  throw new Error('no new controller');
}
