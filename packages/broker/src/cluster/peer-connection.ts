import type { Api, RequestInit, ResponseOf } from '@odradek/protocol/schema/api';
import { carriesBytes } from '@odradek/protocol/schema/carries-bytes';
import type { Fields } from '@odradek/protocol/schema/fields';
import { RequestHeader } from '@odradek/protocol/wire/headers';
import { Reader } from '@odradek/protocol/wire/reader';
import { Writer } from '@odradek/protocol/wire/writer';
import { type Clock, deadline, type Timer } from '../env/clock';
import type { Connection, Network } from '../env/network';
import { type Frame, FrameReader, type ReceiveMemory } from '../network/frames';
import type { PooledResponse } from './peers';

/** The largest answer that a length field can claim; what is taken for it grows with what arrives. */
const MAX_RESPONSE_BYTES = 0x7fffffff;

/** The connection is gone, or no answer came in time; whether the peer handled the request is not known. */
export class PeerDisconnectedError extends Error {
  override readonly name = 'PeerDisconnectedError';
}

export interface PeerConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly clientId: string;
  readonly connectTimeoutMs: number;
}

export interface PeerParts {
  readonly network: Network;
  readonly clock: Clock;
  readonly memory: ReceiveMemory;
}

interface Pending {
  readonly api: Api<Fields, Fields>;
  readonly version: number;
  readonly correlationId: number;
  readonly pooled: boolean;
  readonly timer: Timer;
  resolve(response: PooledResponse<unknown>): void;
  reject(error: Error): void;
}

const nothing = (): void => {};

/**
 * A connection to another broker (or to ourselves). Requests are pipelined and answered in order. It lives once: after
 * a disconnect or an answer overdue, all that is pending fails and the owner makes a new one.
 */
export class PeerConnection {
  private readonly pending: Pending[] = [];
  private readonly frames: FrameReader;
  private nextCorrelationId = 0;
  private failure: PeerDisconnectedError | null = null;

  /** Resolves once connected; rejects with `PeerDisconnectedError`. */
  static async connect(parts: PeerParts, options: PeerConnectionOptions): Promise<PeerConnection> {
    const { host, port, connectTimeoutMs: timeoutMs, clientId } = options;
    try {
      const io = await parts.network.connect({ host, port, timeoutMs });
      return new PeerConnection(parts, io, `${host}:${port}`, clientId);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new PeerDisconnectedError(`Connection to ${host}:${port} could not be established: ${reason}`, {
        cause: error,
      });
    }
  }

  private constructor(
    private readonly parts: PeerParts,
    private readonly io: Connection,
    private readonly address: string,
    private readonly clientId: string,
  ) {
    this.frames = new FrameReader(parts.memory, MAX_RESPONSE_BYTES);
    io.start({
      target: () => this.frames.target(),
      received: (bytes) => this.received(bytes),
      closed: (reason) =>
        this.fail(`Connection to ${this.address} was disconnected${reason ? `: ${reason.message}` : ''}`),
    });
  }

  get isGone(): boolean {
    return this.failure !== null;
  }

  /** Requests without an answer yet. */
  get inFlight(): number {
    return this.pending.length;
  }

  /**
   * Sends a request and resolves with its answer; byte fields in it are the caller's to keep. Byte fields of the request
   * must not change until then. Rejects with `PeerDisconnectedError`.
   */
  async send<A extends Api<Fields, Fields>>(
    api: A,
    version: number,
    request: RequestInit<A>,
    { timeoutMs }: { readonly timeoutMs: number },
  ): Promise<ResponseOf<A>> {
    const response = await this.exchange(api, version, request, timeoutMs, false);
    return response.body as ResponseOf<A>;
  }

  /** As `send`, for answers with many bytes (Fetch): they stay where they were received until `release`. */
  sendPooled<A extends Api<Fields, Fields>>(
    api: A,
    version: number,
    request: RequestInit<A>,
    { timeoutMs }: { readonly timeoutMs: number },
  ): Promise<PooledResponse<ResponseOf<A>>> {
    return this.exchange(api, version, request, timeoutMs, true) as Promise<PooledResponse<ResponseOf<A>>>;
  }

  /** Closes at once; what is pending fails. */
  close(): void {
    this.fail(`Connection to ${this.address} was closed`);
  }

  private exchange(
    api: Api<Fields, Fields>,
    version: number,
    request: unknown,
    timeoutMs: number,
    pooled: boolean,
  ): Promise<PooledResponse<unknown>> {
    if (this.failure) return Promise.reject(this.failure);
    const correlationId = this.nextCorrelationId;
    this.nextCorrelationId = (correlationId + 1) & 0x7fffffff;
    const chunks = encodeRequest(api, version, correlationId, this.clientId, request);
    return new Promise((resolve, reject) => {
      const timer = deadline(this.parts.clock, timeoutMs, () => {
        this.fail(`Connection to ${this.address}: no answer to ${api.name} within ${timeoutMs} ms`);
      });
      this.pending.push({ api, version, correlationId, pooled, timer, resolve, reject });
      this.io.write(chunks);
    });
  }

  private received(bytes: number): boolean {
    if (this.failure) return false;
    this.frames.received(bytes);
    try {
      for (let frame = this.frames.next(); frame; frame = this.frames.next()) this.answered(frame);
      this.frames.settle(() => true);
    } catch (error) {
      this.fail(`Connection to ${this.address}: ${error instanceof Error ? error.message : String(error)}`);
    }
    return this.failure === null;
  }

  private answered(frame: Frame): void {
    const correlationId = new Reader(frame.buffer, frame.start, frame.end).int32();
    const first = this.pending[0];
    if (first?.correlationId !== correlationId) {
      throw new Error(`correlation id ${correlationId} came, ${first?.correlationId ?? 'nothing'} was due`);
    }
    const { api, version, pooled } = first;
    const { bytes, release } = carriesBytes(api.response)
      ? this.keep(frame, pooled)
      : { bytes: frame, release: nothing };
    let body: unknown;
    try {
      const reader = new Reader(bytes.buffer, bytes.start + 4, bytes.end);
      if (api.responseHeaderVersion(version) === 1) reader.skipTags();
      body = api.responseCodec(version).decode(reader);
    } catch (error) {
      release();
      throw error;
    }
    this.pending.shift();
    first.timer.cancel();
    first.resolve({ body, release });
  }

  private keep(frame: Frame, pooled: boolean): { bytes: Frame; release: () => void } {
    if (pooled) {
      const kept = this.frames.keep();
      return { bytes: kept, release: () => kept.release() };
    }
    const buffer = Buffer.from(frame.buffer.subarray(frame.start, frame.end));
    return { bytes: { buffer, start: 0, end: buffer.length }, release: nothing };
  }

  private fail(message: string): void {
    if (this.failure) return;
    this.failure = new PeerDisconnectedError(message);
    this.io.destroy();
    this.frames.close();
    for (const { timer, reject } of this.pending.splice(0)) {
      timer.cancel();
      reject(this.failure);
    }
  }
}

function encodeRequest(
  api: Api<Fields, Fields>,
  version: number,
  correlationId: number,
  clientId: string,
  request: unknown,
): Buffer[] {
  const writer = new Writer();
  writer.int32(0);
  const header = { requestApiKey: api.key, requestApiVersion: version, correlationId, clientId };
  RequestHeader.codec(api.requestHeaderVersion(version)).encode(writer, header);
  api.requestCodec(version).encode(writer, request as never);
  const bytes = writer.length - 4;
  const chunks = writer.chunks();
  chunks[0]!.writeInt32BE(bytes, 0);
  return chunks;
}
