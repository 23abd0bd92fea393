import { performance } from 'node:perf_hooks';
import { KAFKA_VERSION } from '../args/usage';

const MS_PER_WINDOW = 30_000;
const NS_PER_MS = 1_000_000;

interface LoopTiming {
  /** Times that the loop went round; newer versions of Node count it. */
  readonly uvMetricsInfo?: { readonly loopCount: number };
}

/** What Java's clients report of themselves that does not depend on what they do. */
export class RuntimeMetrics {
  private readonly loop = performance.eventLoopUtilization();
  private readonly loopCount = this.countLoops();

  constructor(
    private readonly startMs: number,
    private readonly now: () => number,
  ) {}

  private countLoops(): number {
    return (performance.nodeTiming as LoopTiming).uvMetricsInfo?.loopCount ?? 0;
  }

  /** Who this is. */
  appInfo(): Record<string, string> {
    return { 'commit-id': 'unknown', 'start-time-ms': String(this.startMs), version: KAFKA_VERSION };
  }

  /**
   * What Java's selector measures. Here the event loop is the selector: a turn of it is a select, its idle time is spent
   * waiting for the network. `ioCount` requests and responses went by.
   */
  selector(ioCount: number): Record<string, number> {
    const { idle, active } = performance.eventLoopUtilization(this.loop);
    const turns = this.countLoops() - this.loopCount;
    // As everywhere in Kafka's metrics: a start does not look like a burst.
    const elapsedMs = this.now() - this.startMs;
    const seconds = (elapsedMs < MS_PER_WINDOW ? elapsedMs + MS_PER_WINDOW : elapsedMs) / 1000;
    const [ioNs, waitNs] = [active * NS_PER_MS, idle * NS_PER_MS];
    return {
      'io-ratio': active / 1000 / seconds,
      'io-time-ns-avg': ioNs / turns,
      'io-time-ns-total': ioNs,
      'io-wait-ratio': idle / 1000 / seconds,
      'io-wait-time-ns-avg': waitNs / turns,
      'io-wait-time-ns-total': waitNs,
      'io-waittime-total': waitNs,
      'iotime-total': ioNs,
      'network-io-rate': ioCount / seconds,
      'network-io-total': ioCount,
      'select-rate': turns / seconds,
      'select-total': turns,
    };
  }
}

/** Of connections without authentication. */
export const NO_AUTHENTICATION: Readonly<Record<string, number>> = {
  'failed-authentication-rate': 0,
  'failed-authentication-total': 0,
  'failed-reauthentication-rate': 0,
  'failed-reauthentication-total': 0,
  'reauthentication-latency-avg': Number.NaN,
  'reauthentication-latency-max': Number.NaN,
  'successful-authentication-no-reauth-total': 0,
  'successful-authentication-rate': 0,
  'successful-authentication-total': 0,
  'successful-reauthentication-rate': 0,
  'successful-reauthentication-total': 0,
};
