import { readFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { request as requestSecurely } from 'node:https';
import { join } from 'node:path';
import { bufferedOuts } from '@odradek/tools/print';
import { Loggers } from '../log';
import { crossOrigin } from './cross-origin';
import { responseHeaders } from './response-headers';
import { RestServer } from './server';
import { tlsOptions } from './tls';

const TLS = join(__dirname, '../../vectors/tls');
const file = (name: string): string => join(TLS, name);
const rules = 'set X-Frame-Options: DENY, "add Cache-Control: no-cache, no-store", add X-Two: one, add X-Two: two';
const servers: RestServer[] = [];

afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

async function start(settings?: Record<string, string>, origins = ''): Promise<number> {
  const tls = settings && tlsOptions(new Map(Object.entries(settings)), 'listeners.https.');
  const answers = { crossOrigin: crossOrigin(origins, ''), headers: responseHeaders(rules) };
  const server = new RestServer(answers, tls, new Loggers(bufferedOuts().outs.stdout));
  servers.push(server);
  server.serve([
    { method: 'GET', path: '/', handle: () => ({ status: 200, body: {} }) },
    { method: 'POST', path: '/', handle: () => ({ status: 201, body: {}, location: '/x' }) },
  ]);
  return server.listen({ host: '127.0.0.1', port: 0 });
}

interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  /** A file with the client's key and certificate. */
  readonly client?: string;
}

interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Rejects where the connection ends without an answer. */
function ask(
  port: number,
  path: string,
  { method = 'GET', headers = {}, client }: Asked,
  secure: boolean,
): Promise<Answered> {
  const pem = client === undefined ? undefined : readFileSync(file(client));
  const common = { host: '127.0.0.1', port, path, method, headers };
  return new Promise((resolve, reject) => {
    const sent = secure
      ? requestSecurely({
          ...common,
          ca: readFileSync(file('ca.pem')),
          servername: 'localhost',
          ...(pem && { key: pem, cert: pem }),
        })
      : request(common);
    sent.on('error', reject);
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk as Buffer));
      response.on('end', () => {
        resolve({ status: response.statusCode!, headers: response.headers, text: Buffer.concat(chunks).toString() });
      });
    });
    sent.end();
  });
}

const KEYSTORES = {
  PEM: { 'ssl.keystore.location': file('server.pem'), 'ssl.keystore.type': 'PEM' },
  'PKCS12, under the prefix': {
    'listeners.https.ssl.keystore.location': file('server.p12'),
    'listeners.https.ssl.keystore.password': 'secret1',
    'ssl.keystore.location': '/nope',
  },
  'PEM in the settings': {
    'ssl.keystore.key': readFileSync(file('server.pem'), 'utf8').split(/(?<=END PRIVATE KEY-----\n)/)[0]!,
    'ssl.keystore.certificate.chain': readFileSync(file('server.pem'), 'utf8').split(/(?<=END PRIVATE KEY-----\n)/)[1]!,
  },
};

it.each(Object.entries(KEYSTORES))('answers over https with a keystore of %s', async (_, settings) => {
  const { status, text } = await ask(await start(settings), '/', {}, true);
  expect([status, text]).toEqual([200, '{}']);
});

it.each(['required', 'requested', 'none'])('ssl.client.auth=%s', async (auth) => {
  const port = await start({ ...KEYSTORES.PEM, 'ssl.truststore.location': file('ca.pem'), 'ssl.client.auth': auth });
  const outcome = (client?: string): Promise<number | string> =>
    ask(port, '/', client === undefined ? {} : { client }, true).then(
      ({ status }) => status,
      () => 'refused',
    );
  expect(await outcome('client.pem')).toBe(200);
  expect(await outcome('stranger.pem')).toBe(auth === 'none' ? 200 : 'refused');
  expect(await outcome()).toBe(auth === 'required' ? 'refused' : 200);
});

it.each([
  [{}, 'An https listener needs ssl.keystore.location, a file in PEM or PKCS12'],
  [{ 'ssl.keystore.location': '/nope/x' }, 'Failed to read ssl.keystore.location /nope/x'],
  [{ 'ssl.keystore.location': file('server.jks') }, `keytool -importkeystore -srckeystore ${file('server.jks')}`],
  [{ 'ssl.keystore.location': __filename }, 'The file is neither PEM nor PKCS12'],
  [{ ...KEYSTORES.PEM, 'ssl.truststore.location': file('server.p12') }, 'openssl pkcs12 -in'],
  [{ 'ssl.keystore.location': file('server.p12'), 'ssl.keystore.password': 'x' }, 'wrong password, or no key in it'],
  [{ ...KEYSTORES.PEM, 'ssl.enabled.protocols': 'SSLv3' }, 'Each must be one of TLSv1'],
])('says what is wrong with %j', async (settings, message) => {
  await expect(start(settings)).rejects.toThrow(message);
});

it('adds the headers that it is told to add', async () => {
  const { headers } = await ask(await start(), '/', {}, false);
  expect(headers).toMatchObject({
    'x-frame-options': 'DENY',
    'cache-control': 'no-cache, no-store',
    'x-two': 'one, two',
  });
  expect(responseHeaders('setDate Expires: 1000')(0)).toEqual([['Expires', ['Thu, 01 Jan 1970 00:00:01 GMT']]]);
});

it.each([
  ['put X: y', "Invalid header config action: 'put'"],
  ['set X', "Invalid format of header name and header value pair 'X'"],
  ['set', "Invalid format of header config 'set'"],
  ['set a b: c', "Invalid header name 'a b'"],
])('refuses the header rule %s', (rule, message) => {
  expect(() => responseHeaders(rule)).toThrow(message);
});

it('tells other origins what they may', async () => {
  const port = await start(undefined, 'http://a.example,http://*.b.example');
  const told = async (method: string, headers: Record<string, string>): Promise<string[]> => {
    const answer = await ask(port, '/', { method, headers }, false);
    return Object.keys(answer.headers).filter((name) => /^access-control|^vary/.test(name));
  };
  const simple = ['access-control-allow-origin', 'access-control-allow-credentials', 'vary'];
  expect(await told('GET', { Origin: 'http://x.b.example' })).toEqual(simple);
  expect(await told('GET', { Origin: 'http://a.example.evil' })).toEqual([]);
  const preflight = { Origin: 'http://a.example', 'Access-Control-Request-Method': 'POST' };
  expect(await told('OPTIONS', preflight)).toHaveLength(5);
  expect(await told('OPTIONS', { ...preflight, 'Access-Control-Request-Method': 'PUT' })).toEqual([]);
  expect(await told('OPTIONS', { ...preflight, 'Access-Control-Request-Headers': 'x-other' })).toEqual([]);
});

it('answers what Jersey answers by itself', async () => {
  const port = await start();
  const outcome = async (method: string, path: string, headers = {}): Promise<unknown[]> => {
    const answer = await ask(port, path, { method, headers }, false);
    return [answer.status, answer.text];
  };
  expect(await outcome('OPTIONS', '/')).toEqual([200, 'HEAD, POST, GET, OPTIONS']);
  expect(await outcome('GET', '//')).toEqual([404, '{"error_code":404,"message":"HTTP 404 Not Found"}']);
  expect(await outcome('PUT', '/')).toEqual([405, '{"error_code":405,"message":"HTTP 405 Method Not Allowed"}']);
  expect(await outcome('GET', '/', { Accept: 'text/html' })).toEqual([
    406,
    '{"error_code":406,"message":"HTTP 406 Not Acceptable"}',
  ]);
  const { headers } = await ask(port, '/', { method: 'POST', headers: { Host: 'worker:1' } }, false);
  expect(headers.location).toBe('http://worker:1/x');
});
