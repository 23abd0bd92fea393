import type { ConsumerRecord } from '@odradek/tools/client/consumed';
import type { MessageRecord, Payload } from '../api';
import { messageOf } from './payload';

/** What a search holds back at most. Buffers count in no limit that a thread has: too many are the broker's end. */
export const MAX_NEWEST_BYTES = 24 * 1024 * 1024;
/** So much more may gather before it is looked what can go. */
const SLACK = 1.25;
/** A message's fields and what holds it. */
const MESSAGE_BYTES = 256;

/**
 * The newest of all messages that are found, as many as are wanted and fit. They are kept as they are shown: a record is a
 * part of what was fetched with it, and would keep all of that.
 */
export class Newest {
  private messages: MessageRecord[] = [];
  private bytes = 0;
  /** What is older than this is not among the newest. */
  private sinceMs = Number.NEGATIVE_INFINITY;
  private found = 0;

  constructor(
    private readonly count: number,
    private readonly maxBytes = MAX_NEWEST_BYTES,
  ) {}

  add(records: readonly ConsumerRecord[]): void {
    this.found += records.length;
    for (const record of records) {
      if (record.timestamp < this.sinceMs) continue;
      const message = messageOf(record);
      this.messages.push(message);
      this.bytes += sizeOf(message);
      if (this.bytes > this.maxBytes * SLACK || this.messages.length > 2 * this.count + 1) this.trim();
    }
  }

  /** In the order of their times, and how many of those wanted had no room. */
  result(): { readonly messages: readonly MessageRecord[]; readonly dropped: number } {
    this.trim();
    return { messages: this.messages, dropped: Math.min(this.count, this.found) - this.messages.length };
  }

  private trim(): void {
    const sorted = this.messages.sort((a, b) => a.timestamp - b.timestamp);
    let from = sorted.length;
    let bytes = 0;
    while (from > 0 && sorted.length - from < this.count) {
      const size = sizeOf(sorted[from - 1]!);
      if (bytes + size > this.maxBytes) break;
      bytes += size;
      from--;
    }
    if (from > 0) this.sinceMs = Math.max(this.sinceMs, sorted[from - 1]!.timestamp);
    this.messages = sorted.slice(from);
    this.bytes = bytes;
  }
}

const lengthOf = (payload: Payload | null): number => payload?.data.length ?? 0;

/** About what a message takes in memory, and in an event. */
export function sizeOf({ key, value, headers }: MessageRecord): number {
  let bytes = MESSAGE_BYTES + lengthOf(key) + lengthOf(value);
  for (const header of headers) bytes += MESSAGE_BYTES + header.key.length + lengthOf(header.value);
  return bytes;
}
