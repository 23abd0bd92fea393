import type { Api, RequestOf, ResponseInit } from '@odradek/protocol/schema/api';
import type { Fields } from '@odradek/protocol/schema/fields';

/** Is told of milliseconds that the network's part of a request has taken. */
export type NetworkCharge = (durationMs: number) => void;

/** What a handler may know of a request besides its body. */
export interface RequestContext {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
  /** Stable for the life of the connection, in Kafka's form `local:port-remote:port-n`. */
  readonly connectionId: string;
  /** The listener that the connection came in on, such as `PLAINTEXT`. */
  readonly listenerName: string;
  readonly securityProtocol: string;
  /** The peer's address as Java prints it: `/127.0.0.1`. */
  readonly clientHost: string;
  /** `User:ANONYMOUS` on a connection without authentication. */
  readonly principal: string;
  /** Bytes of the whole request frame. */
  readonly requestBytes: number;
  /** KIP-511: what the client said of itself in ApiVersions; `unknown` until then. */
  readonly clientSoftware: { name: string; version: string };
  /** By the monotonic clock, when the handler was called, and when it returned (0 until then); 0 where nobody measures. */
  readonly startedMs: number;
  readonly handledMs: number;
  /** Milliseconds that others have worked for this request, such as the records thread; handlers add to it. */
  elsewhereMs: number;
  /** Whom the network's part is charged to (Request.recordNetworkThreadTimeCallback); null for nobody. */
  networkCharge: NetworkCharge | null;
  /** True once the connection is gone: an answer that is not ready need not be made. */
  readonly closed: () => boolean;
  /** KIP-219: once this request is answered, nothing more is taken from the connection for `durationMs`. */
  readonly mute: (durationMs: number) => void;
  /** Counts bytes that outlive the request's frame to what requests may hold together, until the function is called. */
  readonly hold: (bytes: number) => () => void;
  /**
   * All that this request does is done, and only its answer waits, for others: the connection's next requests of this API
   * may be handled. Their answers come after this one's.
   */
  readonly letNextPass: () => void;
}

/** An answer with its afterlife: `sent` is called once its bytes are on the wire or the connection is gone. */
export class Answer<Response> {
  constructor(
    readonly body: Response,
    readonly sent: () => void,
  ) {}
}

/** No answer at all, and the connection stays open (Produce with acks=0). */
export const NO_ANSWER = Symbol('no answer');
/** No answer, and the connection is closed: all that is left to tell a producer that asked for no acks. */
export const CLOSE_CONNECTION = Symbol('close connection');

export type HandlerResult<Response> = Response | Answer<Response> | typeof NO_ANSWER | typeof CLOSE_CONNECTION;

/**
 * One API's handler. `handle` may answer at once (the hot path: no promise is made) or later. Views of bytes in
 * `request` are good until the answer is given, or, where `consumesInPlace`, until `handle` returns. `fail` makes the answer for a request that failed as a whole: every
 * thrown error ends there, with its code (UNKNOWN_SERVER_ERROR for what is not a `KafkaError`).
 */
export interface Handler<A extends Api<Fields, Fields> = Api> {
  readonly api: A;
  /** Versions served; all of the API's where missing. */
  readonly versions?: { readonly from: number; readonly to: number };
  /**
   * `handle` is done with every byte view when it returns, also where it returns a promise: the frame is neither copied
   * nor kept for it (Produce, whose records are appended before anything is awaited).
   */
  readonly consumesInPlace?: true;
  handle(
    request: RequestOf<A>,
    context: RequestContext,
  ): HandlerResult<ResponseInit<A>> | Promise<HandlerResult<ResponseInit<A>>>;
  fail(
    error: { readonly code: number; readonly message: string },
    request: RequestOf<A>,
    context: RequestContext,
  ): HandlerResult<ResponseInit<A>>;
}

/** Declares a handler with its types inferred from the API. */
export function handler<A extends Api<Fields, Fields>>(declaration: Handler<A>): Handler<A> {
  return declaration;
}
