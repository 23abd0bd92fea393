// npm run bench [-- --only ID[,ID…]] [--seconds N] [--rounds N] [--broker FILE] [--alone]: the figures of one broker, ours
// beside Apache's in turn where Maven and Java are there, ours alone otherwise. Prints a table and keeps it in bench/RESULTS.md.
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { build } from 'esbuild';
import {
  apache,
  measureGroups,
  measureLife,
  measureTool,
  ours,
  startBroker,
  startZooKeeper,
} from '../bench/brokers.mjs';
import { afterLoad, groups, life, loads, tools } from '../bench/figures.mjs';
import { busyShare, describeMachine, touchMemory } from '../bench/machine.mjs';
import { rowsOf, table } from '../bench/report.mjs';
import { resolveApacheKafka } from './lib/apache-kafka.mjs';
import { resolveJava } from './lib/java-home.mjs';
import { home } from './lib/paths.mjs';
import { announce, PlainError, runMain } from './lib/say.mjs';
import { prepare } from './lib/setup.mjs';

/** Before each measured time; before a load's first round; and before a broker's first load, when a JVM is all cold. */
const WARM_SECONDS = 1;
const FIRST_WARM_SECONDS = 5;
const COLD_WARM_SECONDS = 20;
/** Above this share of CPU time used by others before the first figure, the machine is called noisy. */
const NOISY_SHARE = 0.1;

const run = promisify(execFile);
const known = [life, ...groups, ...tools, ...loads, afterLoad].map(({ id }) => id);

function readOptions() {
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

async function buildLoad(dir) {
  const outfile = path.join(dir, 'load.cjs');
  await build({
    entryPoints: [path.join(home, 'bench', 'load', 'main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    packages: 'external',
    tsconfig: path.join(home, 'tsconfig.json'),
    logLevel: 'warning',
  });
  return outfile;
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

  /** Runs `measure` for each broker in turn, `rounds` times over. */
  async figure(figure, brokers, rounds, measure) {
    const results = {};
    const progress = announce(figure.title);
    for (let round = 0; round < rounds; round++) {
      for (const broker of brokers) {
        results[broker.name] ??= [];
        results[broker.name].push(await measure(broker, round));
        progress.update(`(round ${round + 1} of ${rounds}: ${broker.name})`);
      }
    }
    progress.done();
    this.rows.push(...rowsOf(figure, results));
  }
}

/** The load generator is a process of its own: what it costs is not the broker's, nor this one's. */
async function runLoad(program, job) {
  const env = { ...process.env, NODE_PATH: path.join(home, 'node_modules') };
  try {
    const { stdout } = await run(process.execPath, ['--max-semi-space-size=32', program, JSON.stringify(job)], { env });
    return JSON.parse(stdout);
  } catch (error) {
    throw new PlainError(`The load ${job.topic} failed: ${error.stderr || error.message}`);
  }
}

async function measureLoads(sheet, options, kinds, { dir, zooKeeper, loadProgram }) {
  const brokers = [];
  const warm = new Set();
  const byName = Object.fromEntries(kinds.map((kind) => [kind.name, kind]));
  try {
    for (const kind of kinds) brokers.push(await startBroker(kind, dir, zooKeeper.connect));
    for (const load of loads.filter(options.wanted)) {
      await sheet.figure(load, brokers, options.rounds, async ({ port, pid }, round) => {
        touchMemory(load.touchBytes);
        const topic = `${load.id}-${round}`;
        const firstSeconds = warm.has(pid) ? FIRST_WARM_SECONDS : COLD_WARM_SECONDS;
        const warmSeconds = round === 0 ? firstSeconds : WARM_SECONDS;
        warm.add(pid);
        const job = { ...load.job, port, brokerPid: pid, topic, warmSeconds, seconds: options.seconds };
        return runLoad(loadProgram, job);
      });
    }
    if (options.wanted(afterLoad))
      await sheet.figure(afterLoad, brokers, 1, async (broker) => ({ rssMb: broker.rssMb() }));
    for (const tool of tools.filter(options.wanted)) {
      await sheet.figure(tool, brokers, options.rounds, ({ name, port }) => measureTool(byName[name], tool, port));
    }
  } finally {
    for (const broker of brokers) await broker.stop();
  }
}

function keep(text) {
  fs.writeFileSync(path.join(home, 'bench', 'RESULTS.md'), text);
}

await runMain(async () => {
  const options = readOptions();
  if (options.bundle === undefined) prepare();
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'odradek-bench-'));
  const kinds = await brokerKinds(options, dir);
  const zooKeeper = await startZooKeeper(dir);
  const sheet = new Sheet();
  let busy = 0;
  try {
    const loadProgram = await buildLoad(dir);
    if (options.isWhole) touchMemory();
    busy = await busyShare();
    if (options.wanted(life)) {
      await sheet.figure(life, kinds, options.rounds, (kind) => measureLife(kind, dir, zooKeeper.connect));
    }
    for (const figure of groups.filter(options.wanted)) {
      await sheet.figure(figure, kinds, 1, (kind) =>
        measureGroups(kind, dir, zooKeeper.connect, ({ port, pid }, action) =>
          runLoad(loadProgram, { ...figure.job, action, port, brokerPid: pid, topic: figure.id }),
        ),
      );
    }
    if ([...loads, ...tools, afterLoad].some(options.wanted)) {
      await measureLoads(sheet, options, kinds, { dir, zooKeeper, loadProgram });
    }
  } finally {
    await zooKeeper.stop();
    fs.rmSync(dir, { recursive: true, force: true });
  }
  const noise =
    busy > NOISY_SHARE ? `**noisy: others used ${Math.round(busy * 100)} % of its CPU time just before**` : 'quiet';
  const head = `${new Date().toISOString().slice(0, 10)}: ${describeMachine()}; machine ${noise}. Medians of ${options.rounds} rounds in turn, ${options.seconds} s each.`;
  console.log(`\n${head}\n\n${table(sheet.rows)}`);
  if (options.isWhole) {
    keep(
      `# Ours beside Apache's: one broker\n\nWritten by \`npm run bench\`; what each figure is stands in \`bench/figures.mjs\`.\n\n${head}\n\n${table(sheet.rows)}\n`,
    );
  }
  return 0;
});
