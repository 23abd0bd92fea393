import { doubleText } from '../java-text';
import type { Log } from '../print';
import { configException, kafkaException } from '../tool-error';
import { listEntries } from './addresses';
import type { Properties } from './properties';

type ConfigType = 'BOOLEAN' | 'CLASS' | 'DOUBLE' | 'INT' | 'LIST' | 'LONG' | 'PASSWORD' | 'SHORT' | 'STRING';
type ConfigValue = boolean | number | string;

/** A config of a client as Kafka's ConfigDef declares it. */
export interface ConfigKey {
  readonly type: ConfigType;
  /** Undefined where Java has null; lists and classes are kept as they are written. */
  readonly fallback?: ConfigValue;
  readonly min?: number;
  readonly max?: number;
  readonly oneOf?: readonly string[];
  /** Case counts for nothing among `oneOf`, whose names are in capitals. */
  readonly anyCase?: boolean;
  readonly nonEmpty?: boolean;
  /** Classes of Java's that have their like here: any other cannot be found. */
  readonly classes?: readonly string[];
  /** Why a value is refused that no rule above refuses. */
  readonly refuse?: (value: ConfigValue) => string | undefined;
}

/** The configs of a client, in the order in which Kafka declares and therefore checks them. */
export type ConfigKeys = readonly (readonly [name: string, key: ConfigKey])[];

const BITS = { SHORT: 15n, INT: 31n, LONG: 63n };

/** What clients are told of themselves: every config that they know, checked (AbstractConfig). */
export class Config {
  constructor(
    private readonly values: ReadonlyMap<string, ConfigValue | undefined>,
    private readonly properties: Properties,
  ) {}

  number(name: string): number {
    return this.values.get(name) as number;
  }

  flag(name: string): boolean {
    return this.values.get(name) as boolean;
  }

  text(name: string): string | undefined {
    return this.values.get(name) as string | undefined;
  }

  /** Whether it was said, rather than left to its default. */
  isGiven(name: string): boolean {
    return this.properties.has(name);
  }
}

/** Reads properties. Throws `ToolError` with ConfigDef's message at the first that is refused. */
export function parseConfig(keys: ConfigKeys, properties: Properties): Config {
  const values = keys.map(([name, key]): [string, ConfigValue | undefined] => {
    const text = properties.get(name);
    return [name, text === undefined ? key.fallback : configValue(name, key, text)];
  });
  return new Config(new Map(values), properties);
}

function configValue(name: string, key: ConfigKey, text: string): ConfigValue {
  const trimmed = text.trim();
  const refuse = (shown: string, why: string): never => {
    throw configException(`Invalid value ${shown} for configuration ${name}: ${why}`);
  };
  const value = parseAs(key, trimmed);
  if (value === undefined) return refuse(text, unreadable(key, trimmed));
  const why = violation(key, value);
  return why === undefined ? value : refuse(shownAs(key, value), why);
}

/** ConfigDef.parseType; undefined where the text is no such value. */
function parseAs({ type, classes }: ConfigKey, text: string): ConfigValue | undefined {
  switch (type) {
    case 'BOOLEAN': {
      const lower = text.toLowerCase();
      return lower === 'true' || (lower === 'false' ? false : undefined);
    }
    case 'SHORT':
    case 'INT':
    case 'LONG': {
      if (!/^[+-]?\d+$/.test(text)) return undefined;
      const limit = 1n << BITS[type];
      const value = BigInt(text.replace('+', ''));
      return value >= -limit && value < limit ? Number(value) : undefined;
    }
    case 'DOUBLE':
      return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?[df]?$/i.test(text) ? Number.parseFloat(text) : undefined;
    case 'CLASS':
      return classes?.includes(text) ? text : undefined;
    case 'LIST':
    case 'PASSWORD':
    case 'STRING':
      return text;
    default:
      return type satisfies never;
  }
}

function unreadable({ type }: ConfigKey, text: string): string {
  if (type === 'BOOLEAN') return 'Expected value to be either true or false';
  if (type === 'CLASS') return `Class ${text} could not be found.`;
  return `Not a number of type ${type}`;
}

const shownAs = ({ type }: ConfigKey, value: ConfigValue): string =>
  type === 'DOUBLE' ? doubleText(value as number) : String(value);

/** What a validator says (ConfigDef.Range, ValidString and the like). */
function violation(key: ConfigKey, value: ConfigValue): string | undefined {
  const { min, max, oneOf, anyCase } = key;
  if (min !== undefined && (value as number) < min) return `Value must be at least ${shownAs(key, min)}`;
  if (max !== undefined && (value as number) > max) return `Value must be no more than ${shownAs(key, max)}`;
  if (oneOf && !oneOf.includes(anyCase ? (value as string).toUpperCase() : (value as string))) {
    return `String must be one of${anyCase ? ' (case insensitive)' : ''}: ${oneOf.join(', ')}`;
  }
  if (key.nonEmpty && value === '') return 'String must be non-empty';
  return key.refuse?.(value);
}

const BACKOFFS = [
  ['retry.backoff.ms', 'retry.backoff.max.ms', 'backoff'],
  ['socket.connection.setup.timeout.ms', 'socket.connection.setup.timeout.max.ms', 'connection setup timeout'],
] as const;

/** CommonClientConfigs.warnDisablingExponentialBackoff. */
export function warnOfStaticBackoff(config: Config, log: Log): void {
  for (const [name, maxName, what] of BACKOFFS) {
    const [value, max] = [config.number(name), config.number(maxName)];
    if (value <= max) continue;
    log(
      'WARN',
      `Configuration '${name}' with value '${value}' is greater than configuration '${maxName}' with value '${max}'. ` +
        `A static ${what} with value '${max}' will be applied.`,
      'org.apache.kafka.clients.CommonClientConfigs',
    );
  }
}

const JMX_REPORTER = 'org.apache.kafka.common.metrics.JmxReporter';

/**
 * Plug-ins are classes of Java's, which cannot be loaded here: they fail as a class does that is not there. Where there
 * is no JMX, that reporter is as good as none.
 */
export function refusePlugins(config: Config, failure: string): void {
  const interceptors = listEntries(config.text('interceptor.classes') ?? '');
  const reporters = listEntries(config.text('metric.reporters')!).filter((name) => name !== JMX_REPORTER);
  const [first] = [...reporters, ...interceptors];
  if (first !== undefined) throw kafkaException(failure, kafkaException(`Class ${first} cannot be found`));
}

/** Refuses what these tools cannot do yet, rather than connect in the clear where encryption was asked for. */
export function requirePlaintext(config: Config): void {
  const protocol = config.text('security.protocol')!;
  if (protocol.toUpperCase() === 'PLAINTEXT') return;
  throw configException(
    `security.protocol=${protocol} is not supported by this version of the tools. Use a PLAINTEXT listener.`,
  );
}
