import { type Outs, println } from '../print';

const MAX_SAMPLES = 500_000;
const REPORT_INTERVAL_MS = 5_000;
const MEBIBYTE = 1024 * 1024;

interface Window {
  count: number;
  bytes: number;
  totalLatencyMs: number;
  maxLatencyMs: number;
  startMs: number;
}

const newWindow = (startMs: number): Window => ({ count: 0, bytes: 0, totalLatencyMs: 0, maxLatencyMs: 0, startMs });

/** Counts answers and their latencies, prints a line every five seconds and one in the end (ProducerPerformance.Stats). */
export class PerfStats {
  private readonly total: Window;
  private window: Window;
  private readonly latencies: number[] = [];
  private readonly sampling: number;

  constructor(
    records: number,
    private readonly io: Outs,
    private readonly now: () => number = Date.now,
  ) {
    this.sampling = Math.max(1, Math.floor(records / Math.min(records, MAX_SAMPLES)));
    this.total = newWindow(now());
    this.window = newWindow(now());
  }

  record(latencyMs: number, bytes: number): void {
    if (this.total.count % this.sampling === 0) this.latencies.push(latencyMs);
    for (const each of [this.total, this.window]) {
      each.count++;
      each.bytes += bytes;
      each.totalLatencyMs += latencyMs;
      each.maxLatencyMs = Math.max(each.maxLatencyMs, latencyMs);
    }
    const nowMs = this.now();
    if (nowMs - this.window.startMs < REPORT_INTERVAL_MS) return;
    this.printWindow(nowMs);
    this.window = newWindow(nowMs);
  }

  private printWindow(nowMs: number): void {
    const { count, bytes, totalLatencyMs, maxLatencyMs, startMs } = this.window;
    const seconds = (nowMs - startMs) / 1000;
    const average = (totalLatencyMs / count).toFixed(1);
    println(
      this.io.stdout,
      `${count} records sent, ${(count / seconds).toFixed(1)} records/sec ` +
        `(${(bytes / seconds / MEBIBYTE).toFixed(2)} MB/sec), ${average} ms avg latency, ` +
        `${maxLatencyMs.toFixed(1)} ms max latency.`,
    );
  }

  printTotal(): void {
    const { count, bytes, totalLatencyMs, maxLatencyMs, startMs } = this.total;
    const seconds = (this.now() - startMs) / 1000;
    const average = count === 0 ? 'NaN' : (totalLatencyMs / count).toFixed(2);
    const sorted = [...this.latencies].sort((a, b) => a - b);
    const [p50, p95, p99, p999] = [0.5, 0.95, 0.99, 0.999].map((part) => sorted[Math.floor(part * sorted.length)] ?? 0);
    println(
      this.io.stdout,
      `${count} records sent, ${(count / seconds).toFixed(6)} records/sec ` +
        `(${(bytes / seconds / MEBIBYTE).toFixed(2)} MB/sec), ${average} ms avg latency, ` +
        `${maxLatencyMs.toFixed(2)} ms max latency, ${p50} ms 50th, ${p95} ms 95th, ${p99} ms 99th, ${p999} ms 99.9th.`,
    );
  }
}
