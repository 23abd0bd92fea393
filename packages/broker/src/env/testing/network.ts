import type { Clock } from '../clock';
import {
  type Connection,
  ConnectionRefusedError,
  type ConnectOptions,
  type Listening,
  type ListenOptions,
  type Network,
  type Receiver,
} from '../network';

/** Bytes that one direction of a connection takes before the sender's `queuedBytes` grows: a socket buffer. */
const PIPE_BYTES = 64 * 1024;

interface Write {
  readonly bytes: Buffer;
  readonly written: () => void;
}

/** One end of a connection in memory. Bytes move in later turns of the clock, never within a call. */
class MemoryConnection implements Connection {
  readonly remoteAddress = '127.0.0.1';
  readonly localAddress = '127.0.0.1';
  peer!: MemoryConnection;
  private receiver: Receiver | null = null;
  private target: Buffer | null = null;
  private paused = false;
  private scheduled = false;
  private over = false;
  private ended = false;
  private peerEnded = false;
  private inbox: Buffer[] = [];
  private outbox: Write[] = [];

  constructor(
    private readonly clock: Clock,
    readonly localPort: number,
    readonly remotePort: number,
  ) {}

  get queuedBytes(): number {
    return this.outbox.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  private get inboxBytes(): number {
    return this.inbox.reduce((sum, bytes) => sum + bytes.length, 0);
  }

  start(receiver: Receiver): void {
    this.receiver = receiver;
    this.target = receiver.target();
    this.schedule();
  }

  resume(): void {
    this.paused = false;
    this.schedule();
  }

  write(chunks: readonly Buffer[], written: () => void = () => {}): void {
    if (this.over || this.ended) this.clock.soon(written);
    else this.outbox.push({ bytes: Buffer.concat(chunks), written });
    this.schedule();
  }

  end(): void {
    this.ended = true;
    this.schedule();
  }

  destroy(): void {
    if (this.over) return;
    this.clock.soon(() => {
      this.finish();
      this.peer.finish(new Error('read ECONNRESET'));
    });
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.clock.soon(() => {
      this.scheduled = false;
      this.send();
      this.deliver();
    });
  }

  private send(): void {
    if (this.outbox.length > 0 && this.peer.over) this.finish(new Error('write ECONNRESET'));
    while (this.outbox.length > 0 && this.peer.inboxBytes < PIPE_BYTES && !this.over) {
      const { bytes, written } = this.outbox.shift()!;
      const room = PIPE_BYTES - this.peer.inboxBytes;
      this.peer.inbox.push(Buffer.from(bytes.subarray(0, room)));
      if (bytes.length > room) this.outbox.unshift({ bytes: bytes.subarray(room), written });
      else this.clock.soon(written);
      this.peer.schedule();
    }
    if (this.ended && this.outbox.length === 0 && !this.over) {
      this.finish();
      this.peer.schedule();
    }
  }

  private deliver(): void {
    while (this.receiver && this.target && !this.paused && !this.over && this.inbox.length > 0) {
      const chunk = this.inbox[0]!;
      const bytes = chunk.copy(this.target);
      if (bytes === chunk.length) this.inbox.shift();
      else this.inbox[0] = chunk.subarray(bytes);
      this.paused = !this.receiver.received(bytes);
      this.target = this.receiver.target();
      this.peer.schedule();
    }
    if (this.peer.over && this.inbox.length === 0 && !this.paused && !this.peerEnded) {
      this.peerEnded = true;
      if (this.receiver?.ended) this.receiver.ended();
      else this.finish();
    }
  }

  private finish(reason?: Error): void {
    if (this.over) return;
    this.over = true;
    for (const { written } of this.outbox.splice(0)) written();
    this.receiver?.closed(reason);
  }
}

/** Connections within the process, driven by a clock: what a test's world is made of. */
export class MemoryNetwork implements Network {
  private readonly listeners = new Map<number, (connection: Connection) => void>();
  private nextPort = 20_000;

  constructor(private readonly clock: Clock) {}

  async listen({ host, port }: ListenOptions, accept: (connection: Connection) => void): Promise<Listening> {
    const bound = port === 0 ? this.nextPort++ : port;
    if (this.listeners.has(bound)) throw new Error(`listen EADDRINUSE: address already in use ${host}:${port}`);
    this.listeners.set(bound, accept);
    return {
      host,
      port: bound,
      close: async () => {
        this.listeners.delete(bound);
      },
    };
  }

  async connect({ host, port }: ConnectOptions): Promise<Connection> {
    const accept = this.listeners.get(port);
    if (!accept) throw new ConnectionRefusedError(`connect ECONNREFUSED ${host}:${port}`);
    const clientPort = this.nextPort++;
    const client = new MemoryConnection(this.clock, clientPort, port);
    const server = new MemoryConnection(this.clock, port, clientPort);
    client.peer = server;
    server.peer = client;
    accept(server);
    return client;
  }

  /** Addresses stand for themselves. */
  async resolve(host: string): Promise<string | null> {
    if (host === 'localhost') return '127.0.0.1';
    return /^[\d.]+$|:/.test(host) ? host : null;
  }
}
