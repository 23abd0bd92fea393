// npm test [-- jest's arguments]: everything the tests need, then jest: unit tests in parallel, cluster tests one file at a time.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { resolveChromium } from './lib/chromium-home.mjs';
import { home } from './lib/paths.mjs';
import { PlainError, runMain } from './lib/say.mjs';
import { prepare } from './lib/setup.mjs';
import { resolveZooKeeper } from './lib/zookeeper-home.mjs';

const projects = [
  { name: 'unit', args: [] },
  { name: 'cluster', args: ['--runInBand'] },
];

await runMain(async () => {
  prepare();
  const args = process.argv.slice(2);
  const chosen = args.includes('--selectProjects') ? [{ name: undefined, args: ['--runInBand'] }] : projects;
  await resolveZooKeeper();
  if (looksAtConsole(args)) await findChromium();
  const runs = chosen.map((project) => runJest(project, args));
  const total = (count) => runs.reduce((sum, { results }) => sum + (results?.[count] ?? 0), 0);
  // A file that does not even load has no tests to count.
  const failed = total('numFailedTests') + total('numRuntimeErrorTestSuites');
  console.log(`\n${total('numPassedTests')} passed, ${failed} failed`);
  const hasRun = runs.some(({ results }) => results?.numTotalTestSuites > 0);
  if (!hasRun) console.error(`No test matches ${args.join(' ')}.`);
  return hasRun && runs.every(({ status }) => status === 0) ? 0 : 1;
});

/** Does a run with these arguments come to the tests in a browser? */
function looksAtConsole(args) {
  const areFlags = args.every((arg) => arg.startsWith('-'));
  return areFlags || args.some((arg) => arg.includes('console') || arg === 'cluster');
}

/** Where there is no browser, the rest is tested all the same: the tests that need one fail, and say so. */
async function findChromium() {
  try {
    await resolveChromium();
  } catch (error) {
    if (!(error instanceof PlainError)) throw error;
    console.error(error.message);
  }
}

function runJest({ name, args: projectArgs }, args) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'odradek-jest-'));
  const outputFile = path.join(dir, 'results.json');
  const jest = path.join(home, 'node_modules', 'jest', 'bin', 'jest.js');
  const select = name ? ['--selectProjects', name] : [];
  // With a pattern among the arguments, one of the projects may have nothing to run.
  const flags = [...select, ...projectArgs, '--passWithNoTests', '--json', `--outputFile=${outputFile}`];
  const { status } = spawnSync(process.execPath, [jest, ...flags, ...args], {
    cwd: home,
    stdio: ['inherit', 'ignore', 'inherit'],
  });
  const results = fs.existsSync(outputFile) ? JSON.parse(fs.readFileSync(outputFile, 'utf8')) : undefined;
  fs.rmSync(dir, { recursive: true });
  return { status, results };
}
