import type { Kafka, Side } from '../mixed/member';
import type { Account } from './account';
import { distributed } from './distributed';
import { killed } from './killed';
import { mirror } from './mirror';
import { mirrorKilled } from './mirror-killed';

interface Options extends Kafka {
  readonly only: string | undefined;
}

type Problems = readonly string[];

/** What the same scenario left behind on Apache's brokers and on ours: the same, but for what is masked. */
async function compared(kafka: Kafka, scenario: (kafka: Kafka, side: Side) => Promise<Account>): Promise<Problems> {
  const apache = await scenario(kafka, 'apache');
  const ours = await scenario(kafka, 'ours');
  console.log(`      ${apache.size} things compared`);
  return [...new Set([...apache.keys(), ...ours.keys()])].flatMap((what) => {
    const [expected, found] = [apache.get(what), ours.get(what)];
    return expected === found ? [] : [`${what}${differing(expected, found)}`];
  });
}

/** Lines that one has and the other has not. */
function differing(expected = 'nothing', found = 'nothing'): string {
  const [wanted, got] = [expected.split('\n'), found.split('\n')];
  const lines = [
    ...wanted.filter((line) => !got.includes(line)).map((line) => `- ${line.trim()}`),
    ...got.filter((line) => !wanted.includes(line)).map((line) => `+ ${line.trim()}`),
  ];
  return (lines.length > 0 ? lines : ['(in another order)']).map((line) => `\n        ${line}`).join('');
}

const TRIALS: readonly { readonly name: string; run(kafka: Kafka): Promise<Problems> }[] = [
  { name: 'distributed', run: (kafka) => compared(kafka, distributed) },
  { name: 'mirror', run: (kafka) => compared(kafka, mirror) },
  { name: 'mirror-killed', run: (kafka) => mirrorKilled(kafka) },
  { name: 'killed', run: (kafka) => killed(kafka) },
];

/** Runs what has `only` in its name; returns the exit code. */
export async function main({ only, ...kafka }: Options): Promise<number> {
  const wanted = TRIALS.filter(({ name }) => only === undefined || name.includes(only));
  let wrong = 0;
  for (const { name, run } of wanted) {
    const startedMs = performance.now();
    const problems = await run(kafka).catch((error) => [String(error).slice(-4_000)]);
    const seconds = ((performance.now() - startedMs) / 1_000).toFixed(0);
    console.log(`${problems.length === 0 ? 'right' : 'WRONG'} ${name}, ${seconds} s`);
    for (const problem of problems) console.log(`      ${problem}`);
    wrong += problems.length === 0 ? 0 : 1;
  }
  console.log(wrong === 0 ? `${wanted.length} trials, all right` : `${wrong} of ${wanted.length} trials went wrong`);
  return wrong === 0 ? 0 : 1;
}
