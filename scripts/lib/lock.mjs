import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 100;

/**
 * Runs `work` while holding the lock folder `dir/.lock`, so that two starts do not fetch the same thing at once.
 * The lock of a process that died is taken over.
 */
export async function withLock(dir, work) {
  fs.mkdirSync(dir, { recursive: true });
  const lock = path.join(dir, '.lock');
  while (!tryTake(lock)) {
    await sleep(pollMs);
  }
  try {
    return await work();
  } finally {
    fs.rmSync(lock, { force: true });
  }
}

function tryTake(lock) {
  // A file is written beside and linked into place: whoever sees the lock sees its owner too.
  const mine = `${lock}.${process.pid}`;
  fs.writeFileSync(mine, String(process.pid));
  try {
    fs.linkSync(mine, lock);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (!isAlive(ownerOf(lock))) removeStale(lock);
    return false;
  } finally {
    fs.rmSync(mine, { force: true });
  }
}

function ownerOf(lock) {
  try {
    return Number(fs.readFileSync(lock, 'utf8'));
  } catch {
    return process.pid; // released meanwhile: the next attempt tells
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Renames before removing, so that of two that find a stale lock one cannot remove the other's fresh one unseen. */
function removeStale(lock) {
  const away = `${lock}.stale.${process.pid}`;
  try {
    fs.renameSync(lock, away);
  } catch {
    return;
  }
  if (isAlive(Number(fs.readFileSync(away, 'utf8')))) fs.linkSync(away, lock);
  fs.rmSync(away, { force: true });
}
