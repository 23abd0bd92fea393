import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const PREFIX = 'odradek-cluster-';
const OWNER = '.owner';
/** A folder that is older has an owner, or is nobody's. */
const MAKING_MS = 60_000;

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

/**
 * Takes a cluster's folder away, the name of its owner last: what does not go, for somebody writes to it still, goes with the
 * next cluster's start.
 */
export function removeTemporaryFolder(folder: string): void {
  try {
    for (const name of fs.readdirSync(folder)) {
      if (name !== OWNER) fs.rmSync(path.join(folder, name), { recursive: true, force: true });
    }
    fs.rmSync(folder, { recursive: true, force: true });
  } catch {}
}

function removeIfOrphaned(folder: string): void {
  try {
    if (isOrphaned(folder)) removeTemporaryFolder(folder);
  } catch {
    // Another user's, or just being made or taken away: not ours to judge.
  }
}

function isOrphaned(folder: string): boolean {
  const file = path.join(folder, OWNER);
  // Just being made; or its brokers, which ended with their process, wrote to it when it had been taken away.
  if (!fs.existsSync(file)) return Date.now() - fs.statSync(folder).mtimeMs > MAKING_MS;
  const { hostname, pid }: Owner = JSON.parse(fs.readFileSync(file, 'utf8'));
  return hostname === os.hostname() && !isAlive(pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
