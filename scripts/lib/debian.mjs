import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { vendorDir } from './paths.mjs';
import { PlainError } from './say.mjs';

/** Can packages be fetched and unpacked here without being root? */
export function hasDebianTools() {
  return ['apt-get', 'dpkg-deb'].every((tool) => spawnSync(tool, ['--version'], { stdio: 'ignore' }).status === 0);
}

// apt drops to a user of its own, which may not see our folder; and the progress bar belongs on stderr.
const always = ['-q', '-o', 'APT::Sandbox::User=root'];

/** Package lists of our own, for a user who may not refresh the system's or a machine whose lists are absent or too old. */
function privateLists() {
  const apt = path.join(vendorDir, '.apt');
  const options = ['-o', `Dir::State::lists=${apt}/lists`, '-o', `Dir::Cache=${apt}/cache`, '-o', 'Debug::NoLocking=1'];
  for (const dir of ['lists/partial', 'cache/archives/partial']) fs.mkdirSync(path.join(apt, dir), { recursive: true });
  const update = aptGet([...options, 'update'], vendorDir);
  if (update.status !== 0) throw new PlainError(`apt-get update failed: ${lastLine(update.stderr)}`);
  return options;
}

const aptGet = (args, cwd) => spawnSync('apt-get', [...always, ...args], { cwd, encoding: 'utf8' });
const lastLine = (text) =>
  text
    .trim()
    .split('\n')
    .filter((line) => line.startsWith('E:'))
    .pop() ?? text.trim();

/**
 * Downloads Debian packages (apt checks their signatures' chain) and unpacks them under `into`, without root.
 * `alternatives` holds lists of packages: the first list that this release has is taken.
 * With `withDependencies`, what they need and this machine does not have comes with them.
 */
export function unpackDebianPackages(alternatives, into, { withDependencies = false } = {}) {
  const downloads = path.join(into, '.debs');
  fs.mkdirSync(downloads, { recursive: true });
  downloadAny(alternatives, downloads, withDependencies);
  for (const file of fs.readdirSync(downloads).filter((name) => name.endsWith('.deb'))) {
    execFileSync('dpkg-deb', ['-x', path.join(downloads, file), into]);
  }
  fs.rmSync(downloads, { recursive: true });
}

function downloadAny(alternatives, downloads, withDependencies) {
  let failure = '';
  for (const listOptions of [() => [], privateLists]) {
    const options = listOptions();
    for (const packages of alternatives) {
      const wanted = withDependencies ? missingFor(packages, options) : { status: 0, names: packages };
      const download = wanted.status === 0 ? aptGet([...options, 'download', ...wanted.names], downloads) : wanted;
      if (download.status === 0) {
        fs.rmSync(path.join(vendorDir, '.apt'), { recursive: true, force: true });
        return;
      }
      failure = lastLine(download.stderr);
    }
  }
  throw new PlainError(`apt-get download failed: ${failure}`);
}

/** Packages that apt would install for these, themselves included. Playing an installation needs no root. */
function missingFor(packages, options) {
  const { status, stdout, stderr } = aptGet(
    [...options, '-s', '--no-install-recommends', 'install', ...packages],
    vendorDir,
  );
  const names = [...stdout.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name);
  return { status, names, stderr };
}
