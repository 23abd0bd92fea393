import { readFile, rename, writeFile } from 'node:fs/promises';
import { ToolError } from '@odradek/tools/tool-error';
import { ConnectError } from '../errors';
import { readByteMap, writeByteMap } from '../java/serialization';

type Bytes = Buffer | null;

/**
 * Source offsets in a file that Apache's worker reads too (FileOffsetBackingStore). It is replaced as a whole, so that a
 * crash leaves the old one or the new one.
 */
export class FileOffsetStore {
  private entries = new Map<string, readonly [Bytes, Bytes]>();
  private saving: Promise<void> = Promise.resolve();

  constructor(readonly path: string) {}

  /** Reads the file, if there is one. Throws `ToolError` where it is none of ours. */
  async load(): Promise<void> {
    let bytes: Buffer;
    try {
      bytes = await readFile(this.path);
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return;
      const cause = new ToolError('java.io.IOException', (thrown as Error).message);
      throw new ConnectError(cause.line, cause);
    }
    if (bytes.length === 0) return;
    try {
      this.entries = new Map(readByteMap(bytes).map((entry) => [nameOf(entry[0]), entry]));
    } catch (thrown) {
      if (!(thrown instanceof ToolError) || thrown instanceof ConnectError) throw thrown;
      throw new ConnectError(thrown.line, thrown);
    }
  }

  get(key: Bytes): Bytes {
    return this.entries.get(nameOf(key))?.[1] ?? null;
  }

  /** Every key, as it was written. */
  keys(): Bytes[] {
    return [...this.entries.values()].map(([key]) => key);
  }

  /** Takes offsets over and writes the file. A null value forgets the key. */
  set(changes: readonly (readonly [Bytes, Bytes])[]): Promise<void> {
    for (const [key, value] of changes) {
      // Apache's store keeps the null and its file grows for ever: nothing reads it.
      if (value === null) this.entries.delete(nameOf(key));
      else this.entries.set(nameOf(key), [key, value]);
    }
    this.saving = this.saving.catch(() => undefined).then(() => this.save());
    return this.saving;
  }

  private async save(): Promise<void> {
    const fresh = `${this.path}.tmp`;
    try {
      await writeFile(fresh, writeByteMap([...this.entries.values()]), { flush: true });
      await rename(fresh, this.path);
    } catch (thrown) {
      const cause = new ToolError('java.io.IOException', (thrown as Error).message);
      throw new ConnectError(cause.line, cause);
    }
  }
}

const nameOf = (key: Bytes): string => key?.toString('latin1') ?? '';
