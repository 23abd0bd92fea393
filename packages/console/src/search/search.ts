import type { ConsumerRecord } from '@odradek/tools/client/consumed';
import { ServerError } from '@odradek/tools/tool-error';
import type { MessageEvents, MessageRecord, SearchProgress } from '../api';
import type { EventStream } from '../http/event-stream';
import type { Matcher } from './matcher';
import { Newest, sizeOf } from './newest';
import { messageOf } from './payload';
import type { MessagesRequest } from './query';
import type { Ground } from './spans';
import type { TopicReader } from './topic-reader';

const PROGRESS_MS = 500;
/** So many are looked at before others have their turn. */
const CHUNK = 1_000;
/** An event is no longer than this, about. */
const EVENT_BYTES = 256 * 1024;
/** A tail shows no more than a person could look at: so many in each window. */
const TAIL_WINDOW_MS = 250;
const TAIL_WINDOW_RECORDS = 200;
/** So long no leader has given anything of what is known to be there. */
const STALLED_MS = 30_000;

/** One page's search, or tail, of a topic: reads, finds and tells, until it is done or the page has gone. */
export class Search {
  private scanned = 0;
  private matched = 0;
  private dropped = 0;
  private isCaughtUp = false;
  private nextProgressMs = 0;
  private toldProgress = '';
  /** Where reading ends, where it does not follow; partitions that have been read are gone from here. */
  private readonly left: Map<number, number>;
  private readonly ends: Map<number, number>;
  private readonly total: number;
  /** The newest of all partitions are told together, in the order of their times. */
  private backlog: Newest | undefined;
  private windowEndMs = 0;
  private windowRecords = 0;
  private movedMs = Date.now();

  constructor(
    private readonly request: MessagesRequest,
    private readonly ground: Ground,
    private readonly reader: TopicReader,
    private readonly isWanted: Matcher,
    private readonly stream: EventStream<MessageEvents>,
  ) {
    const { spans, starts } = ground;
    this.ends = new Map(spans.map(({ partition, end }) => [partition, end]));
    this.left = new Map([...this.ends].filter(([partition, end]) => starts.get(partition)! < end));
    this.total = spans.reduce((sum, { partition, end }) => sum + end - starts.get(partition)!, 0);
    const { from, limit } = request;
    if (from.at === 'last') this.backlog = new Newest(Math.min(from.count, limit));
    if (!request.follows) for (const partition of starts.keys()) this.endIfRead(partition, starts.get(partition)!);
  }

  /** Rejects with what made reading impossible. */
  async run(): Promise<void> {
    const { stream, request } = this;
    await this.noteCatchUp();
    await this.progress();
    while (!stream.isClosed) {
      if (this.matched >= request.limit) return this.done('limit');
      if (this.left.size === 0 && !request.follows) return this.done('end');
      const records = await this.reader.next(PROGRESS_MS);
      if (records) await this.take(records);
      this.notePositions();
      this.failIfStalled(records !== undefined);
      await this.noteCatchUp();
      if (Date.now() >= this.nextProgressMs) await this.progress();
      // The viewers of other things wait as well.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** A tail waits for what may come; what there was and cannot be had any more is no reason to wait. */
  private failIfStalled(hasMoved: boolean): void {
    const nowMs = Date.now();
    if (hasMoved || this.left.size === 0) this.movedMs = nowMs;
    if (nowMs - this.movedMs < STALLED_MS) return;
    const partitions = [...this.left.keys()].join(', ');
    throw new ServerError('LEADER_NOT_AVAILABLE', `Nothing more can be read of partition ${partitions}.`);
  }

  private async done(reason: 'limit' | 'end'): Promise<void> {
    await this.progress();
    await this.stream.send('done', { reason });
  }

  private async take(records: Iterable<ConsumerRecord>): Promise<void> {
    let chunk: ConsumerRecord[] = [];
    for (const record of records) {
      chunk.push(record);
      if (chunk.length < CHUNK) continue;
      await this.judge(chunk);
      chunk = [];
      if (this.stream.isClosed || this.matched >= this.request.limit) return;
    }
    await this.judge(chunk);
  }

  private async judge(chunk: readonly ConsumerRecord[]): Promise<void> {
    const { follows, limit } = this.request;
    // What came after the question was asked belongs to a tail only.
    const asked = follows ? chunk : chunk.filter(({ partition, offset }) => offset < this.ends.get(partition)!);
    this.scanned += asked.length;
    if (this.backlog) {
      this.backlog.add(this.isWanted(asked));
      return;
    }
    const found = this.isWanted(asked).slice(0, Math.max(0, limit - this.matched));
    this.matched += found.length;
    await this.tell(messagesOf(follows && this.isCaughtUp ? this.newestOf(found) : found));
  }

  /** What fits into this moment of a tail. */
  private newestOf(found: readonly ConsumerRecord[]): readonly ConsumerRecord[] {
    const nowMs = Date.now();
    if (nowMs >= this.windowEndMs) {
      this.windowEndMs = nowMs + TAIL_WINDOW_MS;
      this.windowRecords = 0;
    }
    const room = TAIL_WINDOW_RECORDS - this.windowRecords;
    const shown = room <= 0 ? [] : found.slice(-room);
    this.windowRecords += shown.length;
    this.dropped += found.length - shown.length;
    return shown;
  }

  private async tell(messages: Iterable<MessageRecord>): Promise<void> {
    let event: MessageRecord[] = [];
    let bytes = 0;
    for (const message of messages) {
      event.push(message);
      bytes += sizeOf(message);
      if (bytes < EVENT_BYTES) continue;
      await this.stream.send('records', event);
      [event, bytes] = [[], 0];
    }
    if (event.length > 0) await this.stream.send('records', event);
  }

  private notePositions(): void {
    const positions = this.reader.positions();
    for (const [partition, offset] of positions) this.endIfRead(partition, offset);
  }

  private endIfRead(partition: number, offset: number): void {
    if (offset < (this.ends.get(partition) ?? 0)) return;
    this.left.delete(partition);
    if (!this.request.follows) this.reader.remove(partition);
  }

  private async noteCatchUp(): Promise<void> {
    if (this.isCaughtUp || this.left.size > 0) return;
    this.isCaughtUp = true;
    await this.tellBacklog();
  }

  private async tellBacklog(): Promise<void> {
    const { backlog } = this;
    this.backlog = undefined;
    if (!backlog) return;
    const { messages, dropped } = backlog.result();
    this.matched += messages.length + dropped;
    this.dropped += dropped;
    await this.tell(messages);
  }

  private async progress(): Promise<void> {
    this.nextProgressMs = Date.now() + PROGRESS_MS;
    const progress = this.progressNow();
    const text = JSON.stringify(progress);
    if (text === this.toldProgress) return;
    this.toldProgress = text;
    await this.stream.send('progress', progress);
  }

  private progressNow(): SearchProgress {
    const positions = this.reader.positions();
    const { ends, ground, scanned, matched, dropped, isCaughtUp: caughtUp, total } = this;
    const partitions = [...new Set([...ends.keys(), ...positions.keys()])].sort((a, b) => a - b);
    return {
      scanned,
      matched,
      total,
      partitions: partitions.map((partition) => {
        const end = ends.get(partition) ?? 0;
        const offset = positions.get(partition) ?? end;
        return { partition, offset, end: Math.max(end, offset) };
      }),
      caughtUp,
      unavailable: ground.unavailable,
      dropped,
    };
  }
}

/** One after another, as each is told. */
function* messagesOf(records: readonly ConsumerRecord[]): Generator<MessageRecord> {
  for (const record of records) yield messageOf(record);
}
