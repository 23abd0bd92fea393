import type { Disk } from '../env/disk';
import { type EpochEntry, readEpochCheckpoint, writeEpochCheckpoint } from './checkpoint';
import type { EpochEnd } from './types';

export const LEADER_EPOCH_CHECKPOINT = 'leader-epoch-checkpoint';
const UNDEFINED: EpochEnd = { leaderEpoch: -1, endOffset: -1 };

/**
 * The epochs of the leaders that wrote this log and where each began, kept in a file of the partition's folder
 * (org.apache.kafka.storage.internals.epoch.LeaderEpochFileCache, KIP-101). Epochs and start offsets both rise.
 */
export class LeaderEpochs {
  private entries: EpochEntry[] = [];
  /** How often the file was written, and which of these a power cut cannot undo. */
  private saves = 0;
  private flushedSave = 0;

  constructor(
    private readonly disk: Disk,
    private folder: string,
  ) {}

  load(): void {
    this.entries = [];
    for (const entry of readEpochCheckpoint(this.disk, this.path)) this.put(entry);
  }

  get all(): readonly EpochEntry[] {
    return this.entries;
  }

  get latestEpoch(): number | null {
    return this.entries.at(-1)?.epoch ?? null;
  }

  get earliest(): EpochEntry | null {
    return this.entries[0] ?? null;
  }

  movedTo(folder: string): void {
    this.folder = folder;
  }

  /** `epoch` begins at `startOffset`; entries that contradict it go. */
  assign(epoch: number, startOffset: number): void {
    const latest = this.entries.at(-1);
    if (latest !== undefined && latest.epoch === epoch && startOffset >= latest.startOffset) return;
    this.put({ epoch, startOffset });
    this.save();
  }

  private put(entry: EpochEntry): void {
    let kept = this.entries.length;
    while (kept > 0) {
      const { epoch, startOffset } = this.entries[kept - 1]!;
      if (epoch < entry.epoch && startOffset < entry.startOffset) break;
      kept--;
    }
    this.entries.length = kept;
    this.entries.push(entry);
  }

  /** The largest epoch not above `epoch` and where the next one begins; -1 and -1 where `epoch` lies beyond all. */
  endOffsetFor(epoch: number, logEndOffset: number): EpochEnd {
    if (epoch === -1) return UNDEFINED;
    if (this.latestEpoch === epoch) return { leaderEpoch: epoch, endOffset: logEndOffset };
    const next = this.entries.findIndex((entry) => entry.epoch > epoch);
    if (next === -1) return UNDEFINED;
    const endOffset = this.entries[next]!.startOffset;
    return { leaderEpoch: next === 0 ? epoch : this.entries[next - 1]!.epoch, endOffset };
  }

  /** The epoch that wrote `offset`, or null. */
  epochFor(offset: number): number | null {
    return this.entries.findLast((entry) => entry.startOffset <= offset)?.epoch ?? null;
  }

  /** Drops epochs that begin at `endOffset` or later. */
  truncateFromEnd(endOffset: number): void {
    const kept = this.entries.filter((entry) => entry.startOffset < endOffset);
    if (endOffset < 0 || kept.length === this.entries.length) return;
    this.entries = kept;
    this.save();
  }

  /** The log now begins at `startOffset`: of the epochs before it only the last stays, and begins there. */
  truncateFromStart(startOffset: number): void {
    const gone = this.entries.filter((entry) => entry.startOffset <= startOffset);
    const last = gone.at(-1);
    if (last === undefined || (gone.length === 1 && last.startOffset === startOffset)) return;
    this.entries = [{ epoch: last.epoch, startOffset }, ...this.entries.slice(gone.length)];
    this.save();
  }

  clear(): void {
    this.entries = [];
    this.save();
  }

  private save(): void {
    writeEpochCheckpoint(this.disk, this.path, this.entries);
    this.saves++;
  }

  /**
   * What was saved survives a power cut once the folder is flushed, too; false where it does already. Records below the
   * recovery point are not looked at again after one: their epochs must be in the file by then.
   */
  async flush(): Promise<boolean> {
    if (this.saves === this.flushedSave) return false;
    const { saves } = this;
    const file = this.disk.open(this.path, 'update');
    try {
      await file.flush();
    } finally {
      file.close();
    }
    this.flushedSave = saves;
    return true;
  }

  /** As `flush`, at once. */
  flushNow(): boolean {
    if (this.saves === this.flushedSave) return false;
    const file = this.disk.open(this.path, 'update');
    try {
      file.flushNow();
    } finally {
      file.close();
    }
    this.flushedSave = this.saves;
    return true;
  }

  private get path(): string {
    return `${this.folder}/${LEADER_EPOCH_CHECKPOINT}`;
  }
}
