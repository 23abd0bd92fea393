import * as fs from 'node:fs';
import * as path from 'node:path';
import {
  type Disk,
  DiskError,
  type DiskFile,
  type DiskLock,
  type DiskSpace,
  type DiskStat,
  type OpenMode,
} from '../disk';
import { lockFile } from './file-lock';
import { Turnstile } from './turnstile';

const OPEN_FLAGS: Readonly<Record<OpenMode, number>> = {
  read: fs.constants.O_RDONLY,
  update: fs.constants.O_RDWR,
  write: fs.constants.O_RDWR | fs.constants.O_CREAT,
};

/**
 * fsync and deletion take as long as the disk likes and hold a thread of the pool meanwhile. The pool has four: reads
 * must find one that is free, also while many segments are flushed.
 */
const slowActions = new Turnstile(2);

/** The machine's own disk. */
export class NodeDisk implements Disk {
  open(file: string, mode: OpenMode): DiskFile {
    return attempt(file, () => new NodeDiskFile(file, fs.openSync(file, OPEN_FLAGS[mode], 0o644)));
  }

  readFile(file: string): Buffer | null {
    return orNull(file, () => fs.readFileSync(file));
  }

  replaceFile(file: string, content: Uint8Array | string, durability?: 'unflushed', access?: 'private'): void {
    const temporary = `${file}.tmp`;
    const mode = access === 'private' ? 0o600 : 0o644;
    attempt(file, () => {
      const fd = fs.openSync(temporary, 'w', mode);
      try {
        // What a crash has left there keeps the mode that it had.
        if (access === 'private') fs.fchmodSync(fd, mode);
        writeAll(fd, typeof content === 'string' ? Buffer.from(content) : content, 0);
        if (durability !== 'unflushed') fs.fsyncSync(fd);
      } finally {
        fs.closeSync(fd);
      }
      fs.renameSync(temporary, file);
    });
    if (durability !== 'unflushed') this.flushFolderNow(path.dirname(file));
  }

  async replaceFileLater(file: string, content: Uint8Array | string): Promise<void> {
    const temporary = `${file}.tmp`;
    await attemptLater(file, async () => {
      const handle = await fs.promises.open(temporary, 'w', 0o644);
      try {
        await handle.writeFile(content);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await fs.promises.rename(temporary, file);
    });
    await this.flushFolder(path.dirname(file));
  }

  stat(file: string): DiskStat | null {
    const stat = orNull(file, () => fs.statSync(file));
    if (stat === null) return null;
    return { size: stat.size, modifiedMs: Math.floor(stat.mtimeMs), isDirectory: stat.isDirectory() };
  }

  setModified(file: string, modifiedMs: number): void {
    attempt(file, () => fs.utimesSync(file, modifiedMs / 1000, modifiedMs / 1000));
  }

  list(folder: string): string[] {
    return attempt(folder, () => fs.readdirSync(folder));
  }

  makeFolder(folder: string): void {
    attempt(folder, () => fs.mkdirSync(folder, { recursive: true }));
  }

  rename(from: string, to: string): void {
    attempt(from, () => fs.renameSync(from, to));
  }

  async remove(file: string): Promise<void> {
    await attemptLater(file, () => fs.promises.rm(file, { force: true }));
  }

  removeNow(file: string): void {
    attempt(file, () => fs.rmSync(file, { force: true }));
  }

  async removeFolder(folder: string): Promise<void> {
    await attemptLater(folder, () => fs.promises.rm(folder, { recursive: true, force: true }));
  }

  async flushFolder(folder: string): Promise<void> {
    await attemptLater(folder, async () => {
      const handle = await fs.promises.open(folder, 'r');
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    });
  }

  flushFolderNow(folder: string): void {
    attempt(folder, () => {
      const fd = fs.openSync(folder, 'r');
      try {
        fs.fsyncSync(fd);
      } finally {
        fs.closeSync(fd);
      }
    });
  }

  space(folder: string): DiskSpace {
    const { blocks, bavail, bsize } = attempt(folder, () => fs.statfsSync(folder));
    return { totalBytes: blocks * bsize, usableBytes: bavail * bsize };
  }

  lock(file: string): DiskLock | null {
    return attempt(file, () => lockFile(file));
  }
}

class NodeDiskFile implements DiskFile {
  constructor(
    readonly path: string,
    private readonly fd: number,
  ) {}

  size(): number {
    return attempt(this.path, () => fs.fstatSync(this.fd).size);
  }

  read(target: Uint8Array, position: number): number {
    let done = 0;
    try {
      while (done < target.length) {
        const bytes = fs.readSync(this.fd, target, done, target.length - done, position + done);
        if (bytes === 0) break;
        done += bytes;
      }
    } catch (error) {
      throw asDiskError(this.path, error);
    }
    return done;
  }

  async readLater(target: Uint8Array, position: number): Promise<number> {
    let done = 0;
    while (done < target.length) {
      const bytes = await this.readOnce(target, done, position + done);
      if (bytes === 0) break;
      done += bytes;
    }
    return done;
  }

  private readOnce(target: Uint8Array, at: number, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.read(this.fd, target, at, target.length - at, position, (error, bytes) => {
        if (error === null) resolve(bytes);
        else reject(asDiskError(this.path, error));
      });
    });
  }

  write(chunks: readonly Uint8Array[], position: number): void {
    try {
      for (const chunk of chunks) {
        writeAll(this.fd, chunk, position);
        position += chunk.length;
      }
    } catch (error) {
      throw asDiskError(this.path, error);
    }
  }

  truncate(size: number): void {
    attempt(this.path, () => fs.ftruncateSync(this.fd, size));
  }

  async flush(): Promise<void> {
    await attemptLater(
      this.path,
      () =>
        new Promise<void>((resolve, reject) => {
          fs.fsync(this.fd, (error) => (error === null ? resolve() : reject(error)));
        }),
    );
  }

  flushNow(): void {
    attempt(this.path, () => fs.fsyncSync(this.fd));
  }

  close(): void {
    attempt(this.path, () => fs.closeSync(this.fd));
  }
}

/** A write may take a part only, when the disk is about to be full: the rest is what then fails. */
function writeAll(fd: number, bytes: Uint8Array, position: number): void {
  let done = 0;
  while (done < bytes.length) done += fs.writeSync(fd, bytes, done, bytes.length - done, position + done);
}

function attempt<T>(file: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw asDiskError(file, error);
  }
}

async function attemptLater(file: string, action: () => Promise<void>): Promise<void> {
  try {
    await slowActions.run(action);
  } catch (error) {
    throw asDiskError(file, error);
  }
}

function orNull<T>(file: string, action: () => T): T | null {
  try {
    return action();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw asDiskError(file, error);
  }
}

function asDiskError(file: string, error: unknown): DiskError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new DiskError(file, message, code, { cause: error });
}
