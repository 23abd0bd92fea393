import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const PREFIX = 'odradek-cluster-';
const OWNER = '.owner';

/** Where a process id means something: elsewhere, in a container that shares the folder for one, it is another's. */
interface Owner {
  readonly hostname: string;
  readonly pid: number;
}

/**
 * Makes a folder for a cluster that keeps nothing. A process that is killed cannot take its own away: what such ones have
 * left is taken away here.
 */
export function makeTemporaryFolder(): string {
  for (const name of fs.readdirSync(os.tmpdir())) {
    if (name.startsWith(PREFIX)) removeIfOrphaned(path.join(os.tmpdir(), name));
  }
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), PREFIX));
  const owner: Owner = { hostname: os.hostname(), pid: process.pid };
  fs.writeFileSync(path.join(folder, OWNER), JSON.stringify(owner));
  return folder;
}

function removeIfOrphaned(folder: string): void {
  try {
    const { hostname, pid }: Owner = JSON.parse(fs.readFileSync(path.join(folder, OWNER), 'utf8'));
    if (hostname === os.hostname() && !isAlive(pid)) fs.rmSync(folder, { recursive: true, force: true });
  } catch {
    // Another user's, or just being made or taken away: not ours to judge.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
