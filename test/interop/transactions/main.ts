import type { Kafka } from '../mixed/member';
import { chainTrials } from './kgo-chain';
import { copierTrials } from './message-copier';
import { ownTrials } from './own';
import { Stage } from './stage';
import { streamsTrials } from './streams';
import { suiteTrials } from './suites';

interface Options extends Kafka {
  /** Whose brokers: `ours`, `apache` (proves the trials themselves) or `mixed`. */
  readonly side: string;
  readonly only: string | undefined;
}

const SHOWN = 20;

/** Runs what has `only` in its name; returns the exit code. */
export async function main({ java, classPath, side, only }: Options): Promise<number> {
  const trials = [...ownTrials(), ...copierTrials(), ...streamsTrials(), ...suiteTrials(), ...chainTrials()];
  const wanted = trials.filter(({ name }) => only === undefined || name.includes(only));
  let wrong = 0;
  for (const { name, run } of wanted) {
    const stage = await Stage.set({ java, classPath }, side);
    const startedMs = performance.now();
    let problems: string[];
    try {
      problems = await run(stage);
    } catch (error) {
      const lines = String(error).split('\n');
      problems = [lines[0]!, ...lines.slice(1).slice(-SHOWN)];
    }
    const seconds = ((performance.now() - startedMs) / 1_000).toFixed(0);
    console.log(`${problems.length === 0 ? 'right' : 'WRONG'} ${name} (${side}), ${seconds} s`);
    for (const problem of problems.slice(0, SHOWN)) console.log(`      ${problem}`);
    if (problems.length > SHOWN) console.log(`      and ${problems.length - SHOWN} more`);
    for (const line of stage.errors().slice(0, 10)) console.log(`        ${line.slice(0, 240)}`);
    wrong += problems.length === 0 ? 0 : 1;
    await stage.strike();
  }
  console.log(wrong === 0 ? `${wanted.length} trials, all right` : `${wrong} of ${wanted.length} trials went wrong`);
  return wrong === 0 ? 0 : 1;
}
