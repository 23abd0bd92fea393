/** Never printed in full: what stands for a secret in logs and messages. */
export const HIDDEN = '[hidden]';

/**
 * A value that Kafka refuses. The message is Kafka's own (ConfigException, or the IllegalArgumentException of a
 * `require`): tools print it and people search for it.
 */
export class ConfigException extends Error {
  override readonly name: string = 'ConfigException';

  constructor(
    message: string,
    /** The settings at fault, as written in the file, so that a start-up error can name their lines. */
    readonly keys: readonly string[] = [],
    /** What to do about it, in our words. */
    readonly remedy?: string,
  ) {
    super(message);
  }

  /** Kafka's wording for one refused value; `value` is shown untrimmed, as Kafka does. */
  static of(key: string, value: unknown, problem: string, remedy?: string): ConfigException {
    return new ConfigException(`Invalid value ${value} for configuration ${key}: ${problem}`, [key], remedy);
  }
}

/** The broker cannot start with this configuration. The message is meant for the person who wrote the file. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** What Scala calls `require`: its messages begin in the same way. */
export function demand(condition: boolean, message: string, keys: readonly string[], remedy?: string): void {
  if (!condition) throw new ConfigException(`requirement failed: ${message}`, keys, remedy);
}

/** Kafka's InvalidConfigurationException: answered as it is, where a ConfigException gets a preface first. */
export class InvalidConfigurationException extends ConfigException {
  override readonly name = 'InvalidConfigurationException';
}
