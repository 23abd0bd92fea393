import type { SourceMap, SourceRecord } from '../data/record';
import type { SourceOffset } from '../plugins/api';

interface Submitted {
  readonly offset: SourceMap | null;
  isDone: boolean;
}

interface Part {
  readonly partition: SourceMap | null;
  readonly waiting: Submitted[];
}

/**
 * Records that are being written, by the source's part. An offset may be committed once every record of its part before it
 * was written too (SubmittedRecords, KAFKA-12226).
 */
export class SubmittedRecords {
  private readonly parts = new Map<string, Part>();
  private pending = 0;
  private waiters: (() => void)[] = [];

  /** Returns what is to be called when the record was written or is given up. */
  submit({ sourcePartition: partition, sourceOffset: offset }: SourceRecord): () => void {
    const name = JSON.stringify([...(partition ?? [])], (_, value) =>
      typeof value === 'bigint' ? `${value}n` : value,
    );
    const part = this.parts.get(name) ?? { partition, waiting: [] };
    this.parts.set(name, part);
    const submitted = { offset, isDone: false };
    part.waiting.push(submitted);
    this.pending++;
    return () => {
      if (submitted.isDone) return;
      submitted.isDone = true;
      this.pending--;
      if (this.pending === 0) for (const wake of this.waiters.splice(0)) wake();
    };
  }

  /** The newest offsets that may be committed, each once. */
  committable(): SourceOffset[] {
    const offsets: SourceOffset[] = [];
    for (const [name, { partition, waiting }] of this.parts) {
      const open = waiting.findIndex(({ isDone }) => !isDone);
      const done = waiting.splice(0, open < 0 ? waiting.length : open);
      const last = done.at(-1);
      if (last) offsets.push({ partition, offset: last.offset });
      if (waiting.length === 0) this.parts.delete(name);
    }
    return offsets;
  }

  /** Resolves once nothing is being written, or after so many milliseconds. Returns whether that is so. */
  async settled(timeoutMs: number): Promise<boolean> {
    if (this.pending === 0) return true;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.waiters.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    return this.pending === 0;
  }
}
