import { parseProperties } from '@odradek/broker/config/properties';
import { logLevels } from './log-levels';
import { propertiesText, settingsOf } from './settings';
import { settingName, type Variables, VariablesError } from './variables';

const noCommand = (command: string): string => {
  throw new Error(`nobody expects ${command} to be run`);
};
const ZOOKEEPER = { KAFKA_ZOOKEEPER_CONNECT: 'zookeeper:2181' };
const of = (variables: Variables, run = noCommand): Record<string, string> =>
  Object.fromEntries(settingsOf({ ...ZOOKEEPER, ...variables }, run));

test.each([
  ['LOG_RETENTION_HOURS', 'log.retention.hours'],
  ['A__B', 'a_b'],
  ['A___B', 'a-b'],
  ['LISTENER_NAME_IN__SIDE_SSL_KEYSTORE_TYPE', 'listener.name.in_side.ssl.keystore.type'],
])('%s is %s', (variable, name) => {
  expect(settingName(variable)).toBe(name);
});

test('what is given is set; what is not is what a container wants', () => {
  expect(of({ KAFKA_NUM_PARTITIONS: '3', HOME: '/root' })).toEqual({
    'zookeeper.connect': 'zookeeper:2181',
    'num.partitions': '3',
    listeners: 'PLAINTEXT://:9092',
    'broker.id': '-1',
    'log.dirs': '/kafka/kafka-logs',
    'odradek.metrics.listener': '127.0.0.1:9404',
  });
});

test("Bitnami's prefix is understood, and wins", () => {
  const variables = {
    KAFKA_CFG_BROKER_ID: '2',
    KAFKA_BROKER_ID: '1',
    KAFKA_CFG_LOG_DIRS: '/data',
    ALLOW_PLAINTEXT_LISTENER: 'yes',
  };
  expect(of(variables)).toMatchObject({ 'broker.id': '2', 'log.dirs': '/data' });
});

test('variables of images, JVMs and Kubernetes are no settings', () => {
  const settings = of({
    KAFKA_HEAP_OPTS: '-Xmx1g',
    KAFKA_JMX_PORT: '9999',
    KAFKA_LOG4J_ROOT_LOGLEVEL: 'WARN',
    KAFKA_VERSION: '3.9.1',
    KAFKA_PORT: 'tcp://10.0.0.1:9092',
    KAFKA_PORT_9092_TCP_ADDR: '10.0.0.1',
    KAFKA_SERVICE_HOST: '10.0.0.1',
    KAFKA_0_SERVICE_PORT_CLIENT: '9092',
    KAFKA_: 'nothing',
  });
  expect(settings).toEqual(of({}));
});

describe('listeners', () => {
  test.each<[string, Variables, string, string | undefined]>([
    ['an advertised host of old', { KAFKA_ADVERTISED_HOST_NAME: 'me' }, 'PLAINTEXT://:9092', 'PLAINTEXT://me:9092'],
    [
      'an advertised port of old',
      { KAFKA_ADVERTISED_HOST_NAME: 'me', KAFKA_ADVERTISED_PORT: '32000' },
      'PLAINTEXT://:9092',
      'PLAINTEXT://me:32000',
    ],
    [
      'host and port of old',
      { KAFKA_HOST_NAME: 'in', KAFKA_PORT: '9095', KAFKA_ADVERTISED_HOST_NAME: 'me' },
      'PLAINTEXT://in:9095',
      'PLAINTEXT://me:9095',
    ],
    [
      'listeners and a host of old',
      { KAFKA_LISTENERS: 'INSIDE://:9093,OUTSIDE://:9094', KAFKA_ADVERTISED_HOST_NAME: 'me' },
      'INSIDE://:9093,OUTSIDE://:9094',
      'INSIDE://me:9092',
    ],
    [
      'advertised listeners alone',
      { KAFKA_ADVERTISED_LISTENERS: 'IN://kafka:9093, OUT://localhost:9092' },
      'IN://:9093,OUT://:9092',
      'IN://kafka:9093, OUT://localhost:9092',
    ],
    ['both', { KAFKA_LISTENERS: 'A://:1', KAFKA_ADVERTISED_LISTENERS: 'A://me:2' }, 'A://:1', 'A://me:2'],
    ['neither', {}, 'PLAINTEXT://:9092', undefined],
  ])('%s', (_, variables, listeners, advertised) => {
    const settings = of(variables);
    expect(settings['listeners']).toBe(listeners);
    expect(settings['advertised.listeners']).toBe(advertised);
  });

  test('a port that is none is named', () => {
    expect(() => of({ KAFKA_ADVERTISED_PORT: 'x', KAFKA_ADVERTISED_HOST_NAME: 'me' })).toThrow(
      'KAFKA_ADVERTISED_PORT=x is no port',
    );
  });
});

describe('commands', () => {
  const run = (command: string): string => {
    if (command === 'fail') throw new Error('exit code 1');
    return command === 'silent' ? '' : `${command}!\n`;
  };

  test('their output takes their place', () => {
    const settings = of(
      {
        HOSTNAME_COMMAND: 'host',
        PORT_COMMAND: 'port',
        KAFKA_LISTENERS: 'OUT://:9094',
        KAFKA_ADVERTISED_LISTENERS: 'OUT://_{HOSTNAME_COMMAND}:_{PORT_COMMAND}',
        BROKER_ID_COMMAND: '7',
        RACK_COMMAND: 'rack',
      },
      run,
    );
    expect(settings).toMatchObject({
      'advertised.listeners': 'OUT://host!:port!',
      'broker.id': '7!',
      'broker.rack': 'rack!',
    });
  });

  test('a host name without listeners is advertised', () => {
    expect(of({ HOSTNAME_COMMAND: 'host' }, run)['advertised.listeners']).toBe('PLAINTEXT://host!:9092');
  });

  test('an id that is given needs no command', () => {
    expect(of({ BROKER_ID_COMMAND: 'fail', KAFKA_BROKER_ID: '3' }, run)['broker.id']).toBe('3');
  });

  test.each(['fail', 'silent'])('one that cannot be relied on is named: %s', (command) => {
    expect(() => of({ BROKER_ID_COMMAND: command }, run)).toThrow(VariablesError);
    expect(() => of({ BROKER_ID_COMMAND: command }, run)).toThrow(`BROKER_ID_COMMAND=${command}`);
  });
});

test.each([
  ['a:1:1,b:2:1:compact', undefined, 'a:1:1,b:2:1:compact'],
  ['\n  a:1:1\n  b:2:1\n', "$$'\\n'", 'a:1:1,b:2:1'],
  ['a:1:1;b:2:1', ';', 'a:1:1,b:2:1'],
  [' ', undefined, undefined],
])('topics %j', (topics, separator, expected) => {
  const settings = of({ KAFKA_CREATE_TOPICS: topics, KAFKA_CREATE_TOPICS_SEPARATOR: separator });
  expect(settings['odradek.create.topics']).toBe(expected);
});

test('what cannot be is refused, with the remedy', () => {
  expect(() => settingsOf({}, noCommand)).toThrow('KAFKA_ZOOKEEPER_CONNECT is missing: set it to');
  expect(() => of({ KAFKA_PROCESS_ROLES: 'broker,controller' })).toThrow('KRaft');
  expect(() => of({ KAFKA_ENABLE_KRAFT: 'yes' })).toThrow('KRaft');
});

test('a properties file says what was given, whatever characters that has', () => {
  const value = ' a\\b\nc\td=#!é€ \u{1f600}';
  const { entries } = parseProperties(Buffer.from(propertiesText(new Map([['x', value]]))));
  expect(entries.get('x')?.value).toBe(value);
});

test('levels of loggers, in the words of several images', () => {
  expect(
    logLevels({ KAFKA_LOG4J_ROOT_LOGLEVEL: 'WARN', KAFKA_LOG4J_LOGGERS: 'kafka.controller=TRACE,kafka=INFO' }),
  ).toEqual({
    LOG_LEVEL: 'WARN',
    LOG_LEVELS: 'kafka.controller=TRACE,kafka=INFO',
  });
  expect(
    logLevels({ LOG4J_ROOTLOGGER: 'DEBUG, stdout', LOG4J_LOGGER_KAFKA_CONTROLLER: 'TRACE, controllerAppender' }),
  ).toEqual({
    LOG_LEVEL: 'DEBUG',
    LOG_LEVELS: 'kafka.controller=TRACE',
  });
  expect(logLevels({})).toEqual({});
});
