import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Http, HttpAnswer } from '../http';

/** Whoever scrapes is one, or a few: what is beyond is a mistake or an attack. */
const MAX_CONNECTIONS = 64;
const REQUEST_TIMEOUT_MS = 10_000;
const TEXT = 'text/plain; charset=utf-8';

export const nodeHttp: Http = {
  listen: ({ host, port }, answer) =>
    new Promise((resolve, reject) => {
      const options = { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS };
      const server = createServer(options, (request, response) => void respond(request, response, answer));
      server.maxConnections = MAX_CONNECTIONS;
      server.once('error', reject);
      server.listen(port, host, () => {
        server.off('error', reject);
        resolve({
          port: (server.address() as AddressInfo).port,
          close: () =>
            new Promise((closed) => {
              server.close(() => closed());
              server.closeAllConnections();
            }),
        });
      });
    }),
};

async function respond(
  { method, url = '/' }: IncomingMessage,
  response: ServerResponse,
  answer: (path: string) => Promise<HttpAnswer>,
): Promise<void> {
  const isRead = method === 'GET' || method === 'HEAD';
  if (!isRead) response.setHeader('Allow', 'GET, HEAD');
  const { status, contentType, body } = isRead ? await answered(url, answer) : refusal(405, 'Method not allowed');
  response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(body) });
  response.end(method === 'HEAD' ? undefined : body);
}

async function answered(url: string, answer: (path: string) => Promise<HttpAnswer>): Promise<HttpAnswer> {
  try {
    return await answer(url.replace(/[?#].*$/, ''));
  } catch {
    return refusal(500, 'Internal error');
  }
}

const refusal = (status: number, text: string): HttpAnswer => ({ status, contentType: TEXT, body: `${text}\n` });
