import { createLoggers } from '../env/node/logger';
import { alterBrokerLoggers, describeBrokerLoggers } from './broker-loggers';

const NAME = 'kafka.server.KafkaServer';
const [SET, DELETE, APPEND] = [0, 1, 2];

function levelled() {
  const loggers = createLoggers({ format: 'log4j', level: 'INFO', destination: { write: () => {} } });
  loggers.logger(NAME);
  return loggers;
}

const operation = (name: string, value: string | null, configOperation = SET) => ({ name, value, configOperation });

test('loggers are settings of a source of their own', () => {
  expect(describeBrokerLoggers(levelled(), ['root'])).toEqual([
    {
      name: 'root',
      value: 'INFO',
      readOnly: false,
      configSource: 6,
      isSensitive: false,
      synonyms: [],
      configType: 0,
      documentation: '',
    },
  ]);
  for (const all of [null, []]) {
    expect(describeBrokerLoggers(levelled(), all).map(({ name }) => name)).toEqual(['root', NAME]);
  }
});

test('levels are set and removed', () => {
  const loggers = levelled();
  alterBrokerLoggers(loggers, [operation(NAME, 'DEBUG'), operation('root', 'WARN')], false);
  expect(Object.fromEntries(loggers.levels())).toEqual({ root: 'WARN', [NAME]: 'DEBUG' });
  alterBrokerLoggers(loggers, [operation(NAME, null, DELETE)], false);
  expect(loggers.levels().get(NAME)).toBe('WARN');
});

test('one mistake keeps all of a request from being done, and so does validateOnly', () => {
  const loggers = levelled();
  const good = operation(NAME, 'TRACE');
  expect(() => alterBrokerLoggers(loggers, [good, operation('nope', 'INFO')], false)).toThrow('nope does not exist');
  expect(() => alterBrokerLoggers(loggers, [good, operation('root', 'debug')], false)).toThrow(
    'Cannot set the log level of root to debug as it is not a supported log level. Valid log levels are DEBUG, ERROR, FATAL, INFO, TRACE, WARN',
  );
  expect(() => alterBrokerLoggers(loggers, [good, operation('root', null, DELETE)], false)).toThrow('not allowed');
  expect(() => alterBrokerLoggers(loggers, [good, operation('root', 'INFO', APPEND)], false)).toThrow('APPEND');
  alterBrokerLoggers(loggers, [good], true);
  expect(loggers.levels().get(NAME)).toBe('INFO');
});
