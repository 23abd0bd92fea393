import { checkPath } from '../znode-path';
import {
  type CreateMode,
  type SessionState,
  type WatchEvent,
  type ZNodeAcl,
  type ZNodeStat,
  ZooKeeperError,
  type ZooKeeperOperation,
  type ZooKeeperOperationResult,
  type ZooKeeperSession,
} from '../zookeeper';
import {
  createCall,
  deleteCall,
  existsCall,
  getAclCall,
  getChildrenCall,
  getDataCall,
  multiCall,
  setAclCall,
  setDataCall,
  syncCall,
} from './zookeeper-jute';
import type { SessionCore } from './zookeeper-session-core';
import type { WatchKind } from './zookeeper-watches';

const OPEN_ACL: readonly ZNodeAcl[] = [{ permissions: 31, scheme: 'world', id: 'anyone' }];

/** What a broker does in a session: every call is one message to the server, sent once. */
export class NodeZooKeeperSession implements ZooKeeperSession {
  constructor(private readonly core: SessionCore) {}

  get sessionId(): string {
    return this.core.sessionId.toString('hex');
  }

  get password(): Buffer {
    return this.core.password;
  }

  get sessionTimeoutMs(): number {
    return this.core.timeoutMs;
  }

  get state(): SessionState {
    return this.core.state;
  }

  onState(listener: (state: SessionState) => void): () => void {
    this.core.stateListeners.add(listener);
    return () => this.core.stateListeners.delete(listener);
  }

  onWatch(listener: (event: WatchEvent) => void): () => void {
    this.core.watchListeners.add(listener);
    return () => this.core.watchListeners.delete(listener);
  }

  async create(path: string, data: Buffer | null, mode: CreateMode, acls = OPEN_ACL): Promise<string> {
    // A sequential node's name may be nothing but its number.
    checkPath(mode.endsWith('sequential') ? `${path}1` : path);
    return this.core.clientPath(await this.core.call(createCall(this.core.wirePath(path), data, mode, acls)));
  }

  async exists(path: string, watch = false): Promise<ZNodeStat | null> {
    checkPath(path);
    try {
      return await this.core.call(existsCall(this.core.wirePath(path), watch), (error) => {
        if (!watch) return;
        if (error === null) this.core.watches.add('data', path);
        else if (error === 'NO_NODE') this.core.watches.add('exist', path);
      });
    } catch (error) {
      if (error instanceof ZooKeeperError && error.code === 'NO_NODE') return null;
      throw error;
    }
  }

  async getData(path: string, watch = false): Promise<{ data: Buffer | null; stat: ZNodeStat }> {
    checkPath(path);
    return this.core.call(getDataCall(this.core.wirePath(path), watch), this.watching('data', path, watch));
  }

  async getChildren(path: string, watch = false): Promise<{ children: string[]; stat: ZNodeStat }> {
    checkPath(path);
    return this.core.call(getChildrenCall(this.core.wirePath(path), watch), this.watching('child', path, watch));
  }

  async setData(path: string, data: Buffer | null, version: number): Promise<ZNodeStat> {
    checkPath(path);
    return this.core.call(setDataCall(this.core.wirePath(path), data, version));
  }

  async delete(path: string, version: number): Promise<void> {
    checkPath(path);
    return this.core.call(deleteCall(this.core.wirePath(path), version));
  }

  async multi(operations: readonly ZooKeeperOperation[]): Promise<ZooKeeperOperationResult[]> {
    for (const { path } of operations) checkPath(path);
    const onWire = operations.map((operation) => ({ ...operation, path: this.core.wirePath(operation.path) }));
    const results = await this.core.call(multiCall(onWire, operations, OPEN_ACL));
    return results.map((result) =>
      result.type === 'create' ? { ...result, path: this.core.clientPath(result.path) } : result,
    );
  }

  async sync(path: string): Promise<void> {
    checkPath(path);
    return this.core.call(syncCall(this.core.wirePath(path)));
  }

  async getAcl(path: string): Promise<{ acls: ZNodeAcl[]; stat: ZNodeStat }> {
    checkPath(path);
    return this.core.call(getAclCall(this.core.wirePath(path)));
  }

  async setAcl(path: string, acls: readonly ZNodeAcl[], version: number): Promise<ZNodeStat> {
    checkPath(path);
    return this.core.call(setAclCall(this.core.wirePath(path), acls, version));
  }

  close(): Promise<void> {
    return this.core.close();
  }

  /** Server and client note a watch only if the read that asked for it succeeded. */
  private watching(kind: WatchKind, path: string, watch: boolean): ((error: unknown) => void) | undefined {
    if (!watch) return undefined;
    return (error) => {
      if (error === null) this.core.watches.add(kind, path);
    };
  }
}
