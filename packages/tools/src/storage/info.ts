import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { loadProperties, type Properties } from '../client/properties';
import { parseInteger } from '../java-integer';
import { type Io, println } from '../print';
import { ToolError } from '../tool-error';

const META_PROPERTIES = 'meta.properties';
const DEFAULT_LOG_DIR = '/tmp/kafka-logs';
const HIGHEST_VERSION = 1;

/** The log dirs of a configuration, with that of KRaft's metadata. */
export function logDirectories(config: Properties): string[] {
  const dirs = config.get('log.dirs') ?? config.get('log.dir') ?? DEFAULT_LOG_DIR;
  const metadata = config.get('metadata.log.dir');
  const all = [...dirs.split(',').map((dir) => dir.trim()), ...(metadata === undefined ? [] : [metadata])];
  return [...new Set(all.filter((dir) => dir !== ''))].sort();
}

/** What a meta.properties says. Throws `ToolError` for a version that is not known. */
function readMetadata(path: string): Properties {
  const properties = loadProperties(path);
  const text = properties.get('version');
  const version = text === undefined ? 0 : parseInteger(text.trim());
  if (version < 0 || version > HIGHEST_VERSION) {
    throw new ToolError('java.lang.RuntimeException', `Unknown meta.properties version number ${version}`);
  }
  return properties.set('version', String(version));
}

/** `{broker.id=0, cluster.id=x, version=0}`, as Java prints a MetaProperties. */
const metadataText = (metadata: Properties): string =>
  `{${['broker.id', 'cluster.id', 'directory.id', 'node.id', 'version']
    .flatMap((name) => (metadata.has(name) ? [`${name}=${metadata.get(name)}`] : []))
    .join(', ')}}`;

interface Findings {
  readonly directories: string[];
  readonly problems: string[];
  /** That of the first directory that has one. */
  metadata?: Properties;
}

function lookAt(directory: string, findings: Findings, io: Io): void {
  const { directories, problems } = findings;
  if (!existsSync(directory)) {
    problems.push(`${directory} does not exist`);
    return;
  }
  if (!statSync(directory).isDirectory()) {
    problems.push(`${directory} is not a directory`);
    return;
  }
  directories.push(directory);
  const path = join(directory, META_PROPERTIES);
  if (!existsSync(path)) {
    problems.push(`${directory} is not formatted.`);
    return;
  }
  try {
    const metadata = readMetadata(path);
    findings.metadata ??= metadata;
    if (findings.metadata.get('cluster.id') !== metadata.get('cluster.id')) {
      problems.push('Mismatched cluster IDs between storage directories.');
    }
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    println(io.stdout, thrown.toString());
    problems.push(`Error loading ${path}: ${thrown.message}`);
  }
}

function modeProblem(metadata: Properties, isKRaft: boolean): string | undefined {
  if (isKRaft === (metadata.get('version') === '1')) return undefined;
  return isKRaft
    ? 'The kafka configuration file appears to be for a cluster in KRaft mode, but the directories are formatted for legacy mode.'
    : 'The kafka configuration file appears to be for a legacy cluster, but the directories are formatted for a cluster in KRaft mode.';
}

function printList(io: Io, title: string, items: readonly string[]): void {
  println(io.stdout, `${title}:`);
  for (const item of items) println(io.stdout, `  ${item}`);
  println(io.stdout, '');
}

/** Tells of the log dirs of a configuration. Returns the exit code: 1 where there are problems. */
export function printInfo(config: Properties, io: Io): number {
  const findings: Findings = { directories: [], problems: [] };
  const all = logDirectories(config);
  if (all.length === 0) {
    println(io.stdout, 'No directories specified.');
    return 0;
  }
  for (const directory of all) lookAt(directory, findings, io);
  const { directories, problems, metadata } = findings;
  const problem = metadata && modeProblem(metadata, config.has('process.roles'));
  if (problem !== undefined) problems.push(problem);
  if (directories.length > 0) {
    printList(io, `Found log director${directories.length === 1 ? 'y' : 'ies'}`, directories);
  }
  if (metadata) println(io.stdout, `Found metadata: ${metadataText(metadata)}\n`);
  if (problems.length === 0) return 0;
  printList(io, `Found problem${problems.length === 1 ? '' : 's'}`, problems);
  return 1;
}
