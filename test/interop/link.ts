import net from 'node:net';

/** What came of some bytes sent: an answer's frame (without its length), the connection's end, or nothing. */
export type Outcome =
  | { readonly kind: 'answer'; readonly frame: Buffer; readonly elapsedMs: number }
  | { readonly kind: 'closed'; readonly elapsedMs: number }
  | { readonly kind: 'silence'; readonly elapsedMs: number };

interface Waiting {
  readonly startedMs: number;
  readonly timer: NodeJS.Timeout;
  resolve(outcome: Outcome): void;
}

/** A raw connection to one broker. One exchange at a time; a closed one is opened anew by the next exchange. */
export class Link {
  private socket: net.Socket | null = null;
  private received: Buffer = Buffer.alloc(0);
  private waiting: Waiting | null = null;

  constructor(private readonly port: number) {}

  /** Sends bytes as they are and takes the next frame, or what happens instead within `patienceMs`. */
  async exchange(bytes: Buffer, patienceMs: number): Promise<Outcome> {
    const socket = this.socket ?? (await this.open());
    return new Promise((resolve) => {
      const startedMs = performance.now();
      const timer = setTimeout(
        () => this.settle({ kind: 'silence', elapsedMs: performance.now() - startedMs }),
        patienceMs,
      );
      this.waiting = { startedMs, timer, resolve };
      socket.write(bytes);
      this.take();
    });
  }

  close(): void {
    this.socket?.destroy();
    this.socket = null;
    this.received = Buffer.alloc(0);
  }

  private open(): Promise<net.Socket> {
    return new Promise((resolve, reject) => {
      const socket = net.connect({ host: '127.0.0.1', port: this.port, noDelay: true });
      const ended = () => {
        if (this.socket !== socket) return;
        this.close();
        this.settle({ kind: 'closed', elapsedMs: this.elapsedMs() });
      };
      socket.once('error', reject);
      socket.on('error', ended);
      socket.on('close', ended);
      socket.on('end', ended);
      socket.on('data', (chunk) => {
        this.received = Buffer.concat([this.received, chunk]);
        this.take();
      });
      socket.on('connect', () => {
        this.socket = socket;
        resolve(socket);
      });
    });
  }

  private elapsedMs(): number {
    return this.waiting ? performance.now() - this.waiting.startedMs : 0;
  }

  private take(): void {
    if (!this.waiting || this.received.length < 4) return;
    const end = 4 + this.received.readInt32BE(0);
    if (this.received.length < end) return;
    const frame = this.received.subarray(4, end);
    this.received = this.received.subarray(end);
    this.settle({ kind: 'answer', frame, elapsedMs: this.elapsedMs() });
  }

  private settle(outcome: Outcome): void {
    const { waiting } = this;
    if (!waiting) return;
    this.waiting = null;
    clearTimeout(waiting.timer);
    waiting.resolve(outcome);
  }
}
