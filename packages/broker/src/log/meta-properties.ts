import type { Disk } from '../env/disk';
import { LogDirError } from './log-dir-error';

export const META_PROPERTIES = 'meta.properties';

/** What `meta.properties` says of the broker that a log dir belongs to (ZooKeeper mode: version 0). */
export interface MetaProperties {
  readonly version: number;
  readonly brokerId: number | null;
  readonly clusterId: string | null;
  /** Read and kept, never made. */
  readonly directoryId: string | null;
}

/** Null where the file is not there. Throws a `LogDirError` for content that cannot be right. */
export function readMetaProperties(disk: Disk, dir: string): MetaProperties | null {
  const path = `${dir}/${META_PROPERTIES}`;
  const content = disk.readFile(path);
  if (content === null) return null;
  const properties = new Map<string, string>();
  for (const line of content.toString('utf8').split(/\r?\n/)) {
    const match = /^\s*([^#!=:\s][^=:\s]*)\s*[=:]?\s*(.*?)\s*$/.exec(line);
    // java.util.Properties writes ':' and '=' in values with a backslash.
    if (match !== null) properties.set(match[1]!, match[2]!.replace(/\\(.)/g, '$1'));
  }
  const version = wholeNumber(properties.get('version') ?? '0', 'version', path);
  if (version !== 0) {
    throw new LogDirError(
      `Found unexpected version in ${path}. ZK-based brokers that are not migrating only support version 0 (which is implicit when the \`version\` field is missing). The folder was formatted for KRaft: name another in log.dirs.`,
    );
  }
  const brokerId = properties.get('broker.id');
  return {
    version,
    brokerId: brokerId === undefined ? null : wholeNumber(brokerId, 'broker.id', path),
    clusterId: properties.get('cluster.id') ?? null,
    directoryId: properties.get('directory.id') ?? null,
  };
}

export function writeMetaProperties(disk: Disk, dir: string, properties: MetaProperties, nowMs: number): void {
  const lines = ['#', `#${javaDate(new Date(nowMs))}`];
  if (properties.brokerId !== null) lines.push(`broker.id=${properties.brokerId}`);
  if (properties.clusterId !== null) lines.push(`cluster.id=${properties.clusterId}`);
  if (properties.directoryId !== null) lines.push(`directory.id=${properties.directoryId}`);
  lines.push(`version=${properties.version}`, '');
  disk.replaceFile(`${dir}/${META_PROPERTIES}`, lines.join('\n'));
}

function wholeNumber(text: string, key: string, path: string): number {
  if (!/^-?\d+$/.test(text))
    throw new LogDirError(`Unable to read the ${key} property in ${path} as a base-10 number: '${text}'`);
  return Number(text);
}

/** As java.util.Date prints: `Sat Nov 21 08:31:05 UTC 2026`. */
function javaDate(date: Date): string {
  const [day, dayOfMonth, month, year] = date.toUTCString().replace(',', '').split(' ');
  return `${day} ${month} ${dayOfMonth} ${date.toISOString().slice(11, 19)} UTC ${year}`;
}
