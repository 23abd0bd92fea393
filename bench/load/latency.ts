import { Worker } from 'node:worker_threads';
import type { LatencyJob, Result } from './job';
import { Link } from './link';
import { Meter } from './meter';
import { produceTraffic } from './produce';

/** Timers of the event loop are a millisecond coarse; a thread that waits for a futex is not. */
const TICKER = `
const { parentPort, workerData: { startMs, periodMs, count } } = require('node:worker_threads');
const cell = new Int32Array(new SharedArrayBuffer(4));
for (let index = 0; index < count; index++) {
  const waitMs = startMs + index * periodMs - Number(process.hrtime.bigint()) / 1e6;
  if (waitMs > 0) Atomics.wait(cell, 0, 0, waitMs);
  parentPort.postMessage(index);
}`;

const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/**
 * Sends batches at fixed times. A record's latency counts from the moment it was due, also where its batch had to wait
 * for earlier ones: a broker that stalls is not forgiven the requests that were held back meanwhile.
 */
export async function runLatency(job: LatencyJob): Promise<Result> {
  const [traffic] = await produceTraffic(job, job.batch, 1, job.inFlight);
  const meter = new Meter(job);
  const periodMs = 1000 / job.batchesPerSecond;
  const recordMs = periodMs / job.batch.records;
  const latencies: number[] = [];
  let [sent, acknowledged, due] = [0, 0, 0];
  const startMs = nowMs() + 50;
  let fail: (error: Error) => void = () => {};
  const answered = (): void => {
    const delayMs = nowMs() - (startMs + acknowledged++ * periodMs);
    if (!meter.running) return;
    meter.requests++;
    meter.records += job.batch.records;
    meter.bytes += traffic!.batchBytes;
    // The batch leaves when its last record is due; the others were due before.
    for (let index = 0; index < job.batch.records; index++) latencies.push(delayMs + index * recordMs);
  };
  const link = new Link(traffic!.port, traffic!, answered, (error) => fail(error));
  await link.opened;
  const sendDue = (): void => {
    const count = Math.min(due - sent, link.room);
    if (count <= 0) return;
    sent += count;
    link.send(count);
  };
  link.onAnswers = sendDue;
  const count = Math.ceil((job.warmSeconds + job.seconds) * job.batchesPerSecond);
  const warmCount = Math.ceil(job.warmSeconds * job.batchesPerSecond);
  await new Promise<void>((resolve, reject) => {
    fail = reject;
    const ticker = new Worker(TICKER, { eval: true, workerData: { startMs, periodMs, count } });
    ticker.on('message', (index: number) => {
      if (index === warmCount) meter.begin();
      due = index + 1;
      sendDue();
    });
    ticker.on('exit', () => resolve());
  });
  const result = meter.end();
  link.close();
  latencies.sort((a, b) => a - b);
  const at = (share: number): number =>
    latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))]!;
  return { ...result, latencyMs: { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) } };
}
