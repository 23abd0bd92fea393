import type { ValuesOf } from './definition';
import { type BrokerConfigName, type BrokerConfigValues, brokerConfig, brokerConfigs } from './definitions';
import { odradekConfigs } from './definitions/odradek';
import { type EffectiveConfig, resolveEffective } from './effective';
import {
  type EndPoint,
  normalisedListenerName,
  parseListeners,
  parseProtocolMap,
  type SecurityProtocol,
} from './endpoint';
import { ConfigException, HIDDEN } from './errors';
import { parseMetadataVersion } from './metadata-version';
import { parseConnectionOverrides, validateBroker } from './startup-rules';
import { parseSetting, valuesParser } from './values';

const parseBrokerValues = valuesParser('broker', brokerConfigs);
const parseOdradekValues = valuesParser('odradek', odradekConfigs);

/** Settings as text, by their names. */
export type Originals = ReadonlyMap<string, string>;

/**
 * The configuration of a broker, whole and checked (KafkaConfig): immutable, a change makes a new one.
 *
 * `values` has every setting by its name in camelCase, as it was given; where several settings speak of one thing
 * (`log.retention.ms`, `.minutes`, `.hours`), `effective` has the answer.
 */
export class BrokerConfig {
  readonly listeners: readonly EndPoint[];
  readonly advertisedListeners: readonly EndPoint[];
  readonly interBrokerListenerName: string;
  readonly interBrokerSecurityProtocol: SecurityProtocol;
  /** Null where control requests come in with all others. */
  readonly controlPlaneListenerName: string | null;
  /** `inter.broker.protocol.version` in full, such as `3.9-IV0`. */
  readonly metadataVersion: string;
  readonly maxConnectionsPerIpOverrides: ReadonlyMap<string, number>;
  readonly effective: EffectiveConfig;

  private constructor(
    /** Everything that was set, unknown settings included, as text. */
    readonly originals: Originals,
    readonly values: BrokerConfigValues,
    /** Our own settings, `odradek.…`. */
    readonly odradek: ValuesOf<typeof odradekConfigs>,
  ) {
    this.effective = resolveEffective(values);
    this.metadataVersion = parseMetadataVersion(values.interBrokerProtocolVersion)!;
    const protocols = parseProtocolMap(values.listenerSecurityProtocolMap);
    this.listeners = parseListeners('listeners', values.listeners, protocols);
    this.advertisedListeners =
      values.advertisedListeners === null
        ? this.listeners
        : parseListeners('advertised.listeners', values.advertisedListeners, protocols);
    const interBroker = this.findInterBrokerListener(protocols);
    this.interBrokerListenerName = interBroker.name;
    this.interBrokerSecurityProtocol = interBroker.protocol;
    this.controlPlaneListenerName = this.findControlPlaneListener(protocols);
    this.maxConnectionsPerIpOverrides = parseConnectionOverrides(values.maxConnectionsPerIpOverrides);
  }

  /**
   * Parses and checks settings (KafkaConfig.fromProps).
   * @throws ConfigException for the first that Kafka refuses, with Kafka's message
   */
  static parse(given: Originals): BrokerConfig {
    const originals = withIdSynonyms(given);
    const config = new BrokerConfig(originals, parseBrokerValues(originals), parseOdradekValues(originals));
    validateBroker(config);
    return config;
  }

  /** What the setting's value reads as where Kafka shows it; null where it has none. Secrets are not hidden here. */
  text(name: BrokerConfigName): string | null {
    const raw = this.originals.get(name);
    return raw === undefined ? brokerConfigs[name].defaultText : parseSetting(name, brokerConfigs[name], raw).text;
  }

  /** Names of the advertised listeners, in their order. */
  get advertisedListenerNames(): string[] {
    return this.advertisedListeners.map(({ listenerName }) => listenerName);
  }

  /** The settings of one listener: those below `listener.name.<name>.` win over the general ones. */
  forListener(listenerName: string): BrokerConfigValues {
    const overridden = new Map(this.originals);
    for (const [name, value] of this.listenerOverrides(listenerName))
      if (brokerConfig(name) !== undefined) overridden.set(name, value);
    return parseBrokerValues(overridden);
  }

  /** What is set below `listener.name.<name>.`, without that prefix; mechanisms' prefixes are kept. */
  listenerOverrides(listenerName: string): Map<string, string> {
    const prefix = `listener.name.${listenerName.toLowerCase()}.`;
    return new Map(
      [...this.originals]
        .filter(([name]) => name.startsWith(prefix) && name.length > prefix.length)
        .map(([name, value]) => [name.slice(prefix.length), value]),
    );
  }

  /** One line per setting under `KafkaConfig values:`, sorted, with secrets hidden, as Kafka logs it at its start. */
  describeForLog(): string {
    const lines = Object.keys(brokerConfigs)
      .sort()
      .map((name) => `\t${name} = ${this.shownInLog(name as BrokerConfigName)}\n`);
    return `KafkaConfig values: \n${lines.join('')}`;
  }

  /** `originals` holds secrets as text: whoever prints the whole prints its name only. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `BrokerConfig(broker.id=${this.values.brokerId})`;
  }

  private shownInLog(name: BrokerConfigName): string {
    const { type } = brokerConfigs[name];
    const text = this.text(name);
    if (text === null) return 'null';
    if (type === 'password') return HIDDEN;
    if (type === 'list') return `[${text.split(',').join(', ')}]`;
    return type === 'class' ? `class ${text}` : text;
  }

  private findInterBrokerListener(protocols: ReadonlyMap<string, SecurityProtocol>): {
    name: string;
    protocol: SecurityProtocol;
  } {
    const { interBrokerListenerName: name, securityInterBrokerProtocol } = this.values;
    if (name === null) {
      const protocol = securityInterBrokerProtocol as SecurityProtocol;
      return { name: protocol, protocol };
    }
    const keys = ['inter.broker.listener.name', 'security.inter.broker.protocol'];
    if (this.originals.has('security.inter.broker.protocol'))
      throw new ConfigException(
        'Only one of inter.broker.listener.name and security.inter.broker.protocol should be set.',
        keys,
        'Leave one of the two out.',
      );
    return lookUpListener(protocols, name, 'inter.broker.listener.name', 'Listener with name');
  }

  private findControlPlaneListener(protocols: ReadonlyMap<string, SecurityProtocol>): string | null {
    const name = this.values.controlPlaneListenerName;
    if (name === null) return null;
    return lookUpListener(protocols, name, 'control.plane.listener.name', 'Listener with').name;
  }
}

/** A listener that another setting names, which must have a protocol. */
function lookUpListener(
  protocols: ReadonlyMap<string, SecurityProtocol>,
  given: string,
  key: string,
  opening: string,
): { name: string; protocol: SecurityProtocol } {
  const name = normalisedListenerName(given, key);
  const protocol = protocols.get(name);
  if (protocol === undefined)
    throw new ConfigException(
      `${opening} ${name} defined in ${key} not found in listener.security.protocol.map.`,
      [key],
      `Add ${name} and its protocol to listener.security.protocol.map.`,
    );
  return { name, protocol };
}

/** `broker.id` and `node.id` are one: whichever is given stands for both (KafkaConfig.populateSynonyms). */
function withIdSynonyms(given: Originals): Originals {
  const [broker, node] = [given.get('broker.id'), given.get('node.id')];
  if ((broker === undefined) === (node === undefined)) return given;
  const id = (broker ?? node) as string;
  return new Map([...given, [broker === undefined ? 'broker.id' : 'node.id', id]]);
}
