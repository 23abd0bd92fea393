import { closeSync, openSync, writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { SimulatedLine } from '@odradek/broker/env/simulation/logger';
import { type Outcome, simulate } from './run';
import { scenarioOf } from './scenario';

const USAGE = `usage: npm run simulate -- [--seeds N] [--seed S] [--log FILE]
  --seeds N   so many seeds are run (100)
  --seed S    the first of them (1); --seed S --seeds 1 replays one
  --log FILE  every line that brokers and nemesis log, in the order in which things happened`;
const SHOWN_VIOLATIONS = 10;
const SHOWN_CHARACTERS = 500;

/** Runs seeds one after another; the exit code says whether all were right. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '100' },
      seed: { type: 'string', default: '1' },
      log: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const [first, count] = [Number(values.seed), Number(values.seeds)];
  if (values.help || !Number.isInteger(first) || !Number.isInteger(count)) {
    console.log(USAGE);
    return values.help ? 0 : 2;
  }
  const file = values.log === undefined ? null : openSync(values.log, 'w');
  const log = file === null ? undefined : (line: SimulatedLine) => void writeSync(file, lineOf(line));
  const failed: number[] = [];
  let virtualMs = 0;
  const startedMs = performance.now();
  for (let seed = first; seed < first + count; seed++) {
    const outcome = await simulate(scenarioOf(seed), log);
    virtualMs += outcome.virtualMs;
    report(outcome);
    if (outcome.violations.length > 0) failed.push(seed);
  }
  if (file !== null) closeSync(file);
  const seconds = (performance.now() - startedMs) / 1_000;
  const speed = `${(virtualMs / 1_000).toFixed(0)} simulated seconds in ${seconds.toFixed(0)}`;
  console.log(failed.length === 0 ? `${count} seeds, all right; ${speed}` : `failed: ${failed.join(' ')}; ${speed}`);
  return failed.length === 0 ? 0 : 1;
}

function lineOf({ atMs, process, level, text }: SimulatedLine): string {
  return `${(atMs / 1_000).toFixed(4).padStart(10)} ${process.padEnd(12)} ${level.padEnd(5)} ${text}\n`;
}

function report(outcome: Outcome): void {
  const { seed, hash, virtualMs, steps, sent, acknowledged, read, committed, struck, violations, summary } = outcome;
  const faults = [...struck].map(([name, times]) => `${name} ${times}`).join(', ');
  const writes = `${acknowledged} of ${sent} acknowledged, ${read} read, ${committed} committed`;
  const transactions = `${outcome.committedTransactions} of ${outcome.transactions} transactions`;
  const groups = `${outcome.memberCommits} commits in ${outcome.generations} generations`;
  const counts = `${steps} steps, ${writes}, ${transactions}, ${groups}`;
  console.log(`seed ${seed} (${summary}): ${hash}, ${(virtualMs / 1_000).toFixed(0)} s, ${counts}; ${faults}`);
  for (const violation of violations.slice(0, SHOWN_VIOLATIONS))
    console.log(`  ${violation.slice(0, SHOWN_CHARACTERS)}`);
  if (violations.length > SHOWN_VIOLATIONS) console.log(`  and ${violations.length - SHOWN_VIOLATIONS} more`);
}

main().then(
  (exitCode) => process.exit(exitCode),
  (error) => {
    console.error(error);
    process.exit(2);
  },
);
