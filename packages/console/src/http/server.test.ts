import { connect } from 'node:net';
import { HttpError } from './answer';
import type { Asset } from './assets';
import { type ApiRequest, type Listening, listen } from './server';

const assets: ReadonlyMap<string, Asset> = new Map([
  ['/', { contentType: 'text/html; charset=utf-8', body: Buffer.from('<title>page</title>') }],
  ['/app.js', { contentType: 'text/javascript; charset=utf-8', body: Buffer.from('page') }],
]);

let server: Listening;
let seen: ApiRequest | undefined;
let answer: (request: ApiRequest) => Promise<unknown>;

beforeEach(async () => {
  seen = undefined;
  answer = async () => ({ fine: true });
  const settings = { host: '127.0.0.1', port: 0, allowedHosts: [], changes: true, token: 'token' };
  server = await listen(settings, assets, async (request) => {
    seen = request;
    return answer(request);
  });
});

afterEach(() => server.close());

/** What is sent as it is: no client tidies it up. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('utf8')));
    socket.write(text);
  });
}

const request = (line: string, headers = '', body = ''): Promise<string> =>
  raw(`${line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${headers}\r\n${body}`);

const post = (body: string, headers = ''): Promise<string> =>
  request(
    'POST /api/topics',
    `Origin: http://localhost\r\nX-Odradek-Token: token\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${headers}`,
    body,
  );

const statusOf = (response: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(response)?.[1]);
const bodyOf = (response: string): string => response.slice(response.indexOf('\r\n\r\n') + 4);

test('every answer says what a browser may do with it', async () => {
  for (const line of ['GET /', 'GET /api/topics', 'GET /nothing', 'PUT /']) {
    const response = await request(line);
    expect(response).toContain("Content-Security-Policy: default-src 'self'");
    expect(response).toContain('X-Frame-Options: DENY');
    expect(response).toContain('X-Content-Type-Options: nosniff');
    expect(response).toContain('Referrer-Policy: no-referrer');
    expect(response).not.toMatch(/access-control/i);
  }
});

test('the page, and no more than its head', async () => {
  expect(await request('GET /?a=b')).toContain('<title>page</title>');
  const head = await request('HEAD /');
  expect(head).toContain('Content-Length: 19');
  expect(bodyOf(head)).toBe('');
});

test.each([
  '/../../etc/passwd',
  '/..%2f..%2fetc%2fpasswd',
  '/app.js/../../package.json',
  '//etc/passwd',
  '/app.js%00',
  '/.git/config',
  '/APP.JS',
  '/\\..\\package.json',
])('%s is no file of ours', async (path) => {
  const response = await request(`GET ${path}`);
  expect(statusOf(response)).toBe(404);
  expect(bodyOf(response)).toBe('There is nothing here.\n');
});

test('a whole address instead of a path is not served', async () => {
  expect(statusOf(await request('GET http://localhost/api/topics'))).toBe(404);
  expect(seen).toBeUndefined();
});

test('the words of a path come decoded, one by one', async () => {
  await request('GET /api/groups/a%2Fb%20%25/x?path=%2Fq&path=2');
  expect(seen?.words).toEqual(['groups', 'a/b %', 'x']);
  expect(seen?.query.getAll('path')).toEqual(['/q', '2']);
  await request('GET /api/topics/..%2f..');
  expect(seen?.words).toEqual(['topics', '../..']);
});

test('what cannot be decoded is a bad request', async () => {
  expect(statusOf(await request('GET /api/topics/%zz'))).toBe(400);
  expect(seen).toBeUndefined();
});

test('nothing that was asked for becomes a header', async () => {
  answer = async ({ words }) => {
    throw new HttpError(404, `no ${words[1]}`);
  };
  const response = await request('GET /api/topics/x%0d%0aSet-Cookie:%20a=b%0d%0a%0d%0a<script>');
  expect(response.slice(0, response.indexOf('\r\n\r\n'))).not.toContain('Set-Cookie');
  expect(response).toContain('Content-Type: application/json; charset=utf-8');
  expect(JSON.parse(bodyOf(response))).toEqual({ error: 'no x\r\nSet-Cookie: a=b\r\n\r\n<script>' });
});

test('foreign hosts are refused, in words', async () => {
  const response = await raw('GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n');
  expect(statusOf(response)).toBe(403);
  expect(bodyOf(response)).toBe(
    'This console does not answer to requests for evil.example. The setting: odradek.console.allowed.hosts=evil.example\n',
  );
  // Of two hosts no proxy and no server may believe another than we.
  const two = await raw('GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n');
  expect(statusOf(two)).toBe(400);
  expect(statusOf(await raw('GET / HTTP/1.0\r\n\r\n'))).toBe(403);
});

test('other methods are refused with those that are served', async () => {
  const response = await request('DELETE /api/topics/x');
  expect(statusOf(response)).toBe(405);
  expect(response).toContain('Allow: GET, HEAD');
});

describe('bodies', () => {
  test('are JSON', async () => {
    answer = async ({ json }) => ({ got: await json() });
    expect(JSON.parse(bodyOf(await post('{"name":"é"}')))).toEqual({ got: { name: 'é' } });
    expect(statusOf(await post('{"name":'))).toBe(400);
    expect(statusOf(await post(''))).toBe(400);
  });

  test('are no longer than 1 MiB', async () => {
    answer = async ({ json }) => ({ length: ((await json()) as string).length });
    const longest = 1024 * 1024 - 2;
    expect(JSON.parse(bodyOf(await post(`"${'x'.repeat(longest)}"`)))).toEqual({ length: longest });
    expect(statusOf(await post(`"${'x'.repeat(longest + 1)}"`))).toBe(413);
  });

  test('are not read of a request that is refused', async () => {
    const response = await post('{}', 'X-Odradek-Token: wrong\r\n');
    expect(statusOf(response)).toBe(403);
    expect(seen).toBeUndefined();
  });
});
