import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { resolveApacheKafka } from '../scripts/lib/apache-kafka.mjs';
import { bundle, bundleFolder } from '../scripts/lib/bundle.mjs';
import { resolveJava } from '../scripts/lib/java-home.mjs';
import { home } from '../scripts/lib/paths.mjs';
import { announce, PlainError } from '../scripts/lib/say.mjs';
import { apache, ours, startZooKeeper } from './brokers.mjs';
import { busyShare, describeMachine, touchMemory } from './machine.mjs';
import { lineOf, rowsOf, table } from './report.mjs';

/** Before each measured time; before a load's first round; and before a broker's first load, when a JVM is all cold. */
const WARM_SECONDS = 1;
const FIRST_WARM_SECONDS = 5;
const COLD_WARM_SECONDS = 20;
/** Above this share of CPU time used by others before the first figure, the machine is called noisy. */
const NOISY_SHARE = 0.1;

const run = promisify(execFile);

/** The options of a bench that knows these figures. */
export function readOptions(figures) {
  const known = figures.map(({ id }) => id);
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      seconds: { type: 'string', default: '5' },
      rounds: { type: 'string', default: '3' },
      broker: { type: 'string' },
      alone: { type: 'boolean', default: false },
    },
  });
  const only = values.only?.split(',');
  const unknown = only?.find((id) => !known.includes(id));
  if (unknown !== undefined) throw new PlainError(`--only ${unknown}: there are ${known.join(', ')}.`);
  return {
    wanted: ({ id }) => only === undefined || only.includes(id),
    isWhole: only === undefined,
    seconds: Number(values.seconds),
    rounds: Number(values.rounds),
    bundle: values.broker && path.resolve(values.broker),
    alone: values.alone,
  };
}

/** Ours, and Apache's where it can be had. */
async function brokerKinds({ bundle, alone }, dir) {
  const kinds = [ours(bundle)];
  if (alone) return kinds;
  try {
    kinds.push(apache(await resolveJava(), resolveApacheKafka(), dir));
  } catch (error) {
    if (!(error instanceof PlainError)) throw error;
    console.error(`${error.message} Ours is measured alone.`);
  }
  return kinds;
}

/** Collects results by figure and broker, and prints each figure as soon as it is complete. */
class Sheet {
  rows = [];
  failures = [];

  /** Runs `measure` for each broker in turn, `rounds` times over. One that fails is left out from there on, and named. */
  async figure(figure, brokers, rounds, measure) {
    const results = {};
    const failed = new Set();
    const progress = announce(figure.title);
    for (let round = 0; round < rounds; round++) {
      for (const broker of brokers.filter(({ name }) => !failed.has(name))) {
        results[broker.name] ??= [];
        try {
          results[broker.name].push(await measure(broker, round));
        } catch (error) {
          failed.add(broker.name);
          this.fail(`${figure.id} (${broker.name}, round ${round + 1})`, error);
        }
        progress.update(`(round ${round + 1} of ${rounds}: ${broker.name})`);
      }
    }
    progress.done();
    const rows = rowsOf(figure, results);
    this.rows.push(...rows);
    for (const row of rows) console.log(lineOf(row));
  }

  /** What has been measured is kept. */
  fail(what, error) {
    const failure = `${what}: ${error.message}`;
    this.failures.push(failure);
    console.error(`failed: ${error instanceof PlainError ? failure : (error.stack ?? failure)}`);
  }
}

/** The load generator is a process of its own: what it costs is not the broker's, nor this one's. */
async function runLoad(program, job) {
  try {
    const { stdout } = await run(process.execPath, ['--max-semi-space-size=32', program, JSON.stringify(job)]);
    return JSON.parse(stdout);
  } catch (error) {
    throw new PlainError(`The load ${job.topic} failed: ${error.stderr || error.message}`);
  }
}

/** Warms brokers up before they are measured: the longer, the less they have done so far. */
export class WarmUps {
  warm = new Set();

  /** How long a load of this round must run on these brokers before its figures count. */
  secondsFor(name, round) {
    const firstSeconds = this.warm.has(name) ? FIRST_WARM_SECONDS : COLD_WARM_SECONDS;
    this.warm.add(name);
    return round === 0 ? firstSeconds : WARM_SECONDS;
  }
}

/**
 * Runs a bench from its beginning to its table: `measure(sheet, { kinds, dir, zooKeeper, load })` fills the sheet, `load(job)` runs a
 * load. A whole run is kept in `file` under `title`, with the names of what failed. Returns the exit code.
 */
export async function runBench(options, { title, file, explained }, measure) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'odradek-bench-'));
  const kinds = await brokerKinds(options, dir);
  const zooKeeper = await startZooKeeper(dir);
  const sheet = new Sheet();
  let busy = 0;
  try {
    const program = await bundle(path.join(home, 'bench', 'load', 'main.ts'), bundleFolder('bench'));
    if (options.isWhole) touchMemory();
    busy = await busyShare();
    await measure(sheet, { kinds, dir, zooKeeper: zooKeeper.connect, load: (job) => runLoad(program, job) });
  } catch (error) {
    sheet.fail('the bench', error);
  } finally {
    await zooKeeper.stop();
    fs.rmSync(dir, { recursive: true, force: true });
  }
  const noise =
    busy > NOISY_SHARE ? `**noisy: others used ${Math.round(busy * 100)} % of its CPU time just before**` : 'quiet';
  const head = `${new Date().toISOString().slice(0, 10)}: ${describeMachine()}; machine ${noise}. Medians of ${options.rounds} rounds in turn, ${options.seconds} s each.`;
  const failures = sheet.failures.map((failure) => `\n- failed: ${failure.split('\n', 1)[0]}`).join('');
  const body = `${head}\n\n${table(sheet.rows)}\n${failures && `${failures}\n`}`;
  console.log(`\n${body}`);
  const text = `# ${title}\n\nWritten by ${explained}\n\n${body}`;
  if (options.isWhole) fs.writeFileSync(path.join(home, 'bench', file), text);
  return failures === '' ? 0 : 1;
}
