import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import type { DiskLock } from '../disk';

interface LockBinding {
  tryLock(fd: number): boolean;
  unlock(fd: number): void;
}

/**
 * Takes an exclusive lock on a file, or returns null where another process has it. Java locks with fcntl; on Linux the
 * native addon takes open-file-description locks, which conflict with those in both directions, so that Apache's broker
 * and ours see each other. The addon is optional: without it the kernel's own list of locks and a process id in the
 * file stand in, which see Apache's broker and ours, but are not seen by Apache's.
 */
export function lockFile(file: string): DiskLock | null {
  const binding = lockBinding();
  const fd = fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o644);
  if (binding === null) return lockByProcessId(fd);
  if (!binding.tryLock(fd)) {
    fs.closeSync(fd);
    return null;
  }
  return {
    isSystemLock: true,
    release: () => {
      binding.unlock(fd);
      fs.closeSync(fd);
    },
  };
}

function lockBinding(): LockBinding | null {
  try {
    return createRequire(__filename)('fs-native-extensions') as LockBinding;
  } catch {
    return null;
  }
}

function lockByProcessId(fd: number): DiskLock | null {
  const owner = Number(fs.readFileSync(fd, 'utf8').trim());
  // In a container the process that died may have had the very id that we have.
  const ownerLives = Number.isInteger(owner) && owner > 0 && owner !== process.pid && isAlive(owner);
  if (ownerLives || isListedAsLocked(fs.fstatSync(fd).ino)) {
    fs.closeSync(fd);
    return null;
  }
  fs.ftruncateSync(fd, 0);
  fs.writeSync(fd, `${process.pid}\n`, 0);
  return {
    isSystemLock: false,
    release: () => {
      fs.ftruncateSync(fd, 0);
      fs.closeSync(fd);
    },
  };
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Lines of /proc/locks: `1: POSIX  ADVISORY  WRITE 4711 fe:00:9986225 0 EOF`. */
function isListedAsLocked(inode: number): boolean {
  if (!fs.existsSync('/proc/locks')) return false;
  return fs
    .readFileSync('/proc/locks', 'utf8')
    .split('\n')
    .some((line) => line.includes(`:${inode} `));
}
