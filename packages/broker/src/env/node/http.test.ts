import type { HttpAnswer, HttpListening } from '../http';
import { nodeHttp } from './http';

let server: HttpListening;
const asked: string[] = [];

const answer = async (path: string): Promise<HttpAnswer> => {
  asked.push(path);
  if (path === '/broken') throw new Error('a secret');
  return { status: 200, contentType: 'text/plain', body: 'größer' };
};

beforeAll(async () => {
  server = await nodeHttp.listen({ host: '127.0.0.1', port: 0 }, answer);
});
afterAll(() => server.close());

const ask = (path: string, method = 'GET') => fetch(`http://127.0.0.1:${server.port}${path}`, { method });

test('GET is answered, without its query; HEAD without the body', async () => {
  const got = await ask('/metrics?name=x');
  expect([got.status, got.headers.get('content-type'), await got.text()]).toEqual([200, 'text/plain', 'größer']);
  expect(asked.at(-1)).toBe('/metrics');
  const head = await ask('/metrics', 'HEAD');
  expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '8', '']);
});

test.each(['POST', 'PUT', 'DELETE'])('%s is refused', async (method) => {
  const before = asked.length;
  const refused = await ask('/metrics', method);
  expect([refused.status, refused.headers.get('allow'), asked.length]).toEqual([405, 'GET, HEAD', before]);
  await refused.text();
});

test('an answer that fails says nothing of its reason', async () => {
  const failed = await ask('/broken');
  expect([failed.status, await failed.text()]).toEqual([500, 'Internal error\n']);
});

test('an address that is taken is refused; one that was closed is free again, whoever is still connected', async () => {
  const here = { host: '127.0.0.1', port: server.port };
  await expect(nodeHttp.listen(here, answer)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await (await ask('/metrics')).text();
  await server.close();
  await expect(ask('/metrics')).rejects.toThrow();
  server = await nodeHttp.listen(here, answer);
  expect((await ask('/metrics')).status).toBe(200);
});
