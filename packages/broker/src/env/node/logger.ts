import pino, { type DestinationStream } from 'pino';
import { type LevelledLoggers, LOG_LEVELS, type LogFields, type Logger, type LogLevel, ROOT_LOGGER } from '../logger';

export interface LoggersOptions {
  readonly format: 'log4j' | 'json';
  readonly level: LogLevel;
  /** Of loggers that have one of their own, by their names or the beginnings of these. */
  readonly levels?: ReadonlyMap<string, LogLevel>;
  /** Where lines go; each `write` gets whole lines. */
  readonly destination: DestinationStream;
}

const rank = (level: LogLevel): number => LOG_LEVELS.indexOf(level);

/** A destination that writes at once, so that no line is lost when the process ends: 1 is stdout, 2 stderr. */
export function syncDestination(fd: 1 | 2): DestinationStream {
  return pino.destination({ fd, sync: true });
}

const levelOf = (text: string | undefined): LogLevel | undefined =>
  LOG_LEVELS.find((known) => known === text?.trim().toUpperCase());

/** Reads `name=LEVEL,…`; what is no level is left out. */
function levelsOf(text = ''): Map<string, LogLevel> {
  const levels = new Map<string, LogLevel>();
  for (const word of text.split(',')) {
    const [name = '', wanted] = word.split('=');
    const level = levelOf(wanted);
    if (level !== undefined) levels.set(name.trim(), level);
  }
  return levels;
}

/**
 * Reads `LOG_FORMAT` (`json`, else log4j's layout), `LOG_LEVEL` (any case; INFO where it is none of ours) and `LOG_LEVELS`
 * (`kafka.controller=TRACE,state.change.logger=WARN`).
 */
export function loggersFromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  destination: DestinationStream = syncDestination(1),
): LevelledLoggers {
  const level = levelOf(environment['LOG_LEVEL']) ?? 'INFO';
  const levels = levelsOf(environment['LOG_LEVELS']);
  return createLoggers({ format: environment['LOG_FORMAT'] === 'json' ? 'json' : 'log4j', level, levels, destination });
}

export function createLoggers({ format, level, levels, destination }: LoggersOptions): LevelledLoggers {
  const write = format === 'json' ? jsonWriter(destination) : log4jWriter(destination);
  const own = new Map<string, LogLevel>([[ROOT_LOGGER, level], ...(levels ?? [])]);
  const made = new Map<string, { rank: number }>();

  const effective = (name: string): LogLevel => {
    for (let at = name; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
      const known = own.get(at);
      if (known) return known;
    }
    return own.get(ROOT_LOGGER)!;
  };

  const thresholdOf = (name: string): { rank: number } => {
    let threshold = made.get(name);
    if (!threshold) {
      threshold = { rank: rank(effective(name)) };
      made.set(name, threshold);
    }
    return threshold;
  };

  const has = (name: string): boolean =>
    name === ROOT_LOGGER || [...made.keys()].some((one) => one === name || one.startsWith(`${name}.`));

  return {
    logger: (name, prefix = '') => makeLogger(name, prefix, thresholdOf(name), write),
    has,
    setLevel: (name, wanted) => {
      if (!has(name)) return;
      if (wanted !== null) own.set(name, wanted);
      else if (name !== ROOT_LOGGER) own.delete(name);
      for (const [one, threshold] of made) threshold.rank = rank(effective(one));
    },
    levels: () => {
      const names = [...own.keys(), ...made.keys()];
      return new Map(names.map((name) => [name, own.get(name) ?? own.get(ROOT_LOGGER)!]));
    },
  };
}

type Write = (level: LogLevel, name: string, message: string, fields?: LogFields) => void;

function makeLogger(name: string, prefix: string, threshold: { readonly rank: number }, write: Write): Logger {
  const at = (level: LogLevel) => {
    const own = rank(level);
    return (message: string, fields?: LogFields): void => {
      if (own >= threshold.rank) write(level, name, prefix + message, fields);
    };
  };
  return {
    name,
    trace: at('TRACE'),
    debug: at('DEBUG'),
    info: at('INFO'),
    warn: at('WARN'),
    error: at('ERROR'),
    fatal: at('FATAL'),
  };
}

/** pino's JSON, one object a line. */
function jsonWriter(destination: DestinationStream): Write {
  const log = pino(
    {
      level: 'trace',
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label.toUpperCase() }) },
      serializers: { error: pino.stdSerializers.err },
    },
    destination,
  );
  return (level, logger, message, fields) => {
    log[level.toLowerCase() as Lowercase<LogLevel>]({ logger, ...fields }, message);
  };
}

/**
 * The layout of Kafka's own log4j.properties, `[%d] %p %m (%c)%n`. Fields are left to the JSON format, but an `error`
 * of ours brings its stack, as a Throwable does there.
 */
function log4jWriter(destination: DestinationStream): Write {
  return (level, name, message, fields) => {
    const error = fields?.['error'];
    const stack = error instanceof Error && error.stack ? `${error.stack}\n` : '';
    destination.write(`[${log4jDate(new Date())}] ${level} ${message} (${name})\n${stack}`);
  };
}

const pad = (value: number, digits = 2): string => String(value).padStart(digits, '0');

/** log4j's ISO8601 date, in local time: `2024-01-01 10:00:00,000`. */
export function log4jDate(date: Date): string {
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  return `${day} ${time},${pad(date.getMilliseconds(), 3)}`;
}
