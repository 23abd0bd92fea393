import { BrokerConfig } from './broker-config';
import { parseHttpListener } from './http-listener';

test.each([
  ['127.0.0.1:9404', { host: '127.0.0.1', port: 9404 }],
  ['metrics.example:0', { host: 'metrics.example', port: 0 }],
  ['[::1]:9404', { host: '::1', port: 9404 }],
  [':9404', { host: '::', port: 9404 }],
])('%s is an address', (text, expected) => {
  expect(parseHttpListener(text)).toEqual(expected);
});

test.each([
  '',
  '9404',
  'host',
  'host:',
  'host:65536',
  'host:-1',
  '::1:9404',
  'http://host:9404',
  'host:9404/metrics',
  'a b:1',
])('"%s" is none', (text) => {
  expect(parseHttpListener(text)).toBeNull();
});

test('a broker is told what is wrong with it; without it, nothing is served', () => {
  const parse = (listener: string) =>
    BrokerConfig.parse(
      new Map([
        ['zookeeper.connect', 'localhost:2181'],
        ['odradek.metrics.listener', listener],
      ]),
    );
  expect(() => parse('9404')).toThrow(
    'Invalid value 9404 for configuration odradek.metrics.listener: It is no address to listen on',
  );
  expect(parse('').odradek.odradekMetricsListener).toBe('');
  expect(BrokerConfig.parse(new Map([['zookeeper.connect', 'localhost:2181']])).odradek.odradekMetricsListener).toBe(
    '',
  );
});
