import type { WatchEvent } from '../zookeeper';
import { type Call, setWatchesCall } from './zookeeper-jute';

/** Java's client puts no more paths than this into one SetWatches, so that a server's jute.maxbuffer is never met. */
const SET_WATCHES_MAX_BYTES = 128 * 1024;

export type WatchKind = 'data' | 'exist' | 'child';

/** Which kinds of watch an event ends. */
const ENDED_BY: Readonly<Record<WatchEvent['type'], readonly WatchKind[]>> = {
  created: ['data', 'exist'],
  'data-changed': ['data', 'exist'],
  deleted: ['data', 'exist', 'child'],
  'children-changed': ['child'],
};

/** The one-shot watches of a session that have not fired, so that another server can be told of them. */
export class Watches {
  private readonly paths: Readonly<Record<WatchKind, Set<string>>> = {
    data: new Set(),
    exist: new Set(),
    child: new Set(),
  };

  add(kind: WatchKind, path: string): void {
    this.paths[kind].add(path);
  }

  /** Whether anybody watched for this event; it will not come again. */
  take({ type, path }: WatchEvent): boolean {
    let watched = false;
    for (const kind of ENDED_BY[type]) watched = this.paths[kind].delete(path) || watched;
    return watched;
  }

  /** The messages that set every watch again; what has changed since `lastZxid` fires at once. */
  restore(lastZxid: Buffer, wirePath: (path: string) => string): Call<void>[] {
    const calls: Call<void>[] = [];
    let batch: Record<WatchKind, string[]> = { data: [], exist: [], child: [] };
    let bytes = 0;
    const flush = (): void => {
      if (bytes > 0) calls.push(setWatchesCall(lastZxid, batch.data, batch.exist, batch.child));
      batch = { data: [], exist: [], child: [] };
      bytes = 0;
    };
    for (const kind of ['data', 'exist', 'child'] as const) {
      for (const path of this.paths[kind]) {
        const wire = wirePath(path);
        const size = 4 + Buffer.byteLength(wire);
        if (bytes + size > SET_WATCHES_MAX_BYTES) flush();
        batch[kind].push(wire);
        bytes += size;
      }
    }
    flush();
    return calls;
  }
}
