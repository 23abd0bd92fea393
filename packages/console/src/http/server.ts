import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HttpError } from './answer';
import type { Asset } from './assets';
import { checkRequest, type GuardSettings } from './guard';

/** A request that was let in. */
export interface ApiRequest {
  readonly method: string;
  /** The path's words behind `/api/`, decoded. */
  readonly words: readonly string[];
  readonly query: URLSearchParams;
  /** Of a POST. Rejects with `HttpError` where it is none. */
  readonly json: () => Promise<unknown>;
}

/** Answers a request: with what is sent as JSON, or by writing to the response itself (then: undefined). */
export type ApiHandler = (request: ApiRequest, response: ServerResponse) => Promise<unknown>;

export interface HttpSettings extends GuardSettings {
  readonly port: number;
}

const MAX_CONNECTIONS = 128;
const MAX_HEADER_BYTES = 16 * 1024;
const MAX_BODY_BYTES = 1024 * 1024;
const REQUEST_TIMEOUT_MS = 10_000;

/** On every answer: nothing but our own files runs in the page, nobody frames it, nothing is told to other sites. */
const SECURITY_HEADERS = {
  'Content-Security-Policy':
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
  'X-Frame-Options': 'DENY',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

export interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves the page and its API. Rejects where the address cannot be bound. */
export function listen(
  settings: HttpSettings,
  assets: ReadonlyMap<string, Asset>,
  handle: ApiHandler,
): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const server = createServer(
      { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS, maxHeaderSize: MAX_HEADER_BYTES },
      (request, response) => void respond(request, response, settings, assets, handle),
    );
    server.maxConnections = MAX_CONNECTIONS;
    server.once('error', reject);
    server.listen(settings.port, settings.host, () => {
      server.off('error', reject);
      const close = (): Promise<void> =>
        new Promise((closed) => {
          server.close(() => closed());
          server.closeAllConnections();
        });
      resolve({ port: (server.address() as AddressInfo).port, close });
    });
  });
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  settings: HttpSettings,
  assets: ReadonlyMap<string, Asset>,
  handle: ApiHandler,
): Promise<void> {
  // Who has gone need not be told.
  response.on('error', () => {});
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
  const { method = '', url = '', headers } = request;
  const path = url.replace(/[?#].*$/s, '');
  try {
    // Whoever believes the one, a proxy for example, and whoever believes the other would differ.
    if ((request.headersDistinct.host ?? []).length > 1) throw new HttpError(400, 'The request names several hosts.');
    checkRequest({ method, path, headers }, settings);
    if (path.startsWith('/api/')) {
      const answer = await handle(apiRequest(request, path), response);
      if (answer !== undefined) sendJson(response, 200, answer, method === 'HEAD');
    } else {
      sendAsset(response, assets, path, method === 'HEAD');
    }
  } catch (thrown) {
    if (!(thrown instanceof HttpError)) throw thrown;
    refuse(request, response, thrown, path);
  }
}

function apiRequest(request: IncomingMessage, path: string): ApiRequest {
  const { method = '', url = '' } = request;
  const words = path.slice('/api/'.length).split('/').map(decoded);
  const at = url.indexOf('?');
  const query = new URLSearchParams(at < 0 ? '' : url.slice(at + 1));
  return { method, words, query, json: () => readJson(request) };
}

function decoded(word: string): string {
  try {
    return decodeURIComponent(word);
  } catch {
    throw new HttpError(400, 'The path cannot be decoded.');
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MAX_BODY_BYTES) throw new HttpError(413, `A request may have ${MAX_BODY_BYTES} bytes at most.`);
      chunks.push(chunk);
    }
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (thrown) {
    // Else it was cut off, or is something else.
    throw thrown instanceof HttpError ? thrown : new HttpError(400, 'The request is no JSON.');
  }
}

function sendJson(response: ServerResponse, status: number, answer: unknown, isHead: boolean): void {
  send(response, status, 'application/json; charset=utf-8', Buffer.from(JSON.stringify(answer)), isHead);
}

function send(response: ServerResponse, status: number, contentType: string, body: Buffer, isHead: boolean): void {
  // Set before `writeHead`, so that nothing of a request ever becomes a header.
  response.writeHead(status, {
    'Content-Type': contentType,
    'Content-Length': body.length,
    'Cache-Control': contentType.startsWith('application/json') ? 'no-store' : 'no-cache',
  });
  response.end(isHead ? undefined : body);
}

function sendAsset(response: ServerResponse, assets: ReadonlyMap<string, Asset>, path: string, isHead: boolean): void {
  const asset = assets.get(path);
  if (!asset) throw new HttpError(404, 'There is nothing here.');
  send(response, 200, asset.contentType, asset.body, isHead);
}

function refuse(request: IncomingMessage, response: ServerResponse, error: HttpError, path: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (error.status === 405) response.setHeader('Allow', 'GET, HEAD');
  // What was not read of a request is not read as the next one.
  if (!request.complete) response.setHeader('Connection', 'close');
  const isHead = request.method === 'HEAD';
  if (path.startsWith('/api/')) {
    sendJson(response, error.status, error.answer, isHead);
    return;
  }
  const text = error.remedy === undefined ? error.message : `${error.message} The setting: ${error.remedy}`;
  send(response, error.status, 'text/plain; charset=utf-8', Buffer.from(`${text}\n`), isHead);
}
