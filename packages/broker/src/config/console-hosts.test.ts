import { BrokerConfig } from './broker-config';

const hosts = (text: string): readonly string[] =>
  BrokerConfig.parse(
    new Map([
      ['zookeeper.connect', 'localhost:2181'],
      ['odradek.console.allowed.hosts', text],
    ]),
  ).odradek.odradekConsoleAllowedHosts;

test('names and addresses, without ports', () => {
  expect(hosts('')).toEqual([]);
  expect(hosts('kafka.example, 10.0.0.5,[fd00::1]')).toEqual(['kafka.example', '10.0.0.5', '[fd00::1]']);
});

test.each(['kafka.example:8080', 'http://kafka.example', '*', 'a b', 'fd00::1'])('%s is refused', (text) => {
  expect(() => hosts(text)).toThrow(`${text} is no name of a host`);
});
