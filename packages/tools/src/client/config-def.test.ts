import { type ConfigKeys, parseConfig } from './config-def';
import { ADMIN_CONFIGS, CONSUMER_CONFIGS, PRODUCER_CONFIGS } from './config-keys';
import { consumerConfig } from './consumer-config';
import { producerSettings } from './producer-config';
import { parseProperties } from './properties';

const noLog = (): void => undefined;
const parse = (keys: ConfigKeys, name: string, value: string) => parseConfig(keys, new Map([[name, value]]));

// What Kafka's clients say of each, constructed with it.
test.each([
  [CONSUMER_CONFIGS, 'max.poll.records', '5000000000', 'Not a number of type INT'],
  [CONSUMER_CONFIGS, 'max.poll.records', '', 'Not a number of type INT'],
  [CONSUMER_CONFIGS, 'max.poll.records', '-2147483648', 'Value must be at least 1'],
  [CONSUMER_CONFIGS, 'metadata.max.age.ms', '9223372036854775808', 'Not a number of type LONG'],
  [CONSUMER_CONFIGS, 'enable.auto.commit', 'yes', 'Expected value to be either true or false'],
  [CONSUMER_CONFIGS, 'sasl.login.refresh.window.factor', '0.1', 'Value must be at least 0.5'],
  [CONSUMER_CONFIGS, 'sasl.login.refresh.window.factor', '2.0', 'Value must be no more than 1.0'],
  [CONSUMER_CONFIGS, 'sasl.login.refresh.window.factor', 'x', 'Not a number of type DOUBLE'],
  [CONSUMER_CONFIGS, 'sasl.login.refresh.min.period.seconds', '99999', 'Not a number of type SHORT'],
  [
    CONSUMER_CONFIGS,
    'security.protocol',
    'x',
    'String must be one of (case insensitive): SASL_SSL, PLAINTEXT, SSL, SASL_PLAINTEXT',
  ],
  [CONSUMER_CONFIGS, 'auto.offset.reset', 'LATEST', 'String must be one of: latest, earliest, none'],
  [CONSUMER_CONFIGS, 'ssl.engine.factory.class', 'nope', 'Class nope could not be found.'],
  [CONSUMER_CONFIGS, 'group.instance.id', '', 'String must be non-empty'],
  [PRODUCER_CONFIGS, 'compression.gzip.level', '0', 'Value must be between 1 and 9 or equal to -1'],
  [PRODUCER_CONFIGS, 'compression.zstd.level', '-131073', 'Value must be at least -131072'],
  [PRODUCER_CONFIGS, 'acks', 'ALL', 'String must be one of: all, -1, 0, 1'],
  [PRODUCER_CONFIGS, 'partitioner.class', '', 'Class  could not be found.'],
  [ADMIN_CONFIGS, 'metadata.recovery.strategy', 'x', 'String must be one of (case insensitive): REBOOTSTRAP, NONE'],
])('refuses %#: %s', (keys, name, value, why) => {
  expect(() => parse(keys, name, value)).toThrow(`Invalid value ${value} for configuration ${name}: ${why}`);
});

test('takes what Java takes, trimmed', () => {
  expect(parse(CONSUMER_CONFIGS, 'max.poll.records', ' +5 ').number('max.poll.records')).toBe(5);
  expect(parse(CONSUMER_CONFIGS, 'enable.auto.commit', ' TRUE ').flag('enable.auto.commit')).toBe(true);
  expect(parse(CONSUMER_CONFIGS, 'isolation.level', ' read_committed').text('isolation.level')).toBe('read_committed');
  expect(parse(PRODUCER_CONFIGS, 'compression.gzip.level', '-1').number('compression.gzip.level')).toBe(-1);
  const defaults = parseConfig(PRODUCER_CONFIGS, new Map());
  expect([defaults.number('linger.ms'), defaults.isGiven('linger.ms')]).toEqual([0, false]);
});

test('a group protocol refuses what belongs to the other', () => {
  const refusal =
    (...properties: [string, string][]) =>
    () =>
      consumerConfig(new Map(properties), noLog);
  expect(refusal(['group.remote.assignor', 'x'])).toThrow(
    'group.remote.assignor cannot be set when group.protocol=CLASSIC',
  );
  expect(refusal(['group.protocol', 'consumer'], ['session.timeout.ms', '1'], ['heartbeat.interval.ms', '1'])).toThrow(
    'heartbeat.interval.ms, session.timeout.ms cannot be set when group.protocol=CONSUMER',
  );
});

test('warns of a back-off that does not grow', () => {
  const lines: string[] = [];
  producerSettings(new Map([['retry.backoff.ms', '5000']]), (level, message) => lines.push(`${level} ${message}`));
  expect(lines).toEqual([
    "WARN Configuration 'retry.backoff.ms' with value '5000' is greater than configuration 'retry.backoff.max.ms' with " +
      "value '1000'. A static backoff with value '1000' will be applied.",
  ]);
});

test('classes of Java that are plugged in cannot be found', () => {
  const refusal = (name: string, value: string) => () => producerSettings(new Map([[name, value]]), noLog);
  expect(refusal('interceptor.classes', 'a.B, c.D')).toThrow(
    expect.objectContaining({
      message: 'Failed to construct kafka producer',
      cause: expect.objectContaining({ message: 'Class a.B cannot be found' }),
    }),
  );
  expect(refusal('metric.reporters', 'org.apache.kafka.common.metrics.JmxReporter')).not.toThrow();
});

test('an escape that is cut short makes a properties file malformed', () => {
  expect(parseProperties('a=\\u0041\n# \\uX\nb=\\\\uX').get('b')).toBe('\\uX');
  expect(() => parseProperties('a=b\nc=\\u12')).toThrow('Malformed \\uxxxx encoding.');
});
