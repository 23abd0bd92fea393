import type { ErrorAnswer, MessageEvents, MessageRecord, SearchProgress } from '../src/api';
import { Refusal, stream, Unreachable } from './http';
import { formatQuery, type Query } from './route';
import { EventReader } from './sse';

/**
 * How a search or tail stands. `reading` until everything that was there has been read, then `following` (with follow) or
 * `done`; `lost`: the console does not answer, a tail tries again; `resting`: nobody sees the page; `stopped` by the person.
 */
export type TailState = 'reading' | 'following' | 'done' | 'failed' | 'lost' | 'resting' | 'stopped';

/** So many records of a tail are kept, the newest. */
export const KEEP = 2_000;
const AGAIN_MS = 1_000;
/** How far back a tail that was interrupted looks, beyond the newest record: clocks and batches are not exact. */
const OVERLAP_MS = 5_000;

/** One search or tail, from its first question to its end. */
export class Tail {
  state: TailState = 'reading';
  progress: SearchProgress | undefined;
  failure: ErrorAnswer | undefined;
  doneReason: MessageEvents['done']['reason'] | undefined;
  /** Records that were not taken yet. */
  private waiting: MessageRecord[] = [];
  /** Of each partition: what comes next. Whatever is below was seen before an interruption. */
  private readonly next = new Map<number, number>();
  private newestMs = 0;
  private startedMs = Date.now();
  private controller = new AbortController();
  private timer: number | undefined;
  private isOver = false;
  /** Records that came while nobody took them, and that were too many to be kept. */
  overflown = 0;

  constructor(
    private readonly path: string,
    private readonly query: Query,
    private readonly changed: () => void,
    private readonly heard: (isThere: boolean) => void,
  ) {
    document.addEventListener('visibilitychange', this.sight);
    void this.run(query);
  }

  private get follows(): boolean {
    return this.query['follow'] !== undefined;
  }

  get waitingCount(): number {
    return this.waiting.length;
  }

  /** The records that came since they were last taken. */
  take(): MessageRecord[] {
    return this.waiting.splice(0);
  }

  /** Reads no more. */
  stop(): void {
    this.end('stopped');
  }

  private end(state: TailState): void {
    if (this.isOver) return;
    this.isOver = true;
    this.state = state;
    document.removeEventListener('visibilitychange', this.sight);
    window.clearTimeout(this.timer);
    this.controller.abort();
    this.changed();
  }

  /** A tail reads while somebody looks; a search is waited for, and reads on. */
  private readonly sight = (): void => {
    if (!this.follows) return;
    if (document.hidden) {
      window.clearTimeout(this.timer);
      this.state = 'resting';
      this.controller.abort();
    } else if (this.state === 'resting') void this.again();
  };

  private async again(): Promise<void> {
    if (this.isOver) return;
    this.state = 'reading';
    const sinceMs = (this.newestMs || this.startedMs) - OVERLAP_MS;
    await this.run({ ...this.query, from: [`time:${Math.max(0, Math.min(sinceMs, Date.now()))}`] });
  }

  private async run(query: Query): Promise<void> {
    const controller = new AbortController();
    this.controller = controller;
    const reader = new EventReader();
    try {
      await stream(`${this.path}${formatQuery(query)}`, controller.signal, (text) => {
        for (const { name, data } of reader.read(text)) this.on(name as keyof MessageEvents, data);
        this.heard(true);
        this.changed();
      });
      if (!this.isOver) throw new Unreachable('the stream ended');
    } catch (error) {
      if (!controller.signal.aborted) this.broke(error);
    }
  }

  private broke(error: unknown): void {
    if (error instanceof Refusal) {
      this.failure = error.answer;
      this.end('failed');
      return;
    }
    this.heard(false);
    if (!this.follows) {
      this.end('lost');
      return;
    }
    this.state = 'lost';
    this.timer = window.setTimeout(() => void this.again(), AGAIN_MS);
    this.changed();
  }

  private on(name: keyof MessageEvents, data: string): void {
    switch (name) {
      case 'records':
        this.came(JSON.parse(data) as MessageEvents['records']);
        break;
      case 'progress':
        this.progress = JSON.parse(data) as SearchProgress;
        for (const { partition, offset } of this.progress.partitions) this.reached(partition, offset);
        if (this.progress.caughtUp && this.follows) this.state = 'following';
        break;
      case 'done':
        this.doneReason = (JSON.parse(data) as MessageEvents['done']).reason;
        this.end('done');
        break;
      case 'failed':
        this.failure = JSON.parse(data) as ErrorAnswer;
        this.end('failed');
        break;
      default:
        name satisfies never;
    }
  }

  private came(records: readonly MessageRecord[]): void {
    for (const record of records) {
      if (record.offset < (this.next.get(record.partition) ?? 0)) continue;
      this.reached(record.partition, record.offset + 1);
      this.newestMs = Math.max(this.newestMs, record.timestamp);
      this.waiting.push(record);
    }
    if (this.follows && this.waiting.length > KEEP) {
      this.overflown += this.waiting.length - KEEP;
      this.waiting = this.waiting.slice(-KEEP);
    }
  }

  private reached(partition: number, offset: number): void {
    this.next.set(partition, Math.max(offset, this.next.get(partition) ?? 0));
  }
}
