import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { hasDebianTools, unpackDebianPackages } from './debian.mjs';
import { withLock } from './lock.mjs';
import { vendorDir } from './paths.mjs';
import { announce, PlainError } from './say.mjs';

const commands = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const applications = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];
const packages = [['chromium-headless-shell'], ['chromium']];
const target = path.join(vendorDir, 'chromium');
const installHint = 'install it (Debian: apt-get install chromium) or set CHROMIUM_PATH to a Chromium or Chrome';

/**
 * The browser for tests of the console: CHROMIUM_PATH's, else PATH's, else macOS's, else one unpacked from Debian's packages,
 * with the libraries that this machine lacks, into `.vendor/`.
 * @returns {Promise<{ command: string, env: Record<string, string> }>} `env` goes with it, beside the environment that there is
 */
export async function resolveChromium() {
  const { CHROMIUM_PATH } = process.env;
  if (CHROMIUM_PATH) {
    const browser = { command: CHROMIUM_PATH, env: {} };
    if (runs(browser)) return browser;
    throw new PlainError(`CHROMIUM_PATH=${CHROMIUM_PATH} does not run: correct CHROMIUM_PATH or unset it.`);
  }
  const installed = [...onPath(), ...applications].map((command) => ({ command, env: {} }));
  return installed.find(runs) ?? (await vendored());
}

function onPath() {
  const dirs = (process.env.PATH ?? '').split(path.delimiter);
  return commands.flatMap((name) => dirs.map((dir) => path.join(dir, name))).filter((file) => fs.existsSync(file));
}

/** Ubuntu's `chromium` only says that there is a snap; a browser whose libraries are missing does not say its version either. */
function runs({ command, env }) {
  return spawnSync(command, ['--version'], { env: { ...process.env, ...env }, stdio: 'ignore' }).status === 0;
}

async function vendored() {
  if (!fs.existsSync(target)) await withLock(vendorDir, fetchChromium);
  return browserIn(target);
}

function fetchChromium() {
  if (fs.existsSync(target)) return; // another start fetched it while we waited for the lock
  if (!hasDebianTools()) throw new PlainError(`There is no Chromium and none can be fetched here: ${installHint}.`);
  const progress = announce("No Chromium found: fetching Debian's packages into .vendor/ (about 100 MB, once)");
  const part = fs.mkdtempSync(path.join(vendorDir, 'chromium.part-'));
  try {
    unpackDebianPackages(packages, part, { withDependencies: true });
    if (!runs(browserIn(part))) throw new PlainError('what was fetched does not run here');
    fs.chmodSync(part, 0o755);
    fs.renameSync(part, target);
  } catch (error) {
    if (!(error instanceof PlainError)) throw error;
    throw new PlainError(`Chromium could not be fetched (${error.message}): ${installHint}.`);
  } finally {
    progress.done();
    fs.rmSync(part, { recursive: true, force: true });
  }
}

/** Debian's packages, unpacked elsewhere than at `/`: where they find their libraries, and fonts where the machine has none. */
function browserIn(root) {
  const home = path.join(root, 'usr', 'lib', 'chromium');
  const command = ['chromium-headless-shell', 'chromium']
    .map((name) => path.join(home, name))
    .find((file) => fs.existsSync(file));
  if (!command) throw new PlainError(`${root} holds no Chromium: remove it and start again`);
  const libraries = libraryDirs(root).join(path.delimiter);
  const hasFonts = fs.existsSync(path.join(root, 'etc', 'fonts', 'fonts.conf'));
  return { command, env: { LD_LIBRARY_PATH: libraries, ...(hasFonts ? { FONTCONFIG_SYSROOT: root } : {}) } };
}

function libraryDirs(root) {
  const bases = ['lib', path.join('usr', 'lib')].map((dir) => path.join(root, dir));
  const dirs = bases.flatMap((base) =>
    fs.existsSync(base)
      ? fs
          .readdirSync(base)
          .filter((name) => name.includes('-linux-gnu'))
          .map((name) => path.join(base, name))
      : [],
  );
  // PulseAudio's library has one more in a folder of its own.
  return dirs.flatMap((dir) => [dir, path.join(dir, 'pulseaudio')]).filter((dir) => fs.existsSync(dir));
}
