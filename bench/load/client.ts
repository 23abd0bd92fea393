import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Api, RequestInit, ResponseOf } from '@odradek/protocol/schema/api';
import { decodeResponse, encodeRequest, HOST } from './calls';

const RETRY_MS = 20;
const PATIENCE_MS = 120_000;

/** Asks until the answer has no error: a coordinator is made, or loads. */
export async function untilGood<T>(ask: () => Promise<T>, errorOf: (answer: T) => number): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    const error = errorOf(answer);
    if (error === 0) return answer;
    if (Date.now() > deadline) throw new Error(`the broker still answers with error ${error}`);
    await sleep(RETRY_MS);
  }
}

/** A connection that asks one thing after the other, as a group's member does. */
export class Client {
  private readonly socket: net.Socket;
  private received: Buffer = Buffer.alloc(0);
  private waiting: { resolve(frame: Buffer): void; reject(error: Error): void } | null = null;

  constructor(port: number) {
    this.socket = net.connect({ host: HOST, port, noDelay: true });
    this.socket.on('data', (chunk) => this.take(chunk));
    this.socket.on('error', (error) => this.waiting?.reject(error));
    this.socket.on('close', () => this.waiting?.reject(new Error('the broker closed the connection')));
  }

  ask<A extends Api>(api: A, version: number, body: RequestInit<A>): Promise<ResponseOf<A>> {
    return new Promise<Buffer>((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.socket.write(encodeRequest(api, version, body));
    }).then((frame) => decodeResponse(api, version, frame));
  }

  close(): void {
    this.waiting = null;
    this.socket.destroy();
  }

  private take(chunk: Buffer): void {
    this.received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk]);
    if (this.received.length < 4) return;
    const end = 4 + this.received.readInt32BE(0);
    if (this.received.length < end) return;
    const frame = this.received.subarray(0, end);
    this.received = this.received.subarray(end);
    this.waiting?.resolve(frame);
  }
}
