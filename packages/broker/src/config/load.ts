import type { ConfigSources } from '../env/config-sources';
import { BrokerConfig, type Originals } from './broker-config';
import { brokerConfig } from './definitions';
import { ODRADEK_PREFIX, odradekConfigs } from './definitions/odradek';
import { ConfigError, ConfigException, HIDDEN } from './errors';
import { type Properties, PropertiesSyntaxError, parseProperties } from './properties';
import { resolveProviders } from './providers';

export interface LoadOptions {
  /** The file's content: bytes as they are on disk, or text already decoded. */
  readonly text: Uint8Array | string;
  /** As the person named it: messages repeat it. */
  readonly fileName: string;
  /** The `k=v` of each `--override`, in their order; they win over the file. */
  readonly overrides: readonly string[];
  readonly sources: ConfigSources;
}

export interface LoadedConfig {
  readonly config: BrokerConfig;
  /** One line each, for the log. Never a secret. */
  readonly warnings: readonly string[];
}

/**
 * Reads a broker's configuration: file, then overrides, then config providers, then every rule of a start.
 * @throws ConfigError that says which line of which file is wrong, in Apache's words first, and what to do
 */
export function loadBrokerConfig({ text, fileName, overrides, sources }: LoadOptions): LoadedConfig {
  const file = readFile(text, fileName);
  const overridden = parseOverrides(overrides);
  const raw = new Map([...file.entries].map(([key, { value }]): [string, string] => [key, value]));
  for (const [key, value] of overridden) raw.set(key, value);
  try {
    refuseUnknownOwnSettings(raw);
    return {
      config: BrokerConfig.parse(resolveProviders(raw, sources)),
      warnings: [...duplicateWarnings(file, fileName), ...settingWarnings(raw, (key) => place(key))],
    };
  } catch (error) {
    if (error instanceof ConfigException) throw located(error);
    throw error;
  }

  function place(key: string): string | null {
    if (overridden.has(key)) return `--override ${key}`;
    const property = file.entries.get(key);
    return property === undefined ? null : `${fileName}, line ${property.line}`;
  }

  function located(error: ConfigException): ConfigError {
    const lines = error.keys.flatMap((key) => {
      const at = place(key);
      return at === null ? [] : [`${at}: ${key}=${shown(key, raw.get(key)!)}`];
    });
    const where = lines.length > 0 ? lines.join('; ') : `${fileName}${missing(error)}`;
    const parts = [error.message, `(${where})`, error.remedy].filter((part) => part !== undefined);
    return new ConfigError(parts.join(' '), { cause: error });
  }
}

function missing({ keys }: ConfigException): string {
  return keys.length > 0 ? `: ${keys.join(', ')} not set there` : '';
}

function readFile(text: Uint8Array | string, fileName: string): Properties {
  try {
    return parseProperties(text);
  } catch (error) {
    if (error instanceof PropertiesSyntaxError)
      throw new ConfigError(
        `${error.message} (${fileName}, line ${error.line}) Write \\u and four hexadecimal digits, or double the backslash.`,
        { cause: error },
      );
    throw error;
  }
}

/** Each is split at its first `=`; without one the value is empty (CommandLineUtils.parseKeyValueArgs). */
function parseOverrides(overrides: readonly string[]): Map<string, string> {
  const parsed = new Map<string, string>();
  for (const override of overrides) {
    const equals = override.indexOf('=');
    if (equals < 0) parsed.set(override, '');
    else parsed.set(override.slice(0, equals), override.slice(equals + 1));
  }
  return parsed;
}

function refuseUnknownOwnSettings(raw: Originals): void {
  for (const key of raw.keys())
    if (key.startsWith(ODRADEK_PREFIX) && !Object.hasOwn(odradekConfigs, key))
      throw new ConfigException(`Unknown configuration ${key}`, [key], `Settings under ${ODRADEK_PREFIX} are checked.`);
}

function duplicateWarnings({ entries, replaced }: Properties, fileName: string): string[] {
  return replaced.map(
    ({ key, line }) =>
      `${fileName}, line ${line}: ${key} is set again in line ${entries.get(key)!.line}; the last one counts`,
  );
}

/** Settings of older releases, which Kafka ignores since 3.0. */
const REMOVED: ReadonlyMap<string, string> = new Map([
  ['port', 'use listeners'],
  ['host.name', 'use listeners'],
  ['advertised.host.name', 'use advertised.listeners'],
  ['advertised.port', 'use advertised.listeners'],
  ['quota.producer.default', 'set quotas with kafka-configs.sh'],
  ['quota.consumer.default', 'set quotas with kafka-configs.sh'],
  ['zookeeper.sync.time.ms', 'it has no successor'],
]);

const DEPRECATED: ReadonlyMap<string, string> = new Map([
  ['log.message.format.version', 'it is ignored since inter.broker.protocol.version 3.0'],
  ['log.message.timestamp.difference.max.ms', 'use log.message.timestamp.before.max.ms and after.max.ms'],
  ['offsets.commit.required.acks', 'it will go in Kafka 4.0'],
  ['delegation.token.master.key', 'use delegation.token.secret.key'],
]);

/** Read by an authorizer, a provider or a plug-in, or by the log: no typing error. */
const OTHERS = [
  /^super\.users$/,
  /^allow\.everyone\.if\.no\.acl\.found$/,
  /^authorizer\./,
  /^config\.providers(\.|$)/,
  /^metrics\.context\./,
  /^(rsm|rlmm)\.config\./,
];

function settingWarnings(raw: Originals, place: (key: string) => string | null): string[] {
  const warnings: string[] = [];
  for (const key of raw.keys()) {
    const removed = REMOVED.get(key);
    const deprecated = DEPRECATED.get(key);
    if (removed !== undefined) warnings.push(`${place(key)}: ${key} has no effect any more: ${removed}`);
    else if (deprecated !== undefined) warnings.push(`${place(key)}: ${key} is deprecated: ${deprecated}`);
    else if (!isKnown(key))
      warnings.push(`${place(key)}: unknown configuration ${key}: it is kept, but nothing reads it`);
  }
  return warnings;
}

function isKnown(key: string): boolean {
  const base = key.replace(/^listener\.name\.[^.]*\./, '');
  const ofMechanism = /^[^.]+\.((sasl|connections)\..*)$/.exec(base)?.[1];
  return (
    brokerConfig(base) !== undefined ||
    (base !== key && ofMechanism !== undefined && brokerConfig(ofMechanism) !== undefined) ||
    key.startsWith(ODRADEK_PREFIX) ||
    OTHERS.some((pattern) => pattern.test(key))
  );
}

/** A value as messages may show it: secrets and whatever might hold one are hidden. */
function shown(key: string, value: string): string {
  const base = key.replace(/^listener\.name\.[^.]*\./, '');
  const known = brokerConfig(base);
  return known === undefined || known.sensitive ? HIDDEN : value;
}
