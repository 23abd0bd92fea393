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
