import { Metadata } from '@odradek/protocol/messages/metadata';
import type { ResponseOf } from '@odradek/protocol/schema/api';
import type { Log } from '../print';
import { configException, timeoutError } from '../tool-error';
import { type Address, parseBootstrapServers, resolveHost } from './addresses';
import { type AnyApi, Connection, DisconnectError, type RequestFor, type TrafficObserver } from './connection';

const NETWORK_CLIENT = 'org.apache.kafka.clients.NetworkClient';
const CLIENT_UTILS = 'org.apache.kafka.clients.ClientUtils';
const RECONNECT_BACKOFF_JITTER = 0.2;
const INT_MAX = 0x7fffffff;

export interface ClientOptions {
  readonly bootstrapServers: string;
  readonly clientId: string;
  /** How the client's log lines begin: `[AdminClient clientId=adminclient-1] `. */
  readonly logPrefix: string;
  readonly log: Log;
  readonly requestTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly reconnectBackoffMs: number;
  readonly reconnectBackoffMaxMs: number;
  /** Producers and consumers also report a bootstrap broker that they lose. */
  readonly reportsBootstrap: boolean;
  readonly observer?: TrafficObserver | undefined;
}

export interface Node extends Address {
  readonly id: number;
  readonly rack: string | null;
}

/** As Kafka's clients print a node. */
export const nodeText = (node: Node): string => `${node.host}:${node.port} (id: ${node.id} rack: ${node.rack})`;

interface Link {
  node: Node;
  connection?: Connection;
  opening?: Promise<Connection>;
  failures: number;
  notBeforeMs: number;
}

/**
 * A small Kafka client: finds brokers from a bootstrap list, keeps one connection to each, negotiates versions, and
 * tells of brokers that it cannot reach in the words of Kafka's NetworkClient.
 */
export class KafkaClient {
  private readonly links = new Map<number, Link>();
  /** The bootstrap list, as nodes with ids from -1 down. */
  readonly bootstrapNodes: readonly Node[];
  private known: Node[] = [];
  private lastUsed = 0;
  private closed = false;
  controllerId = -1;
  clusterId: string | null = null;

  constructor(readonly options: ClientOptions) {
    const addresses = parseBootstrapServers(options.bootstrapServers);
    if (addresses.length === 0) throw configException('No resolvable bootstrap urls given in bootstrap.servers');
    this.bootstrapNodes = addresses.map((address, index) => ({ ...address, id: -1 - index, rack: null }));
  }

  /** Fails where no bootstrap name can be resolved, warning of each that cannot: what creating a Java client does. */
  async checkBootstrap(): Promise<void> {
    let resolvable = 0;
    for (const { host, port } of this.bootstrapNodes) {
      try {
        await resolveHost(host);
        resolvable++;
      } catch {
        const text = `${host}:${port} from bootstrap.servers as DNS resolution failed for ${host}`;
        this.options.log('WARN', `Couldn't resolve server ${text}`, CLIENT_UTILS);
      }
    }
    if (resolvable === 0) throw configException('No resolvable bootstrap urls given in bootstrap.servers');
  }

  /** The brokers of the last metadata; empty before the first. */
  get nodes(): readonly Node[] {
    return this.known;
  }

  node(id: number): Node | undefined {
    return this.known.find((node) => node.id === id);
  }

  /** Asks any broker for metadata and remembers brokers and controller. `null` topics: all of them. */
  async metadata(
    topics: readonly string[] | null,
    deadlineMs: number,
    allowAutoTopicCreation = false,
  ): Promise<ResponseOf<typeof Metadata>> {
    const response = await this.sendToAny(
      Metadata,
      { topics: topics?.map((name) => ({ name })) ?? null, allowAutoTopicCreation },
      deadlineMs,
    );
    this.remember(response);
    return response;
  }

  /** Takes brokers and controller from a metadata answer. */
  remember(response: ResponseOf<typeof Metadata>): void {
    if (response.brokers.length > 0) {
      this.known = response.brokers.map(({ nodeId, host, port, rack }) => ({ id: nodeId, host, port, rack }));
    }
    this.controllerId = response.controllerId;
    this.clusterId = response.clusterId;
    for (const node of this.known) {
      const link = this.links.get(node.id);
      if (link && (link.node.host !== node.host || link.node.port !== node.port)) {
        link.connection?.close();
        this.links.delete(node.id);
      }
    }
  }

  /** Sends to whichever broker can be reached, trying them in turn until the deadline. */
  async sendToAny<A extends AnyApi>(api: A, request: RequestFor<A>, deadlineMs: number): Promise<ResponseOf<A>> {
    for (;;) {
      const { connection } = await this.connectAny(deadlineMs);
      try {
        return await connection.send(api, request, this.requestTimeout(deadlineMs));
      } catch (thrown) {
        if (!(thrown instanceof DisconnectError) || Date.now() >= deadlineMs) throw thrown;
      }
    }
  }

  /** Sends to one broker. Rejects with `DisconnectError` where it cannot be reached or is lost. */
  async sendTo<A extends AnyApi>(
    nodeId: number,
    api: A,
    request: RequestFor<A>,
    timeoutMs = this.options.requestTimeoutMs,
  ): Promise<ResponseOf<A>> {
    const connection = await this.connectTo(nodeId);
    return connection.send(api, request, timeoutMs);
  }

  /**
   * Sends to a coordinator over a connection of its own, as Java's consumers do: neither a long poll nor a join that
   * waits for other members may hold up the rest.
   */
  async sendToCoordinator<A extends AnyApi>(
    { id, ...coordinator }: Node,
    api: A,
    request: RequestFor<A>,
    timeoutMs = this.options.requestTimeoutMs,
  ): Promise<ResponseOf<A>> {
    const connection = await this.open({ ...coordinator, id: INT_MAX - id });
    return connection.send(api, request, timeoutMs);
  }

  /** An open connection to a known broker. Rejects with `DisconnectError` while it is unreachable. */
  async connectTo(nodeId: number): Promise<Connection> {
    const node = this.node(nodeId) ?? this.bootstrapNodes.find(({ id }) => id === nodeId);
    if (!node) throw new DisconnectError();
    return this.open(node);
  }

  /** An open connection to any broker, reconnecting with backoff until the deadline. */
  async connectAny(deadlineMs: number): Promise<{ node: Node; connection: Connection }> {
    for (;;) {
      const candidates = this.known.length > 0 ? this.known : this.bootstrapNodes;
      for (const node of candidates) {
        const connection = this.links.get(node.id)?.connection;
        if (connection?.isOpen) return { node, connection };
      }
      const node = this.soonest(candidates);
      const wait = this.waitMs(node);
      const left = deadlineMs - Date.now();
      if (wait >= left) {
        await sleep(Math.max(left, 0));
        throw timeoutError('Timed out waiting for a node assignment.');
      }
      try {
        return { node, connection: await this.open(node) };
      } catch (thrown) {
        if (this.closed || !(thrown instanceof DisconnectError)) throw thrown;
      }
    }
  }

  /** The node that may be tried first; those that may be tried at once take turns. */
  private soonest(candidates: readonly Node[]): Node {
    const start = this.lastUsed++ % candidates.length;
    const turned = [...candidates.slice(start), ...candidates.slice(0, start)];
    return turned.reduce((best, node) => (this.waitMs(node) < this.waitMs(best) ? node : best));
  }

  private requestTimeout(deadlineMs: number): number {
    return Math.max(1, Math.min(this.options.requestTimeoutMs, deadlineMs - Date.now()));
  }

  private link(node: Node): Link {
    const known = this.links.get(node.id);
    if (known && known.node.host === node.host && known.node.port === node.port) return known;
    known?.connection?.close();
    const link: Link = { node, failures: 0, notBeforeMs: 0 };
    this.links.set(node.id, link);
    return link;
  }

  private waitMs(node: Node): number {
    return Math.max(0, this.link(node).notBeforeMs - Date.now());
  }

  private async open(node: Node): Promise<Connection> {
    if (this.closed) throw new DisconnectError();
    const link = this.link(node);
    if (link.connection?.isOpen) return link.connection;
    link.opening ??= this.attempt(link).finally(() => {
      link.opening = undefined;
    });
    return link.opening;
  }

  private async attempt(link: Link): Promise<Connection> {
    const wait = this.waitMs(link.node);
    if (wait > 0) await sleep(wait);
    const { host, port } = link.node;
    const { clientId, connectTimeoutMs, observer } = this.options;
    const traffic = observer && { observer, nodeId: link.node.id };
    let addresses: string[];
    try {
      addresses = await resolveHost(host);
    } catch {
      this.backOff(link);
      this.warn(`Error connecting to node ${nodeText(link.node)}`);
      throw new DisconnectError();
    }
    for (const ip of addresses) {
      try {
        const connection = await Connection.open(ip, port, clientId, connectTimeoutMs, traffic);
        if (this.closed) connection.close();
        link.connection = connection;
        link.failures = 0;
        link.notBeforeMs = 0;
        return connection;
      } catch (thrown) {
        if (!(thrown instanceof DisconnectError)) throw thrown;
        this.reportFailure(link.node, ip, thrown.message === 'connect');
      }
    }
    this.backOff(link);
    throw new DisconnectError();
  }

  private reportFailure(node: Node, ip: string, refused: boolean): void {
    if (this.closed) return;
    const name = node.host === ip ? '' : node.host;
    const address = `${name}/${ip.includes(':') ? `[${ip}]` : ip}:${node.port}`;
    if (refused) {
      this.warn(`Connection to node ${node.id} (${address}) could not be established. Node may not be available.`);
    }
    if (this.options.reportsBootstrap && node.id < 0) this.warn(`Bootstrap broker ${nodeText(node)} disconnected`);
  }

  private backOff(link: Link): void {
    const { reconnectBackoffMs, reconnectBackoffMaxMs } = this.options;
    const base = Math.min(
      reconnectBackoffMs * 2 ** link.failures++,
      Math.max(reconnectBackoffMs, reconnectBackoffMaxMs),
    );
    const jitter = 1 + RECONNECT_BACKOFF_JITTER * (2 * Math.random() - 1);
    link.notBeforeMs = Date.now() + base * jitter;
  }

  private warn(message: string): void {
    this.options.log('WARN', this.options.logPrefix + message, NETWORK_CLIENT);
  }

  /** Closes all connections. */
  close(): void {
    this.closed = true;
    for (const { connection } of this.links.values()) connection?.close();
  }
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
