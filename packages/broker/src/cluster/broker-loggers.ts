import { KafkaError } from '@odradek/protocol/errors';
import { ALTER_OPERATION, type AlterOperation } from '../config/alter';
import { CONFIG_SOURCE, type DescribedConfig } from '../config/describe';
import { type LevelledLoggers, LOG_LEVELS, type LogLevel, ROOT_LOGGER } from '../env/logger';

/** The loggers of this broker and their levels, as settings (KIP-412). `keys`: those asked for; null or none for all. */
export function describeBrokerLoggers(loggers: LevelledLoggers, keys: readonly string[] | null): DescribedConfig[] {
  return [...loggers.levels()]
    .filter(([name]) => keys === null || keys.length === 0 || keys.includes(name))
    .map(([name, level]) => ({
      name,
      value: level,
      readOnly: false,
      configSource: CONFIG_SOURCE.dynamicBrokerLogger,
      isSensitive: false,
      synonyms: [],
      configType: 0,
      documentation: '',
    }));
}

/**
 * Sets and removes levels of loggers, all or none; they last until the broker ends (ConfigAdminManager). Throws
 * `KafkaError` with Kafka's code and text.
 */
export function alterBrokerLoggers(
  loggers: LevelledLoggers,
  operations: readonly AlterOperation[],
  validateOnly: boolean,
): void {
  for (const operation of operations) check(loggers, operation);
  if (validateOnly) return;
  for (const { name, configOperation, value } of operations) {
    loggers.setLevel(name, configOperation === ALTER_OPERATION.set ? (value as LogLevel) : null);
  }
}

function check(loggers: LevelledLoggers, { name, configOperation, value }: AlterOperation): void {
  switch (configOperation) {
    case ALTER_OPERATION.set:
      checkExists(loggers, name);
      if (!LOG_LEVELS.some((level) => level === value)) throw unknownLevel(name, value!);
      return;
    case ALTER_OPERATION.delete:
      checkExists(loggers, name);
      if (name === ROOT_LOGGER) throw refused(`Removing the log level of the ${ROOT_LOGGER} logger is not allowed`);
      return;
    case ALTER_OPERATION.append:
      throw refused('APPEND operation is not allowed for the BROKER_LOGGER resource');
    case ALTER_OPERATION.subtract:
      throw refused('SUBTRACT operation is not allowed for the BROKER_LOGGER resource');
    default:
      // Kafka finds no operation of that number, and no error for that either.
      throw new KafkaError('UNKNOWN_SERVER_ERROR');
  }
}

const refused = (message: string): KafkaError => new KafkaError('INVALID_REQUEST', message);

function checkExists(loggers: LevelledLoggers, name: string): void {
  if (!loggers.has(name)) throw new KafkaError('INVALID_CONFIG', `Logger ${name} does not exist!`);
}

function unknownLevel(name: string, value: string): KafkaError {
  return new KafkaError(
    'INVALID_CONFIG',
    `Cannot set the log level of ${name} to ${value} as it is not a supported log level. Valid log levels are ${[...LOG_LEVELS].sort().join(', ')}`,
  );
}
