// biome-ignore-all lint/suspicious/noTemplateCurlyInString: config providers are written so

import type { ConfigSources } from '../env/config-sources';
import { loadBrokerConfig } from './load';

const files: Record<string, string> = { '/run/secrets.properties': 'key=geheim\nrack=r1\n', '/run/dir/rack': 'r2\n' };
const sources: ConfigSources = {
  readFile: (path) => (path in files ? Buffer.from(files[path]!) : null),
  list: (path) => (path === '/run/dir' ? ['rack'] : null),
  exists: (path) => path === '/run',
  environment: { RACK: 'r3' },
};

const load = (text: string, overrides: string[] = []) =>
  loadBrokerConfig({ text, fileName: 'config/server.properties', overrides, sources });

const base = 'broker.id=0\nzookeeper.connect=localhost:2181\n';
const PROVIDERS = [
  'config.providers=file,dir,env',
  ...['File', 'Directory', 'EnvVar'].map(
    (name, at) =>
      `config.providers.${['file', 'dir', 'env'][at]}.class=org.apache.kafka.common.config.provider.${name}ConfigProvider`,
  ),
].join('\n');

describe('loadBrokerConfig', () => {
  test.each([
    [
      'num.partitions=many',
      'Invalid value many for configuration num.partitions: Not a number of type INT (config/server.properties, line 3: num.partitions=many) Write a whole number from -2147483648 to 2147483647, digits only.',
    ],
    [
      'log.segment.bytes=13',
      'Invalid value 13 for configuration log.segment.bytes: Value must be at least 14 (config/server.properties, line 3: log.segment.bytes=13) Give a number from 14 up.',
    ],
    [
      '\nnode.id=7',
      'You must set `node.id` to the same value as `broker.id`. (config/server.properties, line 4: node.id=7; config/server.properties, line 1: broker.id=0) Leave node.id out: it follows broker.id.',
    ],
    [
      'listeners=EXTERNAL://:9092',
      "Error creating broker listeners from 'EXTERNAL://:9092': No security protocol defined for listener EXTERNAL (config/server.properties, line 3: listeners=EXTERNAL://:9092) Add EXTERNAL:PLAINTEXT (or its real protocol) to listener.security.protocol.map.",
    ],
    [
      'a=\\u00',
      'Malformed \\uxxxx encoding. (config/server.properties, line 3) Write \\u and four hexadecimal digits, or double the backslash.',
    ],
    [
      'odradek.nonsense=1',
      'Unknown configuration odradek.nonsense (config/server.properties, line 3: odradek.nonsense=[hidden]) Settings under odradek. are checked.',
    ],
  ])('%j names file, line, key, value and remedy', (line, message) => {
    expect(() => load(`${base}${line}\n`)).toThrow(message);
  });

  test('what is missing is named too', () => {
    expect(() => load('broker.id=0')).toThrow(
      "Missing required configuration `zookeeper.connect` which has no default value. (config/server.properties: zookeeper.connect not set there) Add ZooKeeper's address, for example zookeeper.connect=localhost:2181.",
    );
  });

  test('overrides win, may be empty, and are named in errors', () => {
    expect(load(base, ['broker.id=3', 'broker.rack=', 'broker.rack=a=b']).config.values).toMatchObject({
      brokerId: 3,
      brokerRack: 'a=b',
    });
    expect(load(`${base}broker.rack=x`, ['broker.rack=']).config.values.brokerRack).toBe('');
    expect(() => load(base, ['num.partitions=0'])).toThrow('(--override num.partitions: num.partitions=0)');
    expect(load(base, ['broker.rack']).config.values.brokerRack).toBe('');
  });

  test('secrets are in no message', () => {
    const text = `${base}listeners=SSL://:1\nssl.keystore.password=geheim\nunknown.password=geheim\nunknown.password=geheim\n`;
    try {
      load(text);
      throw new Error('accepted');
    } catch (error) {
      expect((error as Error).message).toContain('inter.broker.listener.name must be');
      expect((error as Error).message).not.toContain('geheim');
    }
    const { warnings } = load(text.replace('listeners=SSL://:1\n', ''));
    expect(warnings.join()).not.toContain('geheim');
  });

  test('warnings: duplicates, unknown, removed and deprecated settings', () => {
    const { warnings, config } = load(
      `${base}port=9092\nnum.partition=3\nbroker.id=1\nsuper.users=User:a\nlog.message.format.version=2.0\nlistener.name.x.plain.sasl.jaas.config=a\n`,
    );
    expect(config.values.brokerId).toBe(1);
    expect(config.originals.get('num.partition')).toBe('3');
    expect(warnings).toEqual([
      'config/server.properties, line 1: broker.id is set again in line 5; the last one counts',
      'config/server.properties, line 3: port has no effect any more: use listeners',
      'config/server.properties, line 4: unknown configuration num.partition: it is kept, but nothing reads it',
      'config/server.properties, line 7: log.message.format.version is deprecated: it is ignored since inter.broker.protocol.version 3.0',
    ]);
  });
});

describe('config providers', () => {
  test.each([
    ['${file:/run/secrets.properties:rack}', 'r1'],
    ['${dir:/run/dir:rack}', 'r2'],
    ['${env:RACK}', 'r3'],
    ['a${env:RACK}b${env:RACK}', 'ar3br3'],
    // What nobody answers for stays as it is.
    ['${env:ABSENT}', '${env:ABSENT}'],
    ['${file:/run/secrets.properties:absent}', '${file:/run/secrets.properties:absent}'],
    ['${dir:/nowhere:rack}', '${dir:/nowhere:rack}'],
    ['${vault:x:y}', '${vault:x:y}'],
  ])('%s → %s', (value, expected) => {
    expect(load(`${base}${PROVIDERS}\nbroker.rack=${value}`).config.values.brokerRack).toBe(expected);
  });

  test.each([
    ['', '${file:/nowhere:rack}', 'Could not read properties from file /nowhere (config/server.properties, line 7:'],
    ['', '${env:path:RACK}', "Path is not supported for EnvVarConfigProvider, invalid value 'path'"],
    ['config.providers.env.param.allowlist.pattern=(', 'x', 'allowlist.pattern is no regular expression: ('],
    ['config.providers.file.param.allowed.paths=rel', 'x', 'Path rel is not absolute'],
    ['config.providers.file.param.allowed.paths=/none', 'x', 'Path /none does not exist'],
    [
      'config.providers.file.class=no.Such',
      'x',
      'Invalid value no.Such for configuration config.providers.file.class: Could not load config provider class or one of its dependencies',
    ],
  ])('%s %s fails', (setting, value, message) => {
    const text = `${base}${PROVIDERS}\nbroker.rack=${value}\n${setting}`;
    expect(() => load(text)).toThrow(message);
  });

  test('allowed paths and allowed names are the only ones read', () => {
    const rack = (settings: string, value: string) =>
      load(`${base}${PROVIDERS}\n${settings}\nbroker.rack=${value}`).config.values.brokerRack;
    const files = 'config.providers.file.param.allowed.paths=/run';
    expect(rack(files, '${file:/run/secrets.properties:rack}')).toBe('r1');
    expect(rack(files, '${file:/run/../etc/passwd:rack}')).toBe('${file:/run/../etc/passwd:rack}');
    expect(rack('config.providers.env.param.allowlist.pattern=FOO.*', '${env:RACK}')).toBe('${env:RACK}');
  });
});
