import { ToolError } from '../tool-error';

const RANKS = [0.5, 0.99, 0.999];

/** The 50th, 99th and 99.9th percentile. Throws `ToolError` where there is nothing to rank, as Kafka's tool does. */
export function percentiles(latenciesMs: readonly number[]): number[] {
  if (latenciesMs.length === 0) {
    throw new ToolError('java.lang.ArrayIndexOutOfBoundsException', 'Index 0 out of bounds for length 0');
  }
  const sorted = [...latenciesMs].sort((a, b) => a - b);
  return RANKS.map((rank) => sorted[Math.floor(sorted.length * rank)]!);
}
