import { ERRORS, KafkaError } from '@odradek/protocol/errors';
import { ApiVersions } from '@odradek/protocol/messages/api-versions';
import type { Api } from '@odradek/protocol/schema/api';
import { carriesBytes } from '@odradek/protocol/schema/carries-bytes';
import { MalformedMessageError } from '@odradek/protocol/wire/errors';
import { Reader } from '@odradek/protocol/wire/reader';
import type { Writer } from '@odradek/protocol/wire/writer';
import {
  Answer,
  CLOSE_CONNECTION,
  type Handler,
  type HandlerResult,
  type NetworkCharge,
  NO_ANSWER,
  type RequestContext,
} from '../api/handler';
import type { Clock } from '../env/clock';
import type { Logger } from '../env/logger';
import type { Frame, KeptFrame } from './frames';
import type { NetworkTime } from './network-time';
import { QuietLog } from './quiet-log';
import { encodeResponse } from './response-frame';

/** What dispatch knows of a connection. */
export interface Channel {
  readonly connectionId: string;
  readonly listenerName: string;
  readonly securityProtocol: string;
  readonly clientHost: string;
  readonly principal: string;
  readonly clientSoftware: { name: string; version: string };
  readonly networkTime: NetworkTime;
  readonly isClosed: () => boolean;
  readonly mute: (durationMs: number) => void;
  readonly hold: (bytes: number) => () => void;
  /** See `RequestContext.letNextPass`. */
  letPass(apiKey: number): void;
  /** Memory of its own for the frame that is being dispatched. */
  keep(): KeptFrame;
  /** Where answers are written, one frame after another, while the channel is not closed. */
  output(): Writer;
  /** An answer has been written; `sent` follows when it is on the wire or the connection is gone. */
  answered(sent: (() => void) | null): void;
  /** Sends what is queued, then closes. */
  close(): void;
}

/** One answered request, for metrics. */
export interface RequestObservation {
  readonly api: Api;
  readonly version: number;
  /** Its body, whose bytes must not be touched any more. */
  readonly request: unknown;
  /** The answer's body; null where nothing was answered. */
  readonly response: unknown;
  readonly requestBytes: number;
  /** Without the length field; 0 where nothing was answered. */
  readonly responseBytes: number;
  /** From the frame's hand-over to the encoded answer. */
  readonly totalMs: number;
  /** The part of it before `handle` returned. */
  readonly handleMs: number;
  readonly context: RequestContext;
}

export interface DispatcherOptions {
  readonly handlers: readonly Handler[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observe?: (observation: RequestObservation) => void;
  /** Whether handlers want to know how long requests take, and their network's part. */
  readonly measures?: () => boolean;
}

interface Route {
  readonly handler: Handler;
  readonly from: number;
  readonly to: number;
  /** Requests hold views of their frame beyond `handle`. */
  readonly keeps: boolean;
}

/** A request on its way through its handler; the handler sees it as its context. */
class Call implements RequestContext {
  startedMs = 0;
  handledMs = 0;
  elsewhereMs = 0;
  networkCharge: NetworkCharge | null = null;
  /** The error answer has been tried. */
  failed = false;
  /** Nothing comes behind this one on its connection: it has not been answered, and has let nobody pass. */
  private isLast = true;

  constructor(
    readonly route: Route,
    readonly apiKey: number,
    readonly apiVersion: number,
    readonly correlationId: number,
    readonly clientId: string,
    readonly requestBytes: number,
    readonly body: unknown,
    readonly kept: KeptFrame | null,
    readonly channel: Channel,
  ) {}

  get connectionId(): string {
    return this.channel.connectionId;
  }
  get listenerName(): string {
    return this.channel.listenerName;
  }
  get securityProtocol(): string {
    return this.channel.securityProtocol;
  }
  get clientHost(): string {
    return this.channel.clientHost;
  }
  get principal(): string {
    return this.channel.principal;
  }
  get clientSoftware(): { name: string; version: string } {
    return this.channel.clientSoftware;
  }
  get closed(): () => boolean {
    return this.channel.isClosed;
  }
  get mute(): (durationMs: number) => void {
    return this.channel.mute;
  }
  get hold(): (bytes: number) => () => void {
    return this.channel.hold;
  }
  readonly letNextPass = (): void => {
    if (this.isLast) this.channel.letPass(this.apiKey);
    this.isLast = false;
  };
  answered(): void {
    this.isLast = false;
  }
}

/** What becomes of a request that no handler is called for. */
type Refusal = () => void;

const HEADER_ERROR = 'Error parsing request header. Our best guess of the apiKey is: ';

/** An API's name as Kafka logs it: `API_VERSIONS`. */
const constantName = (name: string): string => name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();

/** A request that gets no answer: the connection is closed. */
class RefusedRequestError extends Error {
  override readonly name = 'RefusedRequestError';
}

/**
 * How many elements the arrays of one request may have: twice the partitions that a cluster on ZooKeeper is said to bear. 100 MB of empty names would be 50 million objects, and the end of this process.
 */
const MAX_REQUEST_OBJECTS = 400_000;

const UNKNOWN_SERVER_ERROR = ERRORS.UNKNOWN_SERVER_ERROR;
const UNSUPPORTED_VERSION_CODE = ERRORS.UNSUPPORTED_VERSION.code;

/** Takes a frame from its header to its encoded answer. Nothing that a peer sends makes it throw. */
export class Dispatcher {
  private readonly routes = new Map<number, Route>();
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly observe: ((observation: RequestObservation) => void) | undefined;
  /** Whether the network's part of requests is charged to anybody. */
  readonly chargesNetwork: () => boolean;
  private readonly measures: () => boolean;
  private readonly refusals: QuietLog;

  constructor({ handlers, clock, logger, observe, measures }: DispatcherOptions) {
    for (const handler of handlers) {
      const { from, to } = handler.versions ?? handler.api.range;
      const keeps = !handler.consumesInPlace && carriesBytes(handler.api.request);
      this.routes.set(handler.api.key, { handler, from, to, keeps });
    }
    this.clock = clock;
    this.logger = logger;
    this.observe = observe;
    this.chargesNetwork = measures ?? (() => false);
    this.measures = observe ? () => true : this.chargesNetwork;
    this.refusals = new QuietLog(clock);
  }

  /**
   * Handles one request. Returns a promise, which never rejects, where its answer is not given yet.
   *
   * @param earlier until when answers of the connection's earlier requests are outstanding: whatever this one comes to
   * (an answer, the connection's end) comes after them
   */
  dispatch(frame: Frame, channel: Channel, earlier?: Promise<void> | null): Promise<void> | undefined {
    const startedMs = this.measures() ? this.clock.monotonicMs() : 0;
    const call = this.parse(frame, channel);
    if (!(call instanceof Call)) return after(earlier, call);
    call.startedMs = startedMs;
    let result: HandlerResult<unknown> | Promise<HandlerResult<unknown>>;
    try {
      result = call.route.handler.handle(call.body as never, call);
    } catch (error) {
      this.handled(call);
      return after(earlier, () => this.fail(call, error));
    }
    this.handled(call);
    if (result instanceof Promise) {
      return (earlier ? inTurn(earlier, result) : result).then(
        (later) => this.finish(call, later),
        (error) => this.fail(call, error),
      );
    }
    if (earlier) return earlier.then(() => this.finish(call, result as HandlerResult<unknown>));
    this.finish(call, result);
    return undefined;
  }

  private handled(call: Call): void {
    if (call.startedMs === 0) return;
    call.handledMs = this.clock.monotonicMs();
    call.channel.networkTime.exclude(call.handledMs - call.startedMs);
  }

  /** Reads header and body. */
  private parse(frame: Frame, channel: Channel): Call | Refusal {
    let reader = new Reader(frame.buffer, frame.start, frame.end, MAX_REQUEST_OBJECTS);
    let kept: KeptFrame | null = null;
    let apiKey = -1;
    let inHeader = true;
    try {
      apiKey = reader.int16();
      const version = reader.int16();
      const correlationId = reader.int32();
      const route = this.routes.get(apiKey);
      if (!route) throw new RefusedRequestError(`${HEADER_ERROR}${apiKey}`);
      const { api } = route.handler;
      const headerVersion = api.requestHeaderVersion(version);
      const clientId = headerVersion === 0 ? '' : (reader.nullableString() ?? '');
      if (headerVersion === 2) reader.skipTags();
      if (version < route.from || version > route.to) {
        return this.refuseVersion(route, version, correlationId, channel);
      }
      if (route.keeps) {
        kept = channel.keep();
        const start = kept.start + reader.offset - frame.start;
        reader = new Reader(kept.buffer, start, kept.end, MAX_REQUEST_OBJECTS);
      }
      inHeader = false;
      const body = api.requestCodec(version).decode(reader);
      const requestBytes = frame.end - frame.start;
      return new Call(route, apiKey, version, correlationId, clientId, requestBytes, body, kept, channel);
    } catch (error) {
      kept?.release();
      return () => this.refuse(channel, apiKey, inHeader, error);
    }
  }

  /**
   * A client that asks for a version of ApiVersions that we lack learns in version 0 which ones we have (KIP-511); any
   * other unknown version is refused.
   */
  private refuseVersion(route: Route, version: number, correlationId: number, channel: Channel): Refusal {
    const apiKey = route.handler.api.key;
    if (apiKey !== ApiVersions.key) {
      const name = constantName(route.handler.api.name);
      throw new RefusedRequestError(`Received request api key ${name} with version ${version} which is not enabled`);
    }
    const { from, to } = route;
    const apiKeys = [{ apiKey, minVersion: from, maxVersion: to }];
    return () => {
      if (channel.isClosed()) return;
      encodeResponse(channel.output(), ApiVersions, 0, correlationId, { errorCode: UNSUPPORTED_VERSION_CODE, apiKeys });
      channel.answered(null);
    };
  }

  private refuse(channel: Channel, apiKey: number, inHeader: boolean, error: unknown): void {
    const name = constantName(this.routes.get(apiKey)?.handler.api.name ?? String(apiKey));
    const where = inHeader ? `${HEADER_ERROR}${apiKey}` : `Error getting request for apiKey: ${name}`;
    const reason = error instanceof RefusedRequestError ? error.message : `${where}: ${messageOf(error)}`;
    const ours = !(error instanceof MalformedMessageError || error instanceof RefusedRequestError);
    this.refusals.line(channel.clientHost, (note) => {
      this.logger.error(
        `Exception while processing request from ${channel.connectionId}: ${reason}; the connection is closed${note}`,
        { connectionId: channel.connectionId, apiKey, ...(ours && { error }) },
      );
    });
    channel.close();
  }

  private finish(call: Call, result: HandlerResult<unknown>): void {
    call.answered();
    if (call.networkCharge === null) this.answer(call, result);
    else this.answerCharged(call, call.networkCharge, result);
  }

  private answerCharged(call: Call, charge: NetworkCharge, result: HandlerResult<unknown>): void {
    const { networkTime } = call.channel;
    const hasBegun = networkTime.begin();
    networkTime.chargeTo(charge);
    this.answer(call, result);
    networkTime.end(hasBegun);
  }

  private answer(call: Call, result: HandlerResult<unknown>): void {
    const { channel, kept } = call;
    if (result === NO_ANSWER || result === CLOSE_CONNECTION) {
      kept?.release();
      this.observed(call, 0);
      if (result === CLOSE_CONNECTION) channel.close();
      return;
    }
    const answer = result instanceof Answer ? result : null;
    const sent = both(answer?.sent, kept);
    if (channel.isClosed()) {
      sent?.();
      this.observed(call, 0);
      return;
    }
    const { api } = call.route.handler;
    let bytes: number;
    try {
      bytes = encodeResponse(channel.output(), api, call.apiVersion, call.correlationId, answer ? answer.body : result);
    } catch (error) {
      answer?.sent();
      this.fail(call, error);
      return;
    }
    this.observed(call, bytes, answer ? answer.body : result);
    channel.answered(sent);
  }

  /** Answers a request whose handler threw, or whose answer could not be encoded. */
  private fail(call: Call, thrown: unknown): void {
    const { channel, route, apiVersion } = call;
    const { api } = route.handler;
    const expected = thrown instanceof KafkaError;
    const failure = expected
      ? { code: thrown.code, message: thrown.message }
      : { code: UNKNOWN_SERVER_ERROR.code, message: UNKNOWN_SERVER_ERROR.message };
    const request = `${api.name} v${apiVersion} from ${channel.connectionId} (clientId=${call.clientId})`;
    if (!expected)
      this.logger.error(`Unexpected error handling request ${request}: ${messageOf(thrown)}`, { error: thrown });
    if (!call.failed) {
      call.failed = true;
      try {
        this.finish(call, route.handler.fail(failure, call.body as never, call));
        return;
      } catch (error) {
        this.logger.error(`No error answer for request ${request}: ${messageOf(error)}`, { error });
      }
    }
    call.kept?.release();
    channel.close();
  }

  private observed(call: Call, responseBytes: number, response: unknown = null): void {
    if (!this.observe) return;
    const { startedMs, apiVersion: version, requestBytes } = call;
    const nowMs = this.clock.monotonicMs();
    this.observe({
      api: call.route.handler.api,
      version,
      request: call.body,
      response,
      requestBytes,
      responseBytes,
      totalMs: nowMs - startedMs,
      handleMs: (call.handledMs || nowMs) - startedMs,
      context: call,
    });
  }
}

function after(earlier: Promise<void> | null | undefined, action: () => void): Promise<void> | undefined {
  if (earlier) return earlier.then(action);
  action();
  return undefined;
}

/** As `result`, but not before `earlier`. */
async function inTurn<T>(earlier: Promise<void>, result: Promise<T>): Promise<T> {
  result.catch(() => {}); // Seen below.
  await earlier;
  return result;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A kept frame lives until its answer is sent: the answer may reference it. */
function both(sent: (() => void) | undefined, kept: KeptFrame | null): (() => void) | null {
  if (!kept) return sent ?? null;
  return () => {
    kept.release();
    sent?.();
  };
}
