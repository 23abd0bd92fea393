import { DiskError } from '../../env/disk';
import type { PartitionOffset } from '../checkpoint';
import { CLEANER_CHECKPOINT, type LogDir } from '../log-dir';

interface Partition {
  /** `topic-N`. */
  readonly name: string;
  readonly topic: string;
  readonly partition: number;
}

/**
 * Up to where each log has been cleaned, by the dir that it is in (`cleaner-offset-checkpoint`). What changes is written on
 * the disk's own time: a crash before that costs a cleaning of what is clean.
 */
export class CleanerCheckpoints {
  private readonly offsets = new Map<string, Map<string, PartitionOffset>>();
  private readonly changed = new Set<string>();
  private writing: Promise<void> | null = null;

  constructor(
    private readonly dirs: ReadonlyMap<string, LogDir>,
    private readonly onDiskError: (dir: string, error: DiskError) => void,
  ) {}

  /** Reads the checkpoints of all dirs, and keeps what they say of logs that are `there`. */
  load(there: (dir: string, name: string) => boolean): void {
    for (const [path, dir] of [...this.dirs]) {
      try {
        const found = dir.readCheckpoint(CLEANER_CHECKPOINT).map((entry) => [nameOf(entry), entry] as const);
        this.offsets.set(path, new Map(found.filter(([name]) => there(path, name))));
      } catch (error) {
        if (!(error instanceof DiskError)) throw error;
        this.onDiskError(path, error);
      }
    }
  }

  get(dir: string, name: string): number | null {
    return this.offsets.get(dir)?.get(name)?.offset ?? null;
  }

  set(dir: string, { name, topic, partition }: Partition, offset: number): void {
    if (this.get(dir, name) === offset) return;
    let ofDir = this.offsets.get(dir);
    if (ofDir === undefined) {
      ofDir = new Map();
      this.offsets.set(dir, ofDir);
    }
    ofDir.set(name, { topic, partition, offset });
    this.writeSoon(dir);
  }

  remove(dir: string, name: string): void {
    if (this.offsets.get(dir)?.delete(name) === true) this.writeSoon(dir);
  }

  /** The dir's disk has failed. */
  forget(dir: string): void {
    this.offsets.delete(dir);
    this.changed.delete(dir);
  }

  /** Resolves when all is written. */
  async flush(): Promise<void> {
    while (this.writing !== null) await this.writing;
  }

  private writeSoon(dir: string): void {
    this.changed.add(dir);
    this.writing ??= this.writeChanged();
  }

  /** One file at a time, since nobody else may replace it meanwhile. */
  private async writeChanged(): Promise<void> {
    try {
      for (const path of this.changed) {
        this.changed.delete(path);
        await this.write(path);
      }
    } finally {
      // In the turn that has found nothing left: what changes from now on begins anew.
      this.writing = null;
    }
  }

  private async write(path: string): Promise<void> {
    const entries = [...(this.offsets.get(path)?.values() ?? [])];
    try {
      await this.dirs.get(path)?.writeCheckpointLater(CLEANER_CHECKPOINT, entries);
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      this.onDiskError(path, error);
    }
  }
}

const nameOf = ({ topic, partition }: PartitionOffset): string => `${topic}-${partition}`;
