import { Both, type Difference } from './both';
import { ALL } from './cases';
import { type Programs, startWorld } from './world';

/** Requests in an order, on a state of their own: topics are named after the scenario. */
export interface Scenario {
  readonly name: string;
  run(both: Both): Promise<void>;
}

/** A difference that several versions have is printed once. */
function print(found: readonly Difference[]): void {
  const requests = new Map<string, string[]>();
  for (const { request, lines } of found) {
    const text = lines.map((line) => `          ${line}`).join('\n');
    requests.set(text, [...(requests.get(text) ?? []), request]);
  }
  for (const [text, names] of requests) console.log(`${names.map((name) => `      ${name}`).join('\n')}\n${text}`);
}

async function runAll(both: Both, scenarios: readonly Scenario[]): Promise<void> {
  for (const scenario of scenarios) {
    const [before, startedMs] = [both.compared, performance.now()];
    const known = both.differences.length;
    try {
      await scenario.run(both);
    } catch (error) {
      both.report('the scenario itself', [error instanceof Error ? `${error.stack}` : String(error)]);
    }
    both.close();
    const found = both.differences.slice(known);
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    console.log(
      `${found.length === 0 ? 'same' : 'DIFF'}  ${scenario.name}: ${both.compared - before} requests, ${seconds} s`,
    );
    print(found);
  }
}

/** Runs the scenarios whose name contains one of the words (all without words). Returns the exit code. */
export async function main({ words, ...programs }: Programs & { readonly words: readonly string[] }): Promise<number> {
  const chosen = ALL.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
  if (chosen.length === 0) {
    console.error(`No scenario's name contains ${words.join(' or ')}.`);
    return 2;
  }
  const world = await startWorld(programs);
  const both = new Both(world);
  try {
    await runAll(both, chosen);
    for (const { name, process } of Object.values(world.sides)) {
      if (!process.isRunning) both.report(name, ['the broker has ended']);
    }
  } finally {
    both.close();
    await world.stop();
  }
  console.log(`${both.compared} requests compared, ${both.differences.length} with differences.`);
  return both.differences.length === 0 ? 0 : 1;
}
