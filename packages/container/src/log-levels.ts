import { settingName, type Variables } from './variables';

const LOGGER_PREFIX = 'LOG4J_LOGGER_';

/** `TRACE, controllerAppender` of a log4j file: the level comes first. */
const levelIn = (value: string): string => value.split(',')[0]!.trim();

/**
 * The levels that images take in log4j's words: KAFKA_LOG4J_ROOT_LOGLEVEL and KAFKA_LOG4J_LOGGERS (`name=LEVEL,…`) of
 * Confluent's, LOG4J_ROOTLOGGER and LOG4J_LOGGER_… of wurstmeister's. As the broker reads them: LOG_LEVEL, LOG_LEVELS.
 */
export function logLevels(variables: Variables): Record<string, string> {
  const levels: Record<string, string> = {};
  const root = variables['LOG_LEVEL'] ?? variables['KAFKA_LOG4J_ROOT_LOGLEVEL'] ?? variables['LOG4J_ROOTLOGGER'];
  if (root) levels['LOG_LEVEL'] = levelIn(root);
  const own = Object.entries(variables).flatMap(([name, value]) =>
    name.startsWith(LOGGER_PREFIX) && value
      ? [`${settingName(name.slice(LOGGER_PREFIX.length))}=${levelIn(value)}`]
      : [],
  );
  const given = [variables['KAFKA_LOG4J_LOGGERS'], ...own, variables['LOG_LEVELS']].filter(Boolean);
  if (given.length > 0) levels['LOG_LEVELS'] = given.join(',');
  return levels;
}
