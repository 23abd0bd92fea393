import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { configException, ToolError } from '@odradek/tools/tool-error';
import { toJson } from '../converters/json/to-json';
import { AlreadyExistsError, NotFoundError } from '../errors';
import { type JsonNode, jsonText, parseJson } from '../java/json';
import type { Logger, Loggers } from '../log';
import { httpError, RestError } from '../runtime/rest-error';
import { type Answer, type Route, RouteTable } from './routes';

const MAX_BODY_BYTES = 16_777_216;
const OPTIONS = { decimalFormat: 'BASE64', replacesNull: true } as const;

/** Where the REST API listens; an empty host: everywhere. */
export interface Listener {
  readonly host: string;
  readonly port: number;
}

/** Reads one of `listeners`. Throws `ToolError`. */
export function parseListener(text: string): Listener {
  const match = /^(.*):\/\/\[?([0-9a-zA-Z\-%._:]*)\]?:(-?[0-9]+)$/.exec(text.trim());
  if (!match) throw configException(BAD_LISTENER);
  const scheme = match[1]!.toLowerCase();
  if (scheme === 'https') throw configException(`Listener ${text}: https is not supported. Use http.`);
  if (scheme !== 'http') throw configException('Listener protocol must be either "http" or "https".');
  return { host: match[2]!, port: Number(match[3]) };
}

const BAD_LISTENER = "Listener doesn't have the right format (protocol://hostname:port).";

/** Answers HTTP requests with JSON (RestServer). */
export class RestServer {
  private readonly server: Server;
  private readonly log: Logger;
  private table = new RouteTable([]);

  constructor(
    private readonly corsHeaders: Readonly<Record<string, string>>,
    loggers: Loggers,
  ) {
    this.log = loggers.logger('org.apache.kafka.connect.runtime.rest.RestServer');
    this.server = createServer((request, response) => void this.take(request, response));
  }

  /** Binds. Returns the port. Throws `ToolError` where it is taken. */
  async listen({ host, port }: Listener): Promise<number> {
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
    const { status, body, headers = {} } = answer;
    const text = body === undefined ? '' : jsonText(toJson(null, body, OPTIONS) ?? null);
    const type = body === undefined || answer.isUntyped ? {} : { 'Content-Type': 'application/json' };
    response.writeHead(status, {
      ...type,
      ...this.corsHeaders,
      ...headers,
      ...(status !== 204 && { 'Content-Length': Buffer.byteLength(text) }),
    });
    response.end(request.method === 'HEAD' ? '' : text);
    const { method, url, httpVersion, socket } = request;
    const agent = request.headers['user-agent'] ?? '-';
    const line = `"${method} ${url} HTTP/${httpVersion}" ${status} ${Buffer.byteLength(text)} "-" "${agent}"`;
    this.log.info(`${socket.remoteAddress ?? '-'} - - ${line} ${Date.now() - startMs}`);
  }

  private async answer(request: IncomingMessage): Promise<Answer> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const { route, parameters } = this.table.find(request.method ?? 'GET', url.pathname);
    const text = await bodyOf(request);
    return route.handle({ parameters, query: url.searchParams, body: () => jsonBody(text, request) });
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
