import net from 'node:net';
import { HOST } from './calls';

const RECEIVE_BYTES = 512 * 1024;
/** All connections of the process receive into it, one callback at a time. */
const receiveBuffer = Buffer.allocUnsafeSlow(RECEIVE_BYTES);

/** What a link needs of one kind of request. */
export interface Traffic {
  /** Requests as they go out, one after the other in one buffer, all of one size: slot after slot, round and round. */
  readonly ring: Buffer;
  readonly requestBytes: number;
  readonly inFlight: number;
  /** Where in an answer (length included) the error code stands that must be 0. */
  readonly errorCodeAt: number;
  /** Changes a slot for its next use: nobody reads it any more, since its answer has come. */
  prepare(slot: number): void;
}

/** A connection that keeps requests in flight. It reads of each answer no more than it must: the broker is on trial. */
export class Link {
  readonly opened: Promise<void>;
  private readonly socket: net.Socket;
  private readonly slots: number;
  private nextSlot = 0;
  private pending = 0;
  /** Bytes of the current answer that need not be looked at. */
  private skip = 0;
  private readonly head: Buffer;
  private headBytes = 0;
  private answers = 0;
  private stopped = false;

  /**
   * @param answered called for each answer, in order, with its bytes
   * @param failed called once
   */
  constructor(
    port: number,
    private readonly traffic: Traffic,
    private readonly answered: (frameBytes: number) => void,
    private readonly failed: (error: Error) => void,
  ) {
    this.slots = traffic.ring.length / traffic.requestBytes;
    this.head = Buffer.alloc(traffic.errorCodeAt + 2);
    const onread = {
      buffer: receiveBuffer,
      callback: (bytes: number) => {
        this.received(bytes);
        return true;
      },
    };
    this.socket = net.connect({ host: HOST, port, noDelay: true, onread });
    this.opened = new Promise((resolve) => this.socket.once('connect', resolve));
    this.socket.once('error', (error) => this.fail(error));
    this.socket.once('close', () => this.fail(new Error('the broker closed the connection')));
  }

  get room(): number {
    return this.traffic.inFlight - this.pending;
  }

  /** Sends so many requests, in one write where the ring allows. */
  send(count: number): void {
    const { ring, requestBytes } = this.traffic;
    this.pending += count;
    while (count > 0) {
      const run = Math.min(count, this.slots - this.nextSlot);
      for (let index = 0; index < run; index++) this.traffic.prepare(this.nextSlot + index);
      this.socket.write(ring.subarray(this.nextSlot * requestBytes, (this.nextSlot + run) * requestBytes));
      this.nextSlot = (this.nextSlot + run) % this.slots;
      count -= run;
    }
  }

  /** Called after each read with answers in it; the next requests leave here. */
  onAnswers: (count: number) => void = () => {};

  close(): void {
    this.stopped = true;
    this.socket.destroy();
  }

  private fail(error: Error): void {
    if (this.stopped) return;
    this.close();
    this.failed(error);
  }

  private received(bytes: number): void {
    let at = 0;
    this.answers = 0;
    while (at < bytes && !this.stopped) {
      if (this.skip > 0) {
        const run = Math.min(this.skip, bytes - at);
        this.skip -= run;
        at += run;
        if (this.skip === 0) this.complete();
      } else at += this.readHead(at, bytes);
    }
    if (this.answers > 0 && !this.stopped) this.onAnswers(this.answers);
  }

  /** Takes what is there of an answer's head, which may be cut anywhere; returns how much. */
  private readHead(at: number, end: number): number {
    const { head } = this;
    const run = Math.min(head.length - this.headBytes, end - at);
    receiveBuffer.copy(head, this.headBytes, at, at + run);
    this.headBytes += run;
    if (this.headBytes < head.length) return run;
    this.headBytes = 0;
    const errorCode = head.readInt16BE(this.traffic.errorCodeAt);
    if (errorCode !== 0) this.fail(new Error(`the broker answers with error ${errorCode}`));
    this.skip = 4 + head.readInt32BE(0) - head.length;
    if (this.skip === 0) this.complete();
    return run;
  }

  private complete(): void {
    this.pending--;
    this.answers++;
    this.answered(4 + this.head.readInt32BE(0));
  }
}
