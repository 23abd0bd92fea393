import type { AclRecord, StatRecord } from 'node-zookeeper-client/lib/jute';
import { CommandError } from './errors';

const hex = (long: Buffer): string => `0x${long.readBigUInt64BE(0).toString(16)}`;

/** Zones that Java abbreviates and Node's English does not. */
const ZONES: Record<string, string> = {
  'Coordinated Universal Time': 'UTC',
  'Greenwich Mean Time': 'GMT',
  'British Summer Time': 'BST',
  'Central European Standard Time': 'CET',
  'Central European Summer Time': 'CEST',
  'Eastern European Standard Time': 'EET',
  'Eastern European Summer Time': 'EEST',
  'India Standard Time': 'IST',
  'China Standard Time': 'CST',
  'Japan Standard Time': 'JST',
  'Korean Standard Time': 'KST',
};

/** A time as java.util.Date prints it: `Sat Nov 21 08:58:37 UTC 2026`. */
export function javaDate(date: Date): string {
  const [, day, month, dayOfMonth, year, time, longZone] = /^(\w+) (\w+) (\d+) (-?\d+) (\S+) \S+ \((.*)\)$/.exec(
    date.toString(),
  )!;
  const short = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' }).formatToParts(date);
  const zone = ZONES[longZone!] ?? short.find(({ type }) => type === 'timeZoneName')!.value;
  return `${day} ${month} ${dayOfMonth} ${time} ${zone} ${year}`;
}

const timeOf = (long: Buffer): string => javaDate(new Date(Number(long.readBigInt64BE(0))));

export const statLines = (stat: StatRecord): string[] => [
  `cZxid = ${hex(stat.czxid)}`,
  `ctime = ${timeOf(stat.ctime)}`,
  `mZxid = ${hex(stat.mzxid)}`,
  `mtime = ${timeOf(stat.mtime)}`,
  `pZxid = ${hex(stat.pzxid)}`,
  `cversion = ${stat.cversion}`,
  `dataVersion = ${stat.version}`,
  `aclVersion = ${stat.aversion}`,
  `ephemeralOwner = ${hex(stat.ephemeralOwner)}`,
  `dataLength = ${stat.dataLength}`,
  `numChildren = ${stat.numChildren}`,
];

const PERMISSIONS = { r: 1, w: 2, c: 4, d: 8, a: 16 } as const;
export const ALL_PERMISSIONS = 31;

/** The order in which ZooKeeper's CLI prints permissions. */
const PRINTED_PERMISSIONS = ['c', 'd', 'r', 'w', 'a'] as const;

export function aclLines(acl: readonly AclRecord[]): string[] {
  return acl.flatMap(({ perms, id }) => {
    const letters = PRINTED_PERMISSIONS.filter((letter) => perms & PERMISSIONS[letter]).join('');
    return [`'${id.scheme ?? ''},'${id.id ?? ''}`, `: ${letters}`];
  });
}

export interface AclText {
  readonly scheme: string;
  readonly id: string;
  readonly perms: number;
}

/** Reads `scheme:id:perms,…`; what cannot be read is complained of and left out, as AclParser does. */
export function parseAcl(text: string, complain: (line: string) => void): AclText[] {
  const entries: AclText[] = [];
  for (const entry of text.split(',')) {
    const [first, last] = [entry.indexOf(':'), entry.lastIndexOf(':')];
    if (first === -1 || first === last) {
      complain(`${entry} does not have the form scheme:id:perm`);
      continue;
    }
    let perms = 0;
    for (const letter of entry.slice(last + 1)) {
      const bit = PERMISSIONS[letter as keyof typeof PERMISSIONS];
      if (bit) perms |= bit;
      else complain(`Unknown perm type: ${letter}`);
    }
    entries.push({ scheme: entry.slice(0, first), id: entry.slice(first + 1, last), perms });
  }
  return entries;
}

/** The client's own check before anything is sent (PathUtils.validatePath). */
export function checkPath(path: string): void {
  if (path.length === 0) throw new CommandError('Path length must be > 0');
  if (path[0] !== '/') throw new CommandError('Path must start with / character');
  if (path === '/') return;
  if (path.endsWith('/')) throw new CommandError('Path must not end with / character');
  const flaw = /\/(?=\/)|\/\.\.?(?=\/|$)|[\0-\x1f\x7f-\x9f\ud800-\uf8ff\ufff0-\uffff]/.exec(path);
  if (!flaw) return;
  const [found] = flaw;
  const at = flaw.index + (found === '/' ? 1 : found.length - 1);
  let reason = `invalid character @${at}`;
  if (found === '/') reason = `empty node name specified @${at}`;
  else if (found.startsWith('/')) reason = `relative paths not allowed @${at}`;
  else if (found === '\0') reason = `null character not allowed @${at}`;
  throw new CommandError(`Invalid path string "${path}" caused by ${reason}`);
}
