/** Facts that belong to a line, for those who read logs by machine. Never a secret. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * Logs are events: one per state transition. `name` is the logger's name as Kafka's users know it
 * (`kafka.server.KafkaServer`); broker loggers are levelled by it.
 */
export interface Logger {
  readonly name: string;
  trace(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  fatal(message: string, fields?: LogFields): void;
}

/** Makes loggers. `prefix`, such as `[Controller id=0] `, is put before every message. */
export interface Loggers {
  logger(name: string, prefix?: string): Logger;
}

/** log4j's levels, in its order. */
export const LOG_LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The name of the logger that all others inherit from. */
export const ROOT_LOGGER = 'root';

/** Loggers whose levels can be changed while they run, as those of log4j: by dotted name, inherited downwards. */
export interface LevelledLoggers extends Loggers {
  /** Whether there is such a logger, or one below it. */
  has(name: string): boolean;
  /**
   * Sets a logger's own level; null makes it inherit again, but for the root, which keeps its level. A name that no
   * logger has changes nothing.
   */
  setLevel(name: string, level: LogLevel | null): void;
  /** The level of every logger that was made or set, and of the root. One without a level of its own shows the root's. */
  levels(): Map<string, LogLevel>;
}

const nothing = (): void => {};

/** Loggers that say nothing: for tests and tools. */
export const silentLoggers: Loggers = {
  logger: (name) => ({
    name,
    trace: nothing,
    debug: nothing,
    info: nothing,
    warn: nothing,
    error: nothing,
    fatal: nothing,
  }),
};
