import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { hasDebianTools, unpackDebianPackages } from './debian.mjs';
import { withLock } from './lock.mjs';
import { vendorDir } from './paths.mjs';
import { announce, PlainError } from './say.mjs';

const jvmPackages = [['openjdk-17-jre-headless'], ['openjdk-21-jre-headless'], ['openjdk-25-jre-headless']];
const homebrew = ['/opt/homebrew/opt/openjdk/bin/java', '/usr/local/opt/openjdk/bin/java'];

/** The `java` to run: JAVA_HOME's, else PATH's, else Homebrew's, else one unpacked from Debian's packages into `.vendor/`. */
export async function resolveJava() {
  const { JAVA_HOME } = process.env;
  if (JAVA_HOME) {
    const java = path.join(JAVA_HOME, 'bin', 'java');
    if (isExecutable(java)) return java;
    throw new PlainError(`JAVA_HOME=${JAVA_HOME} has no bin/java: correct JAVA_HOME or unset it.`);
  }
  return javaOnPath() ?? homebrew.find(isExecutable) ?? (await vendoredJava());
}

function javaOnPath() {
  const candidates = (process.env.PATH ?? '').split(path.delimiter).map((dir) => path.join(dir, 'java'));
  const java = candidates.find(isExecutable);
  // macOS has a /usr/bin/java that only says that there is no Java.
  return java && (process.platform !== 'darwin' || runs(java)) ? java : undefined;
}

function isExecutable(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

const runs = (java) => spawnSync(java, ['-version'], { stdio: 'ignore' }).status === 0;

const installHint = 'install Java 11 or later (Debian: apt-get install openjdk-17-jre-headless) or set JAVA_HOME';

async function vendoredJava() {
  const target = path.join(vendorDir, 'java');
  if (!fs.existsSync(target)) await withLock(vendorDir, () => fetchJava(target));
  return path.join(jvmIn(target), 'bin', 'java');
}

function fetchJava(target) {
  if (fs.existsSync(target)) return; // another start fetched it while we waited for the lock
  if (!hasDebianTools()) throw new PlainError(`There is no Java and none can be fetched here: ${installHint}.`);
  const progress = announce("No java found: fetching OpenJDK from Debian's packages into .vendor/ (about 44 MB, once)");
  const part = fs.mkdtempSync(path.join(vendorDir, 'java.part-'));
  try {
    unpackDebianPackages(jvmPackages, part);
    const jvm = jvmIn(part);
    settleConfigLinks(jvm, part);
    if (!runs(path.join(jvm, 'bin', 'java')))
      throw new PlainError(`The fetched Java does not run here: ${installHint}.`);
    fs.renameSync(part, target);
    fs.chmodSync(target, 0o755);
  } catch (error) {
    if (error instanceof PlainError)
      throw new PlainError(`Java could not be fetched (${error.message}): ${installHint}.`);
    throw error;
  } finally {
    progress.done();
    fs.rmSync(part, { recursive: true, force: true });
  }
}

function jvmIn(root) {
  const jvms = path.join(root, 'usr', 'lib', 'jvm');
  const name = fs.readdirSync(jvms).find((entry) => fs.existsSync(path.join(jvms, entry, 'bin', 'java')));
  if (!name) throw new PlainError(`${jvms} holds no JVM: remove ${root} and start again.`);
  return path.join(jvms, name);
}

/** Debian keeps the JVM's settings in /etc and links to them: replaces each link by what it means, drops the dangling rest. */
function settleConfigLinks(dir, root) {
  for (const entry of fs.readdirSync(dir, { withFileTypes: true })) {
    const file = path.join(dir, entry.name);
    if (entry.isDirectory()) settleConfigLinks(file, root);
    if (!entry.isSymbolicLink() || !fs.readlinkSync(file).startsWith('/etc/')) continue;
    const meant = path.join(root, fs.readlinkSync(file));
    fs.rmSync(file);
    if (!fs.existsSync(meant)) continue;
    fs.cpSync(meant, file, { recursive: true });
    if (fs.statSync(file).isDirectory()) settleConfigLinks(file, root);
  }
}
