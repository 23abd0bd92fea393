import { connect as connectSocket, type Socket } from 'node:net';
import { ApiVersions } from '@odradek/protocol/messages/api-versions';
import type { Api, RequestInit, ResponseOf } from '@odradek/protocol/schema/api';
import { RequestHeader, ResponseHeader } from '@odradek/protocol/wire/headers';
import { Reader } from '@odradek/protocol/wire/reader';
import { Writer } from '@odradek/protocol/wire/writer';
import { ServerError, ToolError } from '../tool-error';

const UNSUPPORTED_VERSION = 35;
const LENGTH_BYTES = 4;
const MAX_RESPONSE_BYTES = 0x7fffffff;

// biome-ignore lint/suspicious/noExplicitAny: any API, whatever its fields
export type AnyApi = Api<any, any>;

/** A request, or what makes it once the version is known that both sides speak. */
export type RequestFor<A> = RequestInit<A> | ((version: number) => RequestInit<A>);

/** A connection that was lost, or could not be made: the request may be tried again. */
export class DisconnectError extends ToolError {
  constructor(message: string | null = null) {
    super('org.apache.kafka.common.errors.DisconnectException', message);
  }
}

/** A request that was not answered in time. The connection is lost with it. */
export class RequestTimeoutError extends ToolError {
  constructor() {
    super('org.apache.kafka.common.errors.TimeoutException', 'The request timed out.');
  }
}

interface Pending {
  readonly api: AnyApi;
  readonly version: number;
  readonly resolve: (response: unknown) => void;
  readonly reject: (reason: Error) => void;
  readonly timer: NodeJS.Timeout | undefined;
  readonly sentMs: number;
}

export interface ApiRange {
  readonly minVersion: number;
  readonly maxVersion: number;
}

/** Told of what goes over the connections to each broker. */
export interface TrafficObserver {
  opened(nodeId: number): void;
  closed(nodeId: number): void;
  sent(nodeId: number, bytes: number): void;
  received(nodeId: number, bytes: number): void;
  /** Told of each answer as it is understood. */
  answered?(nodeId: number, api: AnyApi, latencyMs: number, response: unknown): void;
}

interface Traffic {
  readonly observer: TrafficObserver;
  readonly nodeId: number;
}

/** One TCP connection to a broker: requests go out in order, any number at once; answers come back in that order. */
export class Connection {
  private readonly pending = new Map<number, Pending>();
  private nextCorrelationId = 0;
  private received: Buffer[] = [];
  private receivedBytes = 0;
  private frameBytes = -1;
  private apis = new Map<number, ApiRange>();
  isOpen = true;

  private constructor(
    private readonly socket: Socket,
    private readonly clientId: string,
    private readonly traffic: Traffic | undefined,
  ) {
    traffic?.observer.opened(traffic.nodeId);
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('error', () => this.fail(new DisconnectError()));
    socket.on('close', () => this.fail(new DisconnectError()));
  }

  /** Connects and learns the broker's API versions. Rejects with `DisconnectError`. */
  static async open(
    ip: string,
    port: number,
    clientId: string,
    timeoutMs: number,
    traffic?: Traffic,
  ): Promise<Connection> {
    const socket = await new Promise<Socket>((resolve, reject) => {
      const attempt = connectSocket({ host: ip, port });
      const timer = setTimeout(() => attempt.destroy(new Error('timeout')), timeoutMs);
      attempt.once('error', () => {
        clearTimeout(timer);
        reject(new DisconnectError('connect'));
      });
      attempt.once('connect', () => {
        clearTimeout(timer);
        attempt.removeAllListeners('error');
        resolve(attempt);
      });
    });
    const connection = new Connection(socket, clientId, traffic);
    try {
      await connection.learnVersions(timeoutMs);
    } catch (thrown) {
      connection.close();
      throw thrown;
    }
    return connection;
  }

  private async learnVersions(timeoutMs: number): Promise<void> {
    const request = { clientSoftwareName: 'apache-kafka-java', clientSoftwareVersion: '3.9.1' };
    let version = ApiVersions.range.to;
    let response = await this.sendVersion(ApiVersions, version, request, timeoutMs);
    if (response.errorCode === UNSUPPORTED_VERSION) {
      // KIP-511: the answer is in version 0 and names the versions that the broker has.
      version = response.apiKeys.find(({ apiKey }) => apiKey === ApiVersions.key)?.maxVersion ?? 0;
      response = await this.sendVersion(ApiVersions, version, request, timeoutMs);
    }
    for (const { apiKey, minVersion, maxVersion } of response.apiKeys)
      this.apis.set(apiKey, { minVersion, maxVersion });
  }

  /** What the broker advertises, by API key. */
  get advertised(): ReadonlyMap<number, ApiRange> {
    return this.apis;
  }

  /** The correlation id of the request that was sent last. */
  get lastCorrelationId(): number {
    return this.nextCorrelationId - 1;
  }

  /** The newest version that both sides speak; undefined where there is none. */
  versionFor(api: AnyApi): number | undefined {
    const range = this.apis.get(api.key);
    if (!range) return undefined;
    const version = Math.min(range.maxVersion, api.range.to);
    return version < Math.max(range.minVersion, api.range.from) ? undefined : version;
  }

  /** Sends one request. Rejects with `DisconnectError`, a `ToolError` on time-out, or UNSUPPORTED_VERSION. */
  send<A extends AnyApi>(api: A, request: RequestFor<A>, timeoutMs: number): Promise<ResponseOf<A>> {
    const version = this.versionFor(api);
    if (version === undefined) {
      return Promise.reject(new ServerError('UNSUPPORTED_VERSION', `The node does not support ${snake(api.name)}`));
    }
    const made = typeof request === 'function' ? request(version) : request;
    return this.sendVersion(api, version, made, timeoutMs);
  }

  /** Sends a request that the broker does not answer (Produce with acks 0). */
  sendUnanswered<A extends AnyApi>(api: A, request: RequestInit<A>): void {
    const version = this.versionFor(api);
    if (version === undefined) throw new ServerError('UNSUPPORTED_VERSION');
    this.write(api, version, request);
  }

  /** Sends one request in this very version. */
  sendVersion<A extends AnyApi>(
    api: A,
    version: number,
    request: RequestInit<A>,
    timeoutMs: number,
  ): Promise<ResponseOf<A>> {
    if (!this.isOpen) return Promise.reject(new DisconnectError());
    return new Promise((resolve, reject) => {
      const correlationId = this.write(api, version, request);
      const timer = setTimeout(() => {
        // Answers come in order: one that is late holds up all behind it, so Kafka's clients drop the connection.
        this.fail(new DisconnectError(), correlationId);
      }, timeoutMs);
      const settle = { resolve: resolve as (response: unknown) => void, reject };
      this.pending.set(correlationId, { api, version, ...settle, timer, sentMs: Date.now() });
    });
  }

  private write(api: AnyApi, version: number, request: unknown): number {
    const correlationId = this.nextCorrelationId;
    this.nextCorrelationId = (correlationId + 1) & 0x7fffffff;
    const writer = new Writer();
    const header = { requestApiKey: api.key, requestApiVersion: version, correlationId, clientId: this.clientId };
    RequestHeader.codec(api.requestHeaderVersion(version)).encode(writer, header);
    api.requestCodec(version).encode(writer, request as never);
    const chunks = writer.chunks();
    const length = Buffer.allocUnsafe(LENGTH_BYTES);
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    length.writeInt32BE(bytes);
    this.traffic?.observer.sent(this.traffic.nodeId, LENGTH_BYTES + bytes);
    this.socket.cork();
    this.socket.write(length);
    for (const chunk of chunks) this.socket.write(chunk);
    this.socket.uncork();
    return correlationId;
  }

  private receive(chunk: Buffer): void {
    this.received.push(chunk);
    this.receivedBytes += chunk.length;
    for (;;) {
      if (this.frameBytes < 0) {
        if (this.receivedBytes < LENGTH_BYTES) return;
        this.frameBytes = this.take(LENGTH_BYTES).readUInt32BE();
        if (this.frameBytes > MAX_RESPONSE_BYTES) {
          this.fail(new DisconnectError());
          return;
        }
      }
      if (this.receivedBytes < this.frameBytes) return;
      const frame = this.take(this.frameBytes);
      this.frameBytes = -1;
      this.answer(frame);
    }
  }

  private take(bytes: number): Buffer {
    const all = this.received.length === 1 ? this.received[0]! : Buffer.concat(this.received);
    this.receivedBytes -= bytes;
    this.received = all.length > bytes ? [all.subarray(bytes)] : [];
    return all.subarray(0, bytes);
  }

  private answer(frame: Buffer): void {
    this.traffic?.observer.received(this.traffic.nodeId, LENGTH_BYTES + frame.length);
    const correlationId = frame.length >= LENGTH_BYTES ? frame.readInt32BE() : -1;
    const request = this.pending.get(correlationId);
    if (!request) {
      this.fail(new DisconnectError());
      return;
    }
    this.pending.delete(correlationId);
    clearTimeout(request.timer);
    const { api } = request;
    try {
      const reader = new Reader(frame);
      ResponseHeader.codec(api.responseHeaderVersion(request.version)).decode(reader);
      // An ApiVersions refusal is in version 0, whatever was asked (KIP-511).
      const refused = api.key === ApiVersions.key && frame.readInt16BE(reader.offset) === UNSUPPORTED_VERSION;
      const response = api.responseCodec(refused ? 0 : request.version).decode(reader);
      this.traffic?.observer.answered?.(this.traffic.nodeId, api, Date.now() - request.sentMs, response);
      request.resolve(response);
    } catch (thrown) {
      request.reject(thrown as Error);
    }
  }

  private fail(reason: Error, timedOut?: number): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.traffic?.observer.closed(this.traffic.nodeId);
    this.socket.destroy();
    for (const [correlationId, { reject, timer }] of this.pending) {
      clearTimeout(timer);
      reject(correlationId === timedOut ? new RequestTimeoutError() : reason);
    }
    this.pending.clear();
  }

  /** Closes the connection; unanswered requests are rejected. */
  close(): void {
    this.fail(new DisconnectError());
  }
}

/** `ListOffsets` → `LIST_OFFSETS`: an API's name as Kafka's messages print it. */
export const snake = (name: string): string => name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
