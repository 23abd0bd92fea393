import { boolean, int, list, long, string } from '../definition';
import { atLeast } from '../validators';

/** Metrics. */
export const metricsConfigs = {
  'metrics.num.samples': int('low', 2, { valid: atLeast(1) }),
  'metrics.sample.window.ms': long('low', 30_000, { valid: atLeast(1) }),
  'metric.reporters': list('low', '', { mode: 'cluster-wide' }),
  'metrics.recording.level': string('low', 'INFO'),
  'auto.include.jmx.reporter': boolean('low', true),
  'kafka.metrics.reporters': list('low', ''),
  'kafka.metrics.polling.interval.secs': int('low', 10, { valid: atLeast(1) }),
  'telemetry.max.bytes': int('low', 1_048_576, { valid: atLeast(1) }),
};
