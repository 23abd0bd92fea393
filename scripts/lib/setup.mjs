import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { home } from './paths.mjs';
import { PlainError } from './say.mjs';

const installedStamp = path.join(home, 'node_modules', '.odradek-installed');
const builtStamp = path.join(home, 'packages', 'broker', 'dist', '.built');
const buildInputs = ['package-lock.json', 'tsconfig.json', 'scripts/build.mjs', 'scripts/lib/tools.mjs'];

const lockfileHash = () =>
  createHash('sha256')
    .update(fs.readFileSync(path.join(home, 'package-lock.json')))
    .digest('hex');

/** Called by npm's `prepare`, which runs at the end of every `npm install`: remembers for which lockfile that was. */
export function markInstalled() {
  fs.writeFileSync(installedStamp, lockfileHash());
}

/** Called by the build when all is written. A source that changed after `startedAt` is newer than the build. */
export function markBuilt(startedAt) {
  fs.mkdirSync(path.dirname(builtStamp), { recursive: true });
  fs.writeFileSync(builtStamp, '');
  fs.utimesSync(builtStamp, startedAt, startedAt);
}

/** Installs and builds what is missing or older than its sources; says so only when there is something to do. */
export function prepare() {
  if (readIfThere(installedStamp) !== lockfileHash()) {
    console.log('Installing dependencies (npm install) …');
    // The bundler is a development dependency: wanted even where NODE_ENV says production.
    runNpm(['install', '--include=dev', '--no-progress', '--loglevel=error']);
  }
  if (isStale()) {
    console.log('Building …');
    runNpm(['run', '--silent', 'build']);
  }
}

const readIfThere = (file) => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined);

function runNpm(args) {
  const { npm_execpath: npmCli } = process.env;
  const [command, first] = npmCli ? [process.execPath, [npmCli]] : ['npm', []];
  const { status } = spawnSync(command, [...first, ...args], { cwd: home, stdio: 'inherit' });
  if (status !== 0)
    throw new PlainError(`npm ${args.filter((arg) => !arg.startsWith('-')).join(' ')} failed: see above.`);
}

function isStale() {
  if (!fs.existsSync(builtStamp)) return true;
  const builtMs = fs.statSync(builtStamp).mtimeMs;
  const packages = path.join(home, 'packages');
  const folders = fs
    .readdirSync(packages)
    .flatMap((name) => ['src', 'page'].map((part) => path.join(packages, name, part)));
  const sources = folders.flatMap(filesUnder);
  const inputs = buildInputs.map((name) => path.join(home, name));
  return [...sources, ...inputs].some((file) => fs.statSync(file).mtimeMs > builtMs);
}

function filesUnder(dir) {
  const entries = fs.existsSync(dir) ? fs.readdirSync(dir, { recursive: true, withFileTypes: true }) : [];
  return entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
}
