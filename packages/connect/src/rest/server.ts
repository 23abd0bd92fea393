import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket, TlsOptions } from 'node:tls';
import { ToolError } from '@odradek/tools/tool-error';
import { toJson } from '../converters/json/to-json';
import { AlreadyExistsError, NotFoundError } from '../errors';
import { type JsonNode, jsonText, parseJson } from '../java/json';
import type { Logger, Loggers } from '../log';
import { inHashOrder } from '../runtime/connector-entry';
import { httpError, RestError } from '../runtime/rest-error';
import type { Headers } from './cross-origin';
import type { Listener } from './listeners';
import { type Answer, type Route, RouteTable } from './routes';
import { unusableStore } from './tls';

const MAX_BODY_BYTES = 16_777_216;
const OPTIONS = { decimalFormat: 'BASE64', replacesNull: true } as const;

/** How long a connection may lie idle, as with Jetty. */
const IDLE_MS = 30_000;

/** What goes with every answer. */
export interface RestAnswers {
  crossOrigin(method: string, headers: IncomingHttpHeaders): Headers;
  headers(nowMs: number): readonly (readonly [name: string, values: readonly string[]])[];
}

/** Answers HTTP requests with JSON (RestServer). */
export class RestServer {
  private readonly server: Server;
  private readonly log: Logger;
  private table = new RouteTable([]);

  constructor(
    private readonly answers: RestAnswers,
    private readonly tls: TlsOptions | undefined,
    loggers: Loggers,
  ) {
    this.log = loggers.logger('org.apache.kafka.connect.runtime.rest.RestServer');
    this.server = this.create();
    this.server.keepAliveTimeout = IDLE_MS;
  }

  private create(): Server {
    const take = (request: IncomingMessage, response: ServerResponse): void => void this.take(request, response);
    if (!this.tls) return createServer(take);
    try {
      return createSecureServer(this.tls, take).on('secureConnection', refuseUnknown);
    } catch (thrown) {
      throw unusableStore(thrown);
    }
  }

  /** Binds. Returns the port. Throws `ToolError` where it is taken. */
  async listen({ host, port }: Pick<Listener, 'host' | 'port'>): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', ({ message }) => {
        const cause = new ToolError(
          'java.io.IOException',
          `Failed to bind to ${host || '0.0.0.0'}:${port} (${message})`,
        );
        reject(
          new ToolError('org.apache.kafka.connect.errors.ConnectException', 'Unable to initialize REST server', cause),
        );
      });
      this.server.listen(port, host === '' ? undefined : host, resolve);
    });
    return (this.server.address() as AddressInfo).port;
  }

  /** What is answered from now on; until then nothing is found. */
  serve(routes: readonly Route[]): void {
    this.table = new RouteTable(routes);
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const startMs = Date.now();
    const answer = await this.answer(request).catch((thrown) => this.failure(request, thrown));
    const { status, body } = answer;
    const text = answer.text ?? (body === undefined ? '' : jsonText(toJson(null, body, OPTIONS) ?? null));
    this.setHeaders(request, response, answer);
    if (status !== 204) response.setHeader('Content-Length', Buffer.byteLength(text));
    response.writeHead(status);
    response.end(request.method === 'HEAD' ? '' : text);
    const { method, url, httpVersion, socket } = request;
    const agent = request.headers['user-agent'] ?? '-';
    const line = `"${method} ${url} HTTP/${httpVersion}" ${status} ${Buffer.byteLength(text)} "-" "${agent}"`;
    this.log.info(`${socket.remoteAddress ?? '-'} - - ${line} ${Date.now() - startMs}`);
  }

  private setHeaders(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
    const { body, headers = {}, text, isUntyped, location } = answer;
    for (const [name, value] of this.answers.crossOrigin(request.method ?? 'GET', request.headers)) {
      response.setHeader(name, value);
    }
    for (const [name, values] of this.answers.headers(Date.now())) response.setHeader(name, values);
    if (text !== undefined) response.setHeader('Content-Type', 'text/plain');
    else if (body !== undefined && !isUntyped) response.setHeader('Content-Type', 'application/json');
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const host = request.headers.host ?? `localhost:${request.socket.localPort}`;
    if (location) response.setHeader('Location', `${this.tls ? 'https' : 'http'}://${host}${location}`);
    // What HTTP/1.1 does by itself need not be said.
    if (request.httpVersion === '1.1' && response.shouldKeepAlive) response.removeHeader('Connection');
  }

  private async answer(request: IncomingMessage): Promise<Answer> {
    // Not of `url` alone: a path that begins with // would be read as a host.
    const url = new URL(`http://localhost${request.url ?? '/'}`);
    const method = request.method ?? 'GET';
    if (method === 'OPTIONS') return this.options(url.pathname);
    const { route, parameters } = this.table.find(method, url.pathname);
    if (!acceptsJson(request.headers.accept)) throw httpError(406, 'Not Acceptable');
    const text = await bodyOf(request);
    return route.handle({ parameters, query: url.searchParams, body: () => jsonBody(text, request) });
  }

  private options(pathname: string): Answer {
    const methods = inHashOrder(this.table.methods(pathname));
    return { status: 200, text: methods.join(', '), headers: { Allow: methods.join(',') } };
  }

  /** What a failure is answered with (ConnectExceptionMapper). */
  private failure(request: IncomingMessage, thrown: unknown): Answer {
    const message = (thrown as Error).message;
    const of = (status: number): Answer => ({ status, body: { error_code: status, message } });
    if (thrown instanceof RestError) return { ...of(thrown.status), isUntyped: thrown.isUntyped };
    if (thrown instanceof NotFoundError) return of(404);
    if (thrown instanceof AlreadyExistsError) return of(409);
    this.log.error(`Uncaught exception in REST call to ${request.url}`, thrown);
    return of(500);
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
  }
}

/** Where a certificate is asked for but not needed, one that is not believed ends the connection all the same, as with Jetty. */
function refuseUnknown(socket: TLSSocket): void {
  const hasCertificate = Object.keys(socket.getPeerCertificate() ?? {}).length > 0;
  if (hasCertificate && !socket.authorized) socket.destroy();
}

const JSON_RANGE = /(^|,)\s*(application\/json|application\/\*|\*\/\*|\*)\s*(;|,|$)/i;
const acceptsJson = (accept: string | undefined): boolean => accept === undefined || JSON_RANGE.test(accept);

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_BODY_BYTES) throw httpError(413, 'Payload Too Large');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString();
}

function jsonBody(text: string, { headers }: IncomingMessage): JsonNode {
  if (text === '') return undefined;
  const type = headers['content-type'] ?? 'application/json';
  if (!/^application\/json\b/.test(type)) throw httpError(415, 'Unsupported Media Type');
  return parseJson(text);
}
