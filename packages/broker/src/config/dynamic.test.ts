import type { Random } from '../env/random';
import { BrokerConfig } from './broker-config';
import { DynamicBrokerConfig, fromPersistentProps, reencodePasswords, toPersistentProps } from './dynamic';
import { ConfigException } from './errors';
import vectors from './vectors/dynamic.json';

interface Vector {
  props: Record<string, string>;
  perBroker: boolean;
  error: string | null;
}

const mapOf = (props: object) => new Map<string, string>(Object.entries(props));
const broker = (props: Record<string, string> = {}) =>
  BrokerConfig.parse(mapOf({ 'zookeeper.connect': 'localhost:2181', ...props }));
const dynamic = (props?: Record<string, string>) => new DynamicBrokerConfig(broker(props));
const random: Random = { below: () => 0, bytes: (length) => Buffer.alloc(length, 7), uuid: () => '' };

const messageOf = (action: () => unknown): string | null => {
  try {
    action();
    return null;
  } catch (error) {
    if (error instanceof ConfigException) return error.message;
    throw error;
  }
};

const wrapped = (message: string) =>
  `Invalid value org.apache.kafka.common.config.ConfigException: ${message} for configuration Invalid dynamic configuration`;

describe("DynamicBrokerConfig.validate agrees with Apache's", () => {
  test.each((vectors as unknown as Vector[]).map((vector) => [vector.props, vector.perBroker, vector.error] as const))(
    '%j, per broker: %s',
    (props, perBroker, error) => {
      expect(messageOf(() => dynamic().validate(mapOf(props), perBroker))).toBe(error);
    },
  );

  // As a running broker answered.
  test.each([
    [
      { 'num.io.threads': '100' },
      'Dynamic thread count update validation failed for num.io.threads=100, value should not be greater than double the current value 8',
    ],
    [
      { 'num.io.threads': '1' },
      'Dynamic thread count update validation failed for num.io.threads=1, value should be at least half the current value 8',
    ],
    [
      { 'num.replica.fetchers': '0' },
      'Dynamic thread count update validation failed for num.replica.fetchers=0, value should be at least 1',
    ],
    [{ 'log.cleaner.threads': '9' }, 'Log cleaner threads cannot be increased to more than double the current value 1'],
    [
      { 'log.local.retention.ms': '-1' },
      'Invalid value -1 for configuration log.local.retention.ms: Value must not be -1 as log.retention.ms value is set as 604800000.',
    ],
    [
      { 'metric.reporters': 'no.Such' },
      'Validation of dynamic config update of Set(metric.reporters) failed with class class kafka.server.DynamicMetricsReporters',
    ],
    [
      {
        'listener.name.plaintext.sasl.enabled.mechanisms': 'PLAIN',
        'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT',
      },
      'Configs cannot be updated dynamically for existing listener ListenerName(PLAINTEXT), restart broker or create a new listener for update',
    ],
    [
      { 'listener.security.protocol.map': 'PLAINTEXT:SSL' },
      'Security protocol cannot be updated for existing listener ListenerName(PLAINTEXT), restart broker or create a new listener for update',
    ],
  ])('%j', (props, message) => {
    expect(messageOf(() => dynamic().validate(mapOf(props), true))).toBe(wrapped(message));
  });

  test.each([
    { 'num.io.threads': '16' },
    { 'num.io.threads': '4' },
    { 'metric.reporters': 'org.apache.kafka.common.metrics.JmxReporter' },
    { listeners: 'PLAINTEXT://localhost:9092,SSL://localhost:9093' },
    { 'log.local.retention.bytes': '-1' },
  ])('%j is allowed', (props) => {
    expect(messageOf(() => dynamic().validate(mapOf(props), true))).toBeNull();
  });
});

describe('levels', () => {
  test('broker over cluster over file over default; a name takes its synonyms away', () => {
    const config = dynamic({ 'log.retention.ms': '5', 'num.io.threads': '9' });
    expect(config.current.effective.logRetentionMs).toBe(5);
    config.updateDefault(mapOf({ 'log.retention.ms': '6', 'num.io.threads': '10' }));
    expect(config.current.effective.logRetentionMs).toBe(6);
    config.updateBroker(mapOf({ 'log.retention.ms': '7' }));
    expect(config.current.effective.logRetentionMs).toBe(7);
    expect(config.current.values.numIoThreads).toBe(10);
    config.updateBroker(new Map());
    config.updateDefault(new Map());
    expect(config.current.effective.logRetentionMs).toBe(5);
    expect(config.current.values.numIoThreads).toBe(9);
  });

  test('a synonym of the file does not outlive a dynamic one', () => {
    const config = dynamic({ 'log.roll.hours': '2' });
    config.updateBroker(mapOf({ 'log.roll.ms': '1000' }));
    expect(config.current.originals.has('log.roll.hours')).toBe(false);
    expect(config.current.effective.logRollMs).toBe(1000);
  });

  test('the cluster level is checked under the one of the broker', () => {
    const config = dynamic();
    config.updateBroker(mapOf({ 'num.io.threads': '12' }));
    expect(messageOf(() => config.validate(mapOf({ 'num.io.threads': '400' }), false))).toBeNull();
  });

  test('what cannot be applied leaves the configuration as it is', () => {
    const config = dynamic();
    expect(messageOf(() => config.updateBroker(mapOf({ 'num.io.threads': '100' })))).toContain('double');
    expect(config.current.values.numIoThreads).toBe(8);
  });
});

describe('as ZooKeeper holds it', () => {
  const name = 'listener.name.external.ssl.keystore.password';
  const withSecret = broker({ 'password.encoder.secret': 'one' });

  test('secrets are encrypted there and back', () => {
    const stored = toPersistentProps(mapOf({ [name]: 'geheim', 'log.retention.ms': '5' }), true, withSecret, random);
    expect(stored.get('log.retention.ms')).toBe('5');
    expect(stored.get(name)).toContain('encryptedPassword:');
    expect(fromPersistentProps(stored, true, withSecret).props.get(name)).toBe('geheim');
    const { props, warnings } = fromPersistentProps(stored, true, broker());
    expect(props.has(name)).toBe(false);
    expect(warnings).toEqual([`Dynamic password configs that could not be decoded are ignored: ${name}`]);
  });

  test('without a secret, or for the whole cluster, there are none', () => {
    const props = mapOf({ [name]: 'geheim' });
    expect(messageOf(() => toPersistentProps(props, true, broker(), random))).toBe(
      'Password encoder secret not configured',
    );
    expect(messageOf(() => toPersistentProps(props, false, withSecret, random))).toBe(
      'Password config can be defined only at broker level',
    );
  });

  test('a new secret', () => {
    const stored = toPersistentProps(mapOf({ [name]: 'geheim' }), true, withSecret, random);
    const changed = broker({ 'password.encoder.secret': 'two', 'password.encoder.old.secret': 'one' });
    const reencoded = reencodePasswords(stored, changed, random)!;
    expect(fromPersistentProps(reencoded, true, changed).props.get(name)).toBe('geheim');
    expect(reencodePasswords(reencoded, changed, random)).toBeNull();
    expect(reencodePasswords(stored, withSecret, random)).toBeNull();
  });

  test('what someone wrote by hand counts only where it may', () => {
    const stored = mapOf({
      'num.partitions': '2',
      'log.retention.ms': 'x',
      'ssl.keystore.location': '/x',
      listeners: 'a',
      own: '1',
    });
    const { props, warnings } = fromPersistentProps(stored, false, broker());
    expect([...props]).toEqual([['own', '1']]);
    expect(warnings).toEqual([
      'default cluster configs with invalid values are ignored: log.retention.ms',
      'Non-dynamic configs configured in ZooKeeper will be ignored: num.partitions',
      'Security configs can be dynamically updated only using listener prefix, base configs will be ignored: ssl.keystore.location',
      'Per-broker configs defined at default cluster level will be ignored: listeners',
    ]);
  });
});
