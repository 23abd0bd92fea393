import { HttpError } from './answer';
import { checkRequest, type GuardSettings, isOurHost } from './guard';

const settings: GuardSettings = { host: '127.0.0.1', allowedHosts: [], changes: true, token: 'secret-token' };
const page = { host: 'localhost:8080', origin: 'http://localhost:8080' };
const change = { ...page, 'content-type': 'application/json', 'x-odradek-token': 'secret-token' };

function outcome(
  method: string,
  path: string,
  headers: Record<string, string>,
  given: Partial<GuardSettings> = {},
): HttpError | 'served' {
  try {
    checkRequest({ method, path, headers }, { ...settings, ...given });
    return 'served';
  } catch (thrown) {
    if (thrown instanceof HttpError) return thrown;
    throw thrown;
  }
}

describe('hosts', () => {
  test.each([
    'localhost',
    'localhost:8080',
    'LOCALHOST:1',
    'localhost.',
    '127.0.0.1:8080',
    '127.1.2.3',
    '[::1]:8080',
    '[::ffff:127.0.0.1]:8080',
  ])('%s is this machine', (host) => {
    expect(isOurHost(host, settings)).toBe(true);
  });

  test.each([
    undefined,
    '',
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example:8080',
    'evil.example:8080@localhost',
    'localhost:8080/evil',
    'localhost evil',
    '10.0.0.5:8080',
    '[::2]',
    '0.0.0.0:8080',
    'foo.localhost',
  ])('%s is not', (host) => {
    expect(isOurHost(host, settings)).toBe(false);
  });

  test('what the listener is bound to, unless that is everything', () => {
    expect(isOurHost('kafka.example:8080', { ...settings, host: 'kafka.example' })).toBe(true);
    expect(isOurHost('KAFKA.example', { ...settings, host: 'kafka.example' })).toBe(true);
    expect(isOurHost('[fd00::1]:8080', { ...settings, host: 'fd00::1' })).toBe(true);
    expect(isOurHost('10.0.0.5:8080', { ...settings, host: '::' })).toBe(false);
    expect(isOurHost('[::]:8080', { ...settings, host: '::' })).toBe(false);
  });

  test('those that are allowed', () => {
    const allowed = { ...settings, allowedHosts: ['kafka.example', '10.0.0.5', '[fd00::1]'] };
    for (const host of ['kafka.example:80', 'Kafka.Example', '10.0.0.5:8080', '[fd00::1]']) {
      expect(isOurHost(host, allowed)).toBe(true);
    }
    expect(isOurHost('other.example', allowed)).toBe(false);
  });

  test('a refusal names the setting', () => {
    expect(outcome('GET', '/', { host: 'evil.example:8080' })).toMatchObject({
      status: 403,
      message: 'This console does not answer to requests for evil.example.',
      remedy: 'odradek.console.allowed.hosts=evil.example',
    });
    expect(outcome('GET', '/', { host: '<b>' })).toMatchObject({
      status: 403,
      message: 'The Host header of this request names no host.',
    });
  });
});

describe('other sites', () => {
  test('may link to the page, not ask the API', () => {
    const headers = { host: 'localhost:8080', 'sec-fetch-site': 'cross-site' };
    expect(outcome('GET', '/', headers)).toBe('served');
    expect(outcome('GET', '/api/topics', headers)).toMatchObject({ status: 403 });
    expect(outcome('GET', '/api/topics', { ...headers, 'sec-fetch-site': 'same-site' })).toMatchObject({ status: 403 });
  });

  test('are told by their origin where browsers say no more', () => {
    const host = 'kafka.example:8080';
    const settings = { host: 'kafka.example' };
    for (const origin of ['http://evil.example', 'http://kafka.example', 'null']) {
      expect(outcome('GET', '/api/topics', { host, origin }, settings)).toMatchObject({ status: 403 });
    }
    for (const origin of [`http://${host}`, `https://${host}`]) {
      expect(outcome('GET', '/api/topics', { host, origin }, settings)).toBe('served');
    }
  });

  test.each(['same-origin', 'none'])('%s may', (site) => {
    expect(outcome('GET', '/api/topics', { host: 'localhost:8080', 'sec-fetch-site': site })).toBe('served');
  });
});

describe('methods', () => {
  test.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'CONNECT', 'POSTS', ''])('%s is not served', (method) => {
    expect(outcome(method, '/api/topics', change)).toMatchObject({ status: 405 });
  });

  test('nothing is posted to the page', () => {
    expect(outcome('POST', '/', change)).toMatchObject({ status: 405 });
  });

  test.each(['GET', 'HEAD'])('%s needs no token', (method) => {
    expect(outcome(method, '/api/topics', { host: 'localhost' })).toBe('served');
  });
});

describe('changes', () => {
  test('are made with the token, from the page', () => {
    expect(outcome('POST', '/api/topics', change)).toBe('served');
    expect(outcome('POST', '/api/topics', { ...change, 'content-type': 'application/json; charset=UTF-8' })).toBe(
      'served',
    );
    // Behind a proxy that speaks TLS.
    expect(outcome('POST', '/api/topics', { ...change, origin: 'https://localhost:8080' })).toBe('served');
  });

  test('are refused where they are off, with the setting', () => {
    expect(outcome('POST', '/api/topics', change, { changes: false })).toMatchObject({
      status: 403,
      remedy: 'odradek.console.changes=true',
    });
  });

  test.each([
    ['another site', { origin: 'http://evil.example' }],
    ['another port', { origin: 'http://localhost:8081' }],
    ['no site', { origin: 'null' }],
    ['a site whose name begins as ours', { origin: 'http://localhost:8080.evil.example' }],
    ['a token of another run', { 'x-odradek-token': 'other-token!' }],
    ['a token that is too long', { 'x-odradek-token': 'secret-token-' }],
    ['an empty token', { 'x-odradek-token': '' }],
    ['another site by its own word', { 'sec-fetch-site': 'cross-site' }],
  ])('are refused from %s', (_, headers) => {
    expect(outcome('POST', '/api/topics', { ...change, ...headers })).toMatchObject({ status: 403 });
  });

  test.each(['origin', 'x-odradek-token'])('are refused without %s', (name) => {
    const { [name]: _, ...headers } = change as Record<string, string>;
    expect(outcome('POST', '/api/topics', headers)).toMatchObject({ status: 403 });
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'application/jsonp', ''])(
    'are refused as %s, which a form of any site can send',
    (type) => {
      expect(outcome('POST', '/api/topics', { ...change, 'content-type': type })).toMatchObject({ status: 415 });
    },
  );
});
