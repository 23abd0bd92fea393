import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { hasDebianTools, unpackDebianPackages } from './debian.mjs';
import { resolveJava } from './java-home.mjs';
import { withLock } from './lock.mjs';
import { vendorDir } from './paths.mjs';
import { announce, PlainError } from './say.mjs';

/** What a class path of Debian's needs; a name may stand for several jars. The last group is for the log and the admin server. */
const neededJars = [
  /^zookeeper\.jar$/,
  /^zookeeper-jute\.jar$/,
  /^slf4j-api\.jar$/,
  /^metrics-core\.jar$/,
  /^snappy-java\.jar$/,
];
const furtherJars = [
  /^netty-(buffer|codec|common|handler|resolver|transport|transport-native-(epoll|unix-common))\.jar$/,
  /^commons-(cli|io)\.jar$/,
];
const log4jJars = ['slf4j-log4j12.jar', 'log4j-1.2.jar'];

const basePackages = [
  'libzookeeper-java',
  'libslf4j-java',
  'libnetty-java',
  'libdropwizard-metrics-java',
  'libcommons-cli-java',
  'libsnappy-java',
  'libcommons-io-java',
];

const archive = {
  name: 'apache-zookeeper-3.8.4-bin',
  url: 'https://archive.apache.org/dist/zookeeper/zookeeper-3.8.4/apache-zookeeper-3.8.4-bin.tar.gz',
  sha512:
    '4d85d6f7644d5f36d9c4d65e78bd662ab35ebe1380d762c24c12b98af029027eee453437c9245dbdf2b9beb77cd6b690b69e26f91cf9d11b0a183a979c73fa43',
};

const homebrew = ['/opt/homebrew/opt/zookeeper/libexec', '/usr/local/opt/zookeeper/libexec'];
const debianDir = path.join(vendorDir, 'zookeeper');
const archiveDir = path.join(vendorDir, archive.name);

/**
 * Where Apache ZooKeeper's server is, fetched first if nothing on this machine has it.
 * Order: ZOOKEEPER_HOME, Debian's installed jars, Homebrew's, `.vendor/` from Debian's packages or from Apache's archive.
 * @returns {Promise<{ java: string, classPath: string, version: string, log: 'log4j' | 'logback' | 'simple' }>}
 */
export async function resolveZooKeeper() {
  const jars = findJars() ?? (await fetchJars());
  return { java: await resolveJava(), ...jars };
}

function findJars() {
  const { ZOOKEEPER_HOME } = process.env;
  if (ZOOKEEPER_HOME) {
    const jars = jarsOfArchive(ZOOKEEPER_HOME) ?? jarsOfDebian(ZOOKEEPER_HOME);
    if (jars) return jars;
    throw new PlainError(
      `ZOOKEEPER_HOME=${ZOOKEEPER_HOME} has no lib/zookeeper-*.jar: correct ZOOKEEPER_HOME or unset it.`,
    );
  }
  const installed = jarsOfDebian('/') ?? homebrew.map(jarsOfArchive).find(Boolean);
  return installed ?? jarsOfDebian(debianDir) ?? jarsOfArchive(archiveDir);
}

/** Layout of Apache's archive (also Homebrew's): every jar in lib/. A Kafka home, with its libs/, does as well. */
function jarsOfArchive(root) {
  for (const lib of ['lib', 'libs'].map((name) => path.join(root, name))) {
    const names = fs.existsSync(lib) ? fs.readdirSync(lib) : [];
    const server = names.map((name) => /^zookeeper-(\d[\w.-]*)\.jar$/.exec(name)).find(Boolean);
    if (!server) continue;
    const log = names.some((name) => name.startsWith('logback-classic')) ? 'logback' : 'log4j';
    return { classPath: path.join(lib, '*'), version: server[1], log };
  }
  return undefined;
}

/** Layout of Debian's packages: usr/share/java under `root`, among jars of everything else. */
function jarsOfDebian(root) {
  const dir = path.join(root, 'usr', 'share', 'java');
  const names = fs.existsSync(dir) ? fs.readdirSync(dir) : [];
  if (!neededJars.every((needed) => names.some((name) => needed.test(name)))) return undefined;
  const version = names.map((name) => /^zookeeper-(\d[\w.]*)\.jar$/.exec(name)?.[1]).find(Boolean);
  const log = log4jJars.every((name) => names.includes(name)) ? 'log4j' : 'simple';
  const logJars = log === 'log4j' ? log4jJars : ['slf4j-simple.jar'];
  const wanted = names.filter((name) => [...neededJars, ...furtherJars].some((pattern) => pattern.test(name)));
  const classPath = [...wanted, ...logJars].map((name) => path.join(dir, name)).join(':');
  return { classPath, version: version ?? versionOfMaven(root) ?? 'unknown', log };
}

/** Debian names the jar without its version, and keeps that in its Maven tree. */
function versionOfMaven(root) {
  const dir = path.join(root, 'usr', 'share', 'maven-repo', 'org', 'apache', 'zookeeper', 'zookeeper');
  return fs.existsSync(dir) ? fs.readdirSync(dir).find((name) => /^\d/.test(name)) : undefined;
}

const installHint =
  'install it (Debian: apt-get install zookeeper) or set ZOOKEEPER_HOME to an unpacked Apache ZooKeeper';

async function fetchJars() {
  await withLock(vendorDir, async () => {
    if (findJars()) return; // another start fetched it while we waited for the lock
    const failures = [];
    for (const attempt of [fetchFromDebian, () => fetchArchive(archive, archiveDir)]) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof PlainError)) throw error;
        failures.push(error.message);
      }
    }
    throw new PlainError(`ZooKeeper could not be fetched (${failures.join('; ')}): ${installHint}.`);
  });
  return findJars();
}

async function fetchFromDebian() {
  if (!hasDebianTools()) throw new PlainError('no apt-get here');
  const progress = announce("Fetching ZooKeeper from Debian's packages into .vendor/ (about 7 MB, once)");
  await intoPlace(debianDir, (part) => {
    // Without log4j (a release may drop it) the log goes through slf4j-simple.
    unpackDebianPackages([[...basePackages, 'liblog4j1.2-java'], basePackages], part);
    if (!jarsOfDebian(part)) throw new PlainError("Debian's packages lack a jar that ZooKeeper needs");
  }).finally(progress.done);
}

/** Unpacks an archive into `target`; throws `PlainError`, with nothing left behind, where it is not what was published. */
export async function fetchArchive({ name, url, sha512 }, target) {
  const progress = announce(`Fetching ${name} from Apache's archive into .vendor/ (once)`);
  await intoPlace(target, async (part) => {
    const file = path.join(part, 'archive.tar.gz');
    const found = await download(url, file, progress);
    if (found !== sha512) throw new PlainError(`${url} does not have the published checksum`);
    execFileSync('tar', ['-xzf', file, '-C', part, '--strip-components=1']);
    fs.rmSync(file);
  }).finally(progress.done);
}

/** Fills a folder beside `target` and renames it: `target` is there completely or not at all. */
async function intoPlace(target, fill) {
  const part = fs.mkdtempSync(`${target}.part-`);
  try {
    await fill(part);
    fs.chmodSync(part, 0o755);
    fs.renameSync(part, target);
  } finally {
    fs.rmSync(part, { recursive: true, force: true });
  }
}

async function download(url, file, progress) {
  const response = await fetch(url).catch((error) => {
    throw new PlainError(`${url}: ${error.cause?.message ?? error.message}`);
  });
  if (!response.ok) throw new PlainError(`${url}: HTTP ${response.status}`);
  const totalBytes = Number(response.headers.get('content-length'));
  const hash = createHash('sha512');
  const out = fs.createWriteStream(file);
  let receivedBytes = 0;
  try {
    for await (const chunk of response.body) {
      hash.update(chunk);
      if (!out.write(chunk)) await new Promise((resolve) => out.once('drain', resolve));
      receivedBytes += chunk.length;
      if (totalBytes > 0) progress.update(`${Math.floor((100 * receivedBytes) / totalBytes)} %`);
    }
  } catch (error) {
    throw new PlainError(`${url}: ${error.cause?.message ?? error.message}`);
  } finally {
    await new Promise((resolve) => out.end(resolve));
  }
  return hash.digest('hex');
}
