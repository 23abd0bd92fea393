import { connect, type Socket } from 'node:net';
import type { ZooKeeperHost } from './zookeeper-hosts';

/** Kafka raises the client's jute.maxbuffer to this. */
export const MAX_FRAME_BYTES = 4 * 1024 * 1024;

export interface ConnectionEvents {
  opened(): void;
  /** One message, without its length. A view of memory that nobody writes to again. */
  frame(frame: Buffer): void;
  /** The connection is over, once. */
  closed(reason: string): void;
}

/**
 * One TCP connection to a ZooKeeper server, in frames of a length and that many bytes. Whatever it holds of an
 * unfinished frame ends with it.
 */
export class ZooKeeperConnection {
  private readonly socket: Socket;
  private partial: Buffer[] = [];
  private partialBytes = 0;
  private corked = false;
  private reason: string | null = null;
  private isOver = false;
  lastSentMs = performance.now();
  lastReceivedMs = performance.now();
  /** When the first message after the last thing received was sent; infinite where there is none. */
  unansweredSinceMs = Number.POSITIVE_INFINITY;

  constructor(
    host: ZooKeeperHost,
    private readonly events: ConnectionEvents,
  ) {
    this.socket = connect({ host: host.host, port: host.port, noDelay: true, keepAlive: true });
    this.socket.on('connect', () => events.opened());
    this.socket.on('data', (chunk: Buffer) => this.onData(chunk));
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      // A name with several addresses fails with an AggregateError, which has no message.
      this.reason ??= error.message || (error.code ?? error.name);
    });
    this.socket.on('end', () => this.drop('the server closed the connection'));
    this.socket.on('close', () => this.over(this.reason ?? 'the server closed the connection'));
  }

  /** Sends a message that carries its length. What is sent in one turn goes out in one write. */
  send(message: Buffer): void {
    this.lastSentMs = performance.now();
    this.unansweredSinceMs = Math.min(this.unansweredSinceMs, this.lastSentMs);
    if (!this.corked) {
      this.corked = true;
      this.socket.cork();
      process.nextTick(() => {
        this.corked = false;
        this.socket.uncork();
      });
    }
    this.socket.write(message);
  }

  /** Closes at once; `closed` has been called when this returns. */
  drop(reason: string): void {
    this.reason ??= reason;
    this.socket.destroy();
    this.over(this.reason);
  }

  private over(reason: string): void {
    if (this.isOver) return;
    this.isOver = true;
    this.partial = [];
    this.events.closed(reason);
  }

  private onData(chunk: Buffer): void {
    this.lastReceivedMs = performance.now();
    this.unansweredSinceMs = Number.POSITIVE_INFINITY;
    this.partial.push(chunk);
    this.partialBytes += chunk.length;
    // Joined only once a frame is whole: a large one arrives in hundreds of pieces.
    while (!this.isOver && this.partialBytes >= 4) {
      const first = this.partial[0]!;
      const head = first.length >= 4 ? first : Buffer.concat(this.partial);
      const length = head.readInt32BE(0);
      if (length < 0 || length > MAX_FRAME_BYTES) {
        this.drop(`Packet len ${length} is out of range!`);
        return;
      }
      if (this.partialBytes < 4 + length) {
        if (head !== first) this.partial = [head];
        return;
      }
      const bytes = this.partial.length === 1 ? first : Buffer.concat(this.partial);
      const rest = bytes.subarray(4 + length);
      this.partial = rest.length > 0 ? [rest] : [];
      this.partialBytes = rest.length;
      this.events.frame(bytes.subarray(4, 4 + length));
    }
  }
}
