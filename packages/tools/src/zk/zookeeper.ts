import * as zookeeper from 'node-zookeeper-client';
import { illegalArgument, ToolError } from '../tool-error';

const SESSION_TIMEOUT_MS = 30_000;
const CONNECTION_TIMEOUT_MS = 30_000;
const PERSISTENT = zookeeper.CreateMode.PERSISTENT;
const PERSISTENT_SEQUENTIAL = zookeeper.CreateMode.PERSISTENT_SEQUENTIAL;
const NO_NODE = zookeeper.Exception.NO_NODE;
const NODE_EXISTS = zookeeper.Exception.NODE_EXISTS;

const zookeeperError = (thrown: Error): ToolError => {
  const kind = (thrown as Error & { name?: string }).name?.toLowerCase().replaceAll('_', '') ?? 'unknown';
  return new ToolError(`org.apache.zookeeper.KeeperException$${kind}`, thrown.message);
};

/** The few ZooKeeper operations that the older tools need. Each rejects with `ToolError`. */
export class ZooKeeper {
  private constructor(private readonly client: zookeeper.Client) {}

  /** Connects to a connect string (`h1:2181,h2:2181/chroot`). Rejects after half a minute. */
  static async connect(connectString: string): Promise<ZooKeeper> {
    if (connectString.trim() === '') throw illegalArgument('A HostProvider may not be empty!');
    const client = zookeeper.createClient(connectString, { sessionTimeout: SESSION_TIMEOUT_MS, retries: 0 });
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        client.close();
        reject(
          new ToolError(
            'kafka.zookeeper.ZooKeeperClientTimeoutException',
            'Timed out waiting for connection while in state: CONNECTING',
          ),
        );
      }, CONNECTION_TIMEOUT_MS);
      client.once('connected', () => {
        clearTimeout(timer);
        resolve();
      });
      client.connect();
    });
    return new ZooKeeper(client);
  }

  private call<T>(run: (done: (error: Error | null | undefined, value?: T) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      run((error, value) => (error ? reject(error) : resolve(value as T)));
    });
  }

  private async orUndefined<T>(code: number, operation: Promise<T>): Promise<T | undefined> {
    try {
      return await operation;
    } catch (thrown) {
      if ((thrown as zookeeper.ZooKeeperError).getCode?.() === code) return undefined;
      throw zookeeperError(thrown as Error);
    }
  }

  /** A node's text; undefined where there is no such node. */
  async get(path: string): Promise<string | undefined> {
    const data = await this.orUndefined(
      NO_NODE,
      this.call<Buffer | undefined>((done) => this.client.getData(path, (error, bytes) => done(error, bytes))),
    );
    return data?.toString('utf8');
  }

  async exists(path: string): Promise<boolean> {
    const stat = await this.orUndefined(
      NO_NODE,
      this.call<unknown>((done) => this.client.exists(path, (error, found) => done(error, found))),
    );
    return Boolean(stat);
  }

  /** The names of a node's children, sorted; none where there is no such node. */
  async children(path: string): Promise<string[]> {
    return (await this.childrenAsGiven(path)).sort();
  }

  /** As `children`, in the order that ZooKeeper gives, which tools of Kafka's print. */
  async childrenAsGiven(path: string): Promise<string[]> {
    const names = await this.orUndefined(
      NO_NODE,
      this.call<string[]>((done) => this.client.getChildren(path, (error, found) => done(error, found))),
    );
    return names ?? [];
  }

  /** Creates a node. Returns false where it exists already. */
  async create(path: string, text = ''): Promise<boolean> {
    const created = await this.orUndefined(
      NODE_EXISTS,
      this.call<string>((done) =>
        this.client.create(path, Buffer.from(text), PERSISTENT, (error, made) => done(error, made)),
      ),
    );
    return created !== undefined;
  }

  async createSequential(path: string, text: string): Promise<void> {
    const operation = this.call<string>((done) =>
      this.client.create(path, Buffer.from(text), PERSISTENT_SEQUENTIAL, (error, made) => done(error, made)),
    );
    await operation.catch((thrown: Error) => {
      throw zookeeperError(thrown);
    });
  }

  /** Creates the nodes on the way to a path, and the node itself. */
  async createParents(path: string): Promise<void> {
    const names = path.split('/').slice(1);
    for (let depth = 1; depth <= names.length; depth++) await this.create(`/${names.slice(0, depth).join('/')}`);
  }

  /** Sets a node's text, creating it where it is missing. */
  async set(path: string, text: string): Promise<void> {
    const done = await this.orUndefined(
      NO_NODE,
      this.call<boolean>((finish) => this.client.setData(path, Buffer.from(text), -1, (error) => finish(error, true))),
    );
    if (done) return;
    await this.createParents(path.slice(0, path.lastIndexOf('/')));
    await this.create(path, text);
  }

  close(): void {
    this.client.close();
  }
}
