import { checkPath } from '../znode-path';
import {
  type CreateMode,
  type SessionState,
  type WatchEvent,
  type ZNodeAcl,
  type ZNodeStat,
  ZooKeeperError,
  ZooKeeperMultiError,
  type ZooKeeperOperation,
  type ZooKeeperOperationResult,
  type ZooKeeperSession,
} from '../zookeeper';
import type { ServerConnection } from './coordination';
import type { SessionLink, WatchKind } from './zookeeper-session-link';

const OPEN_ACL: readonly ZNodeAcl[] = [{ permissions: 31, scheme: 'world', id: 'anyone' }];

/** What a broker does in a session: every call is one message to the server, sent once. */
export class SimulatedSession implements ZooKeeperSession {
  constructor(private readonly link: SessionLink) {}

  get sessionId(): string {
    return this.link.sessionId;
  }

  get password(): Buffer {
    return this.link.password;
  }

  get sessionTimeoutMs(): number {
    return this.link.timeoutMs;
  }

  get state(): SessionState {
    return this.link.state;
  }

  onState(listener: (state: SessionState) => void): () => void {
    this.link.stateListeners.add(listener);
    return () => this.link.stateListeners.delete(listener);
  }

  onWatch(listener: (event: WatchEvent) => void): () => void {
    this.link.watchListeners.add(listener);
    return () => this.link.watchListeners.delete(listener);
  }

  async create(path: string, data: Buffer | null, mode: CreateMode, acls = OPEN_ACL): Promise<string> {
    // A sequential node's name may be nothing but its number.
    checkPath(mode.endsWith('sequential') ? `${path}1` : path);
    return this.link.clientPath(
      await this.call(path, (server, wire, nowMs) => server.create(wire, data, mode, acls, nowMs)),
    );
  }

  async exists(path: string, watch = false): Promise<ZNodeStat | null> {
    checkPath(path);
    const wire = this.link.wirePath(path);
    let isThere = false;
    const run = (server: ServerConnection): ZNodeStat | null => {
      const stat = server.exists(wire, watch);
      isThere = stat !== null;
      return stat;
    };
    return this.link.call(path, run, (error) => {
      if (watch && error === null) this.link.watch(isThere ? 'data' : 'exist', path);
    });
  }

  async getData(path: string, watch = false): Promise<{ data: Buffer | null; stat: ZNodeStat }> {
    checkPath(path);
    return this.call(path, (server, wire) => server.getData(wire, watch), watch ? 'data' : null);
  }

  async getChildren(path: string, watch = false): Promise<{ children: string[]; stat: ZNodeStat }> {
    checkPath(path);
    return this.call(path, (server, wire) => server.getChildren(wire, watch), watch ? 'child' : null);
  }

  async setData(path: string, data: Buffer | null, version: number): Promise<ZNodeStat> {
    checkPath(path);
    return this.call(path, (server, wire, nowMs) => server.setData(wire, data, version, nowMs));
  }

  async delete(path: string, version: number): Promise<void> {
    checkPath(path);
    return this.call(path, (server, wire, nowMs) => server.delete(wire, version, nowMs));
  }

  async multi(operations: readonly ZooKeeperOperation[]): Promise<ZooKeeperOperationResult[]> {
    for (const { path } of operations) checkPath(path);
    const onWire = operations.map((operation) => ({ ...operation, path: this.link.wirePath(operation.path) }));
    try {
      const results = await this.link.call('/', (server, nowMs) => server.multi(onWire, nowMs));
      return results.map((result) =>
        result.type === 'create' ? { ...result, path: this.link.clientPath(result.path) } : result,
      );
    } catch (error) {
      if (!(error instanceof ZooKeeperMultiError)) throw error;
      throw new ZooKeeperMultiError(error.code, operations[error.failedIndex]!.path, error.failedIndex);
    }
  }

  async sync(path: string): Promise<void> {
    checkPath(path);
    return this.call(path, () => {});
  }

  async getAcl(path: string): Promise<{ acls: ZNodeAcl[]; stat: ZNodeStat }> {
    checkPath(path);
    return this.call(path, (server, wire) => server.getAcl(wire));
  }

  async setAcl(path: string, acls: readonly ZNodeAcl[], version: number): Promise<ZNodeStat> {
    checkPath(path);
    return this.call(path, (server, wire, nowMs) => server.setAcl(wire, acls, version, nowMs));
  }

  close(): Promise<void> {
    return this.link.close();
  }

  /** A call about one node. A watch is noted only if the read that asked for it succeeded. */
  private async call<Result>(
    path: string,
    run: (server: ServerConnection, wirePath: string, nowMs: number) => Result,
    watch: WatchKind | null = null,
  ): Promise<Result> {
    const wire = this.link.wirePath(path);
    const replied = (error: unknown): void => {
      if (watch && error === null) this.link.watch(watch, path);
    };
    try {
      return await this.link.call(path, (server, nowMs) => run(server, wire, nowMs), replied);
    } catch (error) {
      if (!(error instanceof ZooKeeperError)) throw error;
      throw new ZooKeeperError(error.code, path);
    }
  }
}
