import { ConfigException, HIDDEN } from './errors';

export type ConfigType = 'boolean' | 'string' | 'int' | 'short' | 'long' | 'double' | 'list' | 'class' | 'password';

/** A secret: it shows itself to nobody who merely prints it. */
export class Password {
  constructor(readonly value: string) {}

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return HIDDEN;
  }
}

export type ConfigValue = boolean | string | number | readonly string[] | Password | null;

/** A parsed value, and the text that Kafka shows for it (ConfigDef.convertToString), exact for 64-bit integers. */
export interface Parsed {
  readonly value: ConfigValue;
  readonly text: string;
}

export const LONG_MAX = '9223372036854775807';
/** Java's text for Double.MAX_VALUE. */
export const DOUBLE_MAX = '1.7976931348623157E308';

const INTEGER_RANGE = {
  short: [-(2n ** 15n), 2n ** 15n - 1n],
  int: [-(2n ** 31n), 2n ** 31n - 1n],
  long: [-(2n ** 63n), 2n ** 63n - 1n],
} as const;

const DOUBLE = /^([+-]?)(NaN|Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)[fFdD]?$/;

/** The plug-in classes that Odradek stands in for; Apache loads any class on its class path, which we cannot. */
const KNOWN_CLASSES: ReadonlySet<string> = new Set([
  'org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder',
  'org.apache.kafka.common.security.authenticator.DefaultLogin',
  'org.apache.kafka.common.security.authenticator.AbstractLogin$DefaultLoginCallbackHandler',
  'org.apache.kafka.common.security.authenticator.SaslServerCallbackHandler',
  'org.apache.kafka.common.security.authenticator.SaslClientCallbackHandler',
  'org.apache.kafka.common.security.kerberos.KerberosLogin',
  'org.apache.kafka.common.security.plain.internals.PlainServerCallbackHandler',
  'org.apache.kafka.common.security.scram.internals.ScramServerCallbackHandler',
  'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler',
  'org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler',
  'org.apache.kafka.common.security.oauthbearer.internals.unsecured.OAuthBearerUnsecuredLoginCallbackHandler',
  'org.apache.kafka.common.security.oauthbearer.internals.unsecured.OAuthBearerUnsecuredValidatorCallbackHandler',
  'org.apache.kafka.common.security.ssl.DefaultSslEngineFactory',
]);

/**
 * Parses a value by the rules of ConfigDef.parseType: trimmed first, decimal numbers only.
 * 64-bit integers beyond 2^53 keep their digits in `text`; `value` is the nearest number.
 * @throws ConfigException with Kafka's text, which quotes the value untrimmed
 */
export function parseType(key: string, type: ConfigType, raw: string): Parsed {
  const trimmed = javaTrim(raw);
  switch (type) {
    case 'boolean': {
      const lower = trimmed.toLowerCase();
      if (lower !== 'true' && lower !== 'false')
        throw ConfigException.of(key, raw, 'Expected value to be either true or false', 'Write true or false.');
      return { value: lower === 'true', text: lower };
    }
    case 'short':
    case 'int':
    case 'long':
      return parseInteger(key, type, raw, trimmed);
    case 'double':
      return parseDouble(key, raw, trimmed);
    case 'list': {
      const items = parseList(trimmed);
      return { value: items, text: items.join(',') };
    }
    case 'class':
      if (!KNOWN_CLASSES.has(trimmed))
        throw ConfigException.of(
          key,
          raw,
          `Class ${trimmed} could not be found.`,
          'Only classes that Apache Kafka itself ships can be named here: this broker loads no Java plug-ins.',
        );
      return { value: trimmed, text: trimmed };
    case 'password':
      return { value: new Password(trimmed), text: trimmed };
    case 'string':
      return { value: trimmed, text: trimmed };
    default:
      throw new Error(`no such type: ${type satisfies never}`);
  }
}

/** ConfigDef's lists: split at commas with the blanks around them; empty items stay, an empty text is an empty list. */
export function parseList(text: string): string[] {
  return text === '' ? [] : text.split(/[ \t\n\v\f\r]*,[ \t\n\v\f\r]*/);
}

function parseInteger(key: string, type: 'short' | 'int' | 'long', raw: string, trimmed: string): Parsed {
  const [smallest, greatest] = INTEGER_RANGE[type];
  const whole = /^[+-]?\d+$/.test(trimmed) ? BigInt(trimmed.replace(/^\+/, '')) : null;
  if (whole === null || whole < smallest || whole > greatest)
    throw ConfigException.of(
      key,
      raw,
      `Not a number of type ${type.toUpperCase()}`,
      `Write a whole number from ${smallest} to ${greatest}, digits only.`,
    );
  return { value: Number(whole), text: String(whole) };
}

function parseDouble(key: string, raw: string, trimmed: string): Parsed {
  const match = DOUBLE.exec(trimmed);
  if (match === null)
    throw ConfigException.of(key, raw, 'Not a number of type DOUBLE', 'Write a decimal number, such as 0.5.');
  const value = Number(match[1]! + match[2]!);
  return { value, text: javaDoubleText(value) };
}

/** Double.toString: plain from 10^-3 up to 10^7, otherwise d.dddE±n; always with a digit after the point. */
export function javaDoubleText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e7) return Number.isInteger(value) ? `${value}.0` : String(value);
  const [digits, exponent] = value.toExponential().split('e') as [string, string];
  return `${digits.includes('.') ? digits : `${digits}.0`}E${exponent.replace('+', '')}`;
}

/** String.trim: everything up to and including the blank, at both ends. */
export function javaTrim(text: string): string {
  return text.replace(/^[\0-\x20]+|[\0-\x20]+$/g, '');
}
