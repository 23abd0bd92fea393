import { KafkaError } from '@odradek/protocol/errors';
import { applyOperations, checkOperations, topicConfigError } from './alter';
import { topicConfigs } from './definitions/topic';
import { ConfigException, InvalidConfigurationException } from './errors';

const [SET, DELETE, APPEND, SUBTRACT] = [0, 1, 2, 3];
const list = 'leader.replication.throttled.replicas';

const apply = (stored: Record<string, string>, name: string, configOperation: number, value: string | null) =>
  Object.fromEntries(
    applyOperations(new Map(Object.entries(stored)), [{ name, configOperation, value }], topicConfigs),
  );

describe('applyOperations', () => {
  // As a running Apache broker answered.
  test.each([
    [undefined, APPEND, '0:1', '0:1'],
    ['0:1', APPEND, '0:1,0:2', '0:1,0:2'],
    ['0:1,0:2', SUBTRACT, '0:1', '0:2'],
    ['0:2', SUBTRACT, '0:2', ''],
    ['', APPEND, '5:5', '5:5'],
    ['5:5', APPEND, '5:5,5:5', '5:5'],
    ['5:5', APPEND, '6:5,6:5', '5:5,6:5,6:5'],
    ['5:5,6:5,6:5', SUBTRACT, '6:5', '5:5,6:5'],
    ['5:5,6:5', APPEND, ' 7:7 , 6:5', '5:5,6:5, 7:7 , 6:5'],
    ['5:5', SUBTRACT, 'nope', '5:5'],
    ['5:5', APPEND, '', '5:5,'],
    ['5:5,', SUBTRACT, '', '5:5'],
    ['5:5', SET, 'x', 'x'],
    ['5:5', DELETE, null, undefined],
  ])('%j, operation %d of %j → %j', (stored, operation, value, expected) => {
    expect(apply(stored === undefined ? {} : { [list]: stored }, list, operation, value)[list]).toBe(expected);
  });

  test('APPEND and SUBTRACT begin at the default', () => {
    expect(apply({}, 'cleanup.policy', APPEND, 'compact')).toEqual({ 'cleanup.policy': 'delete,compact' });
    expect(apply({}, 'cleanup.policy', SUBTRACT, 'delete')).toEqual({ 'cleanup.policy': '' });
  });

  test.each([
    [
      'retention.ms',
      APPEND,
      'x',
      new KafkaError('INVALID_CONFIG', 'Config value append is not allowed for config key: retention.ms'),
    ],
    [
      'retention.ms',
      SUBTRACT,
      'x',
      new KafkaError('INVALID_CONFIG', 'Config value subtract is not allowed for config key: retention.ms'),
    ],
    ['nonsense', APPEND, 'x', new KafkaError('UNKNOWN_SERVER_ERROR')],
    ['retention.ms', 4, 'x', new KafkaError('UNKNOWN_SERVER_ERROR')],
  ])('%s, operation %d of %j fails', (name, operation, value, error) => {
    expect(() => apply({}, name, operation, value)).toThrow(error);
  });
});

describe('checkOperations', () => {
  const operation = (name: string, value: string | null, configOperation = SET) => ({ name, configOperation, value });

  test.each([
    ['a name twice', [operation('a', '1'), operation('a', null, DELETE)], 'Error due to duplicate config keys'],
    ['no values', [operation('a', null), operation('b', null, APPEND)], 'Null value not supported for : a,b'],
  ])('%s is refused', (_, operations, message) => {
    expect(() => checkOperations(operations)).toThrow(new KafkaError('INVALID_REQUEST', message));
  });

  test('what is deleted needs no value', () => {
    checkOperations([operation('a', '1'), operation('b', null, DELETE)]);
  });
});

test('refused values get a preface, refused names and combinations none', () => {
  expect(topicConfigError('t1', new ConfigException('why')).message).toBe(
    "Invalid config value for resource ConfigResource(type=TOPIC, name='t1'): why",
  );
  expect(topicConfigError('t1', new InvalidConfigurationException('why')).message).toBe('why');
});
