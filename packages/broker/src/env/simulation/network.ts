import { crc32c } from '@odradek/protocol/records/crc32c';
import {
  type Connection,
  ConnectionRefusedError,
  type ConnectOptions,
  type Listening,
  type ListenOptions,
  type Network,
  type Receiver,
} from '../network';
import type { SimulatedProcess } from './clock';
import type { ChannelEnd, Fabric, Host } from './fabric';
import type { SeededRandom } from './random';

/** Bytes that are on their way or unread at most: the buffers of both systems. */
const WINDOW_BYTES = 256 * 1024;
/** One read in so many gets a part of what is there. */
const SHORT_READ_ONE_IN = 16;
const SEND_MS_PER_WRITE = 0.005;

interface Write {
  bytes: Buffer;
  readonly written: (() => void) | undefined;
}

/** One end of a byte stream between two simulated processes. */
class SimulatedConnection implements Connection {
  private receiver: Receiver | null = null;
  private target: Buffer | null = null;
  private isPaused = false;
  private isDelivering = false;
  /** `end` was called: what is queued still goes. */
  private isEnding = false;
  private isOver = false;
  private hasPeerEnded = false;
  private wasEndTold = false;
  private inbox: Buffer[] = [];
  private outbox: Write[] = [];
  private sentBytes = 0;
  private readBytes = 0;

  constructor(
    private readonly channel: ChannelEnd,
    private readonly random: SeededRandom,
  ) {}

  get remoteAddress(): string {
    return this.channel.remote.host.address;
  }

  get remotePort(): number {
    return this.channel.remote.port;
  }

  get localAddress(): string {
    return this.channel.host.address;
  }

  get localPort(): number {
    return this.channel.port;
  }

  get queuedBytes(): number {
    return this.outbox.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  private get process(): SimulatedProcess {
    return this.channel.process;
  }

  start(receiver: Receiver): void {
    this.receiver = receiver;
    this.target = receiver.target();
    this.channel.listen({
      message: (message) =>
        typeof message === 'number' ? this.acknowledged(message) : this.arrived(message as Buffer),
      closed: (isReset) => {
        this.hasPeerEnded = true;
        if (isReset) this.over(new Error('read ECONNRESET'));
        else this.deliver();
      },
    });
  }

  resume(): void {
    this.isPaused = false;
    this.deliverSoon();
  }

  write(chunks: readonly Buffer[], written?: () => void): void {
    if (this.isOver || this.isEnding) {
      if (written) this.process.soon(written);
      return;
    }
    this.process.spend(SEND_MS_PER_WRITE);
    this.outbox.push({ bytes: Buffer.concat(chunks), written });
    this.pump();
  }

  end(): void {
    this.isEnding = true;
    this.pump();
  }

  destroy(): void {
    if (this.isOver) return;
    // A system that throws away what nobody has read says so by a reset.
    this.channel.close(this.inbox.length > 0 || this.outbox.length > 0);
    this.process.soon(() => this.over());
  }

  private pump(): void {
    while (this.outbox.length > 0 && this.sentBytes < WINDOW_BYTES && !this.isOver) {
      const first = this.outbox[0]!;
      const part = first.bytes.subarray(0, WINDOW_BYTES - this.sentBytes);
      first.bytes = first.bytes.subarray(part.length);
      this.sentBytes += part.length;
      this.channel.send(part);
      if (first.bytes.length > 0) return;
      this.outbox.shift();
      if (first.written) this.process.soon(first.written);
    }
    if (!this.isEnding || this.outbox.length > 0 || this.isOver) return;
    this.channel.close(false);
    this.process.soon(() => this.over());
  }

  private acknowledged(bytes: number): void {
    this.sentBytes -= bytes;
    this.pump();
  }

  private arrived(bytes: Buffer): void {
    this.process.time.trace.note(crc32c(bytes));
    this.inbox.push(bytes);
    this.deliver();
  }

  private deliverSoon(): void {
    if (this.isDelivering) return;
    this.isDelivering = true;
    this.process.soon(() => {
      this.isDelivering = false;
      this.deliver();
    });
  }

  /** One read; the next comes in a turn of its own. */
  private deliver(): void {
    const { receiver, target } = this;
    if (this.isOver || this.isPaused || this.isDelivering || !receiver || !target) return;
    if (this.inbox.length === 0) {
      if (this.hasPeerEnded) this.tellEnd(receiver);
      return;
    }
    const bytes = this.readInto(target);
    this.acknowledge(bytes);
    this.isPaused = !receiver.received(bytes);
    this.target = receiver.target();
    if (this.inbox.length > 0 || this.hasPeerEnded) this.deliverSoon();
  }

  private readInto(target: Buffer): number {
    const isShort = this.random.oneIn(SHORT_READ_ONE_IN);
    const limit = isShort ? 1 + this.random.below(target.length) : target.length;
    let done = 0;
    while (done < limit && this.inbox.length > 0) {
      const chunk = this.inbox[0]!;
      const taken = chunk.copy(target, done, 0, limit - done);
      done += taken;
      if (taken === chunk.length) this.inbox.shift();
      else this.inbox[0] = chunk.subarray(taken);
    }
    return done;
  }

  private acknowledge(bytes: number): void {
    this.readBytes += bytes;
    if (this.readBytes < WINDOW_BYTES / 2) return;
    this.channel.signal(this.readBytes);
    this.readBytes = 0;
  }

  private tellEnd(receiver: Receiver): void {
    if (this.wasEndTold) return;
    this.wasEndTold = true;
    if (receiver.ended) receiver.ended();
    else this.end();
  }

  private over(reason?: Error): void {
    if (this.isOver) return;
    this.isOver = true;
    this.inbox = [];
    for (const { written } of this.outbox.splice(0)) written?.();
    this.receiver?.closed(reason);
  }
}

/** The network as one process on a host of the fabric sees it. */
export class SimulatedNetwork implements Network {
  constructor(
    private readonly fabric: Fabric,
    private readonly host: Host,
    private readonly process: SimulatedProcess,
    private readonly random: SeededRandom,
  ) {}

  async listen({ host, port }: ListenOptions, accept: (connection: Connection) => void): Promise<Listening> {
    const bound = port === 0 ? this.host.nextPort() : port;
    const close = this.host.listen(bound, this.process, (end) => accept(new SimulatedConnection(end, this.random)));
    if (close === null) throw systemError('EADDRINUSE', `listen EADDRINUSE: address already in use ${host}:${port}`);
    return { host: this.host.address, port: bound, close: async () => close() };
  }

  connect({ host, port, timeoutMs }: ConnectOptions): Promise<Connection> {
    const to = this.find(host);
    return new Promise((resolve, reject) => {
      if (to === undefined) {
        this.process.soon(() => reject(systemError('ENOTFOUND', `getaddrinfo ENOTFOUND ${host}`)));
        return;
      }
      let isWanted = true;
      const timer = this.process.after(timeoutMs, () => {
        isWanted = false;
        reject(new Error(`no connection to ${host}:${port} within ${timeoutMs} ms`));
      });
      const done = (end: ChannelEnd | null): void => {
        timer.cancel();
        if (!isWanted) end?.close(true);
        else if (end === null) reject(new ConnectionRefusedError(`connect ECONNREFUSED ${to.address}:${port}`));
        else resolve(new SimulatedConnection(end, this.random));
      };
      this.fabric.dial(this.process, this.host, to, port, { isWanted: () => isWanted, done });
    });
  }

  async resolve(host: string): Promise<string | null> {
    return this.find(host)?.address ?? null;
  }

  private find(host: string): Host | undefined {
    return host === 'localhost' || host === '127.0.0.1' ? this.host : this.fabric.find(host);
  }
}

function systemError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
