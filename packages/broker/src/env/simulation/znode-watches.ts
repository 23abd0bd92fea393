import type { WatchEvent } from '../zookeeper';

type Kind = 'data' | 'child';

/** Which watches a change ends; a watcher hears of it once (DataTree, WatchManager.triggerWatch). */
const ENDED_BY: Readonly<Record<WatchEvent['type'], readonly Kind[]>> = {
  created: ['data'],
  'data-changed': ['data'],
  deleted: ['data', 'child'],
  'children-changed': ['child'],
};

/** The one-shot watches that a server keeps, each for one of its connections. */
export class ServerWatches<Watcher> {
  private readonly byPath: Readonly<Record<Kind, Map<string, Set<Watcher>>>> = { data: new Map(), child: new Map() };
  private readonly byWatcher = new Map<Watcher, Set<string>>();

  add(kind: Kind, path: string, watcher: Watcher): void {
    const watchers = this.byPath[kind].get(path) ?? new Set();
    this.byPath[kind].set(path, watchers.add(watcher));
    const paths = this.byWatcher.get(watcher) ?? new Set();
    this.byWatcher.set(watcher, paths.add(path));
  }

  /** Who has to be told of a change; they will not be told again. */
  take({ type, path }: WatchEvent): Set<Watcher> {
    const told = new Set<Watcher>();
    for (const kind of ENDED_BY[type]) {
      for (const watcher of this.byPath[kind].get(path) ?? []) told.add(watcher);
      this.byPath[kind].delete(path);
    }
    return told;
  }

  /** A connection is gone, and its watches with it. */
  forget(watcher: Watcher): void {
    for (const path of this.byWatcher.get(watcher) ?? []) {
      for (const watchers of [this.byPath.data, this.byPath.child]) {
        const set = watchers.get(path);
        if (set?.delete(watcher) && set.size === 0) watchers.delete(path);
      }
    }
    this.byWatcher.delete(watcher);
  }
}
