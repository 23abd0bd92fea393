import type { Random } from '../env/random';
import { BrokerConfig, type Originals } from './broker-config';
import { brokerSynonyms, isPasswordConfig } from './definitions/dynamic';
import {
  nonDynamicConfigs,
  type Props,
  perBrokerConfigs,
  securityConfigsWithoutListener,
  validateDynamicProps,
  validateReconfiguration,
  validateTypes,
} from './dynamic-rules';
import { ConfigException } from './errors';
import { decodePassword, encodePassword, type PasswordEncoderConfig } from './password-encoder';

/** What a level of dynamic configuration in ZooKeeper comes to, once what cannot count is left out. */
export interface ReadProps {
  readonly props: Props;
  /** One line each, for the log. */
  readonly warnings: readonly string[];
}

/**
 * A broker's configuration through its life (KIP-226): what it started with, below that what ZooKeeper holds for all
 * brokers, on top what it holds for this one. A setting of a stronger level replaces all its synonyms of the weaker.
 */
export class DynamicBrokerConfig {
  private dynamicDefault: Props = new Map();
  private dynamicBroker: Props = new Map();
  private now: BrokerConfig;

  constructor(
    /** As read from the file: the weakest level but for the defaults. */
    readonly startedWith: BrokerConfig,
  ) {
    this.now = startedWith;
  }

  get current(): BrokerConfig {
    return this.now;
  }

  /** The levels, strongest first, for DescribeConfigs. */
  get layers(): { readonly broker: Props; readonly clusterDefault: Props; readonly fromFile: Originals } {
    return { broker: this.dynamicBroker, clusterDefault: this.dynamicDefault, fromFile: this.startedWith.originals };
  }

  /**
   * Whether a level could be replaced by these settings. Changes nothing.
   * @param perBroker false for the default of the whole cluster
   * @throws ConfigException with Apache's message
   */
  validate(props: Props, perBroker: boolean): void {
    validateDynamicProps(props, perBroker);
    const fromFile = this.startedWith.originals;
    this.check(layered(perBroker ? [fromFile, this.dynamicDefault, props] : [fromFile, props, this.dynamicBroker]));
  }

  /**
   * Replaces this broker's own level by what ZooKeeper now holds.
   * @returns the configuration from now on
   * @throws ConfigException where it cannot be applied; the level is kept all the same, as Apache keeps it
   */
  updateBroker(props: Props): BrokerConfig {
    this.dynamicBroker = props;
    return this.apply();
  }

  /** Replaces the default of all brokers; see `updateBroker`. */
  updateDefault(props: Props): BrokerConfig {
    this.dynamicDefault = props;
    return this.apply();
  }

  private apply(): BrokerConfig {
    this.now = this.check(layered([this.startedWith.originals, this.dynamicDefault, this.dynamicBroker]));
    return this.now;
  }

  /** The configuration that these settings make, if the running broker can go over to it. */
  private check(originals: Originals): BrokerConfig {
    const next = BrokerConfig.parse(originals);
    const changed = changedNames(this.now.originals, next.originals);
    if (changed.size === 0) return this.now;
    validateReconfiguration(this.now, next, changed);
    return next;
  }
}

/** Lays stronger levels over weaker ones; a setting takes all of its synonyms away. */
function layered([weakest, ...stronger]: readonly [Props, ...Props[]]): Map<string, string> {
  const result = new Map(weakest);
  for (const level of stronger)
    for (const [name, value] of level) {
      for (const synonym of brokerSynonyms(name, false)) result.delete(synonym);
      result.set(name, value);
    }
  return result;
}

function changedNames(before: Originals, after: Originals): Set<string> {
  return new Set([...before.keys(), ...after.keys()].filter((name) => before.get(name) !== after.get(name)));
}

/** The encoder that a broker's configuration asks for, or null where it has no secret. */
export function passwordEncoderConfig({ values }: BrokerConfig): PasswordEncoderConfig | null {
  const { passwordEncoderSecret } = values;
  if (passwordEncoderSecret === null) return null;
  return {
    secret: passwordEncoderSecret.value,
    keyFactoryAlgorithm: values.passwordEncoderKeyfactoryAlgorithm,
    cipherAlgorithm: values.passwordEncoderCipherAlgorithm,
    keyLength: values.passwordEncoderKeyLength,
    iterations: values.passwordEncoderIterations,
  };
}

/**
 * Settings as ZooKeeper is to hold them: secrets encrypted (DynamicBrokerConfig.toPersistentProps).
 * @throws ConfigException where there is a secret and none to encrypt it with, or at the level of the cluster
 */
export function toPersistentProps(props: Props, perBroker: boolean, config: BrokerConfig, random: Random): Props {
  return new Map(
    [...props].map(([name, value]): [string, string] => {
      if (!isPasswordConfig(name)) return [name, value];
      if (!perBroker) throw new ConfigException('Password config can be defined only at broker level', [name]);
      return [name, encodePassword(requiredEncoder(config), value, random)];
    }),
  );
}

function requiredEncoder(config: BrokerConfig): PasswordEncoderConfig {
  const encoder = passwordEncoderConfig(config);
  if (encoder === null)
    throw new ConfigException('Password encoder secret not configured', ['password.encoder.secret']);
  return encoder;
}

/**
 * What ZooKeeper holds, read as far as it can count: secrets decrypted, and all that may not be set dynamically at this
 * level left out with a warning (DynamicBrokerConfig.fromPersistentProps). Someone may have written it by hand.
 */
export function fromPersistentProps(stored: Props, perBroker: boolean, config: BrokerConfig): ReadProps {
  const props = new Map(stored);
  const warnings: string[] = [];
  const leaveOut = (names: readonly string[], problem: string): void => {
    for (const name of names) props.delete(name);
    if (names.length > 0) warnings.push(`${problem}: ${names.join(', ')}`);
  };
  leaveOut(invalidValues(props), `${perBroker ? 'broker' : 'default cluster'} configs with invalid values are ignored`);
  leaveOut(nonDynamicConfigs(props), 'Non-dynamic configs configured in ZooKeeper will be ignored');
  leaveOut(
    securityConfigsWithoutListener(props),
    'Security configs can be dynamically updated only using listener prefix, base configs will be ignored',
  );
  if (!perBroker)
    leaveOut(perBrokerConfigs(props), 'Per-broker configs defined at default cluster level will be ignored');
  leaveOut(decodeSecrets(props, config), 'Dynamic password configs that could not be decoded are ignored');
  return { props, warnings };
}

function invalidValues(props: Props): string[] {
  return [...props].flatMap(([name, value]) => {
    if (isPasswordConfig(name)) return [];
    try {
      validateTypes(new Map([[name, value]]));
      return [];
    } catch {
      return [name];
    }
  });
}

/** Decrypts in place; returns the names that it could not. */
function decodeSecrets(props: Map<string, string>, config: BrokerConfig): string[] {
  const secret = config.values.passwordEncoderSecret?.value;
  const failed: string[] = [];
  for (const [name, value] of props) {
    if (!isPasswordConfig(name)) continue;
    try {
      if (secret === undefined) throw new ConfigException('Password encoder secret not configured');
      props.set(name, decodePassword(secret, value));
    } catch {
      failed.push(name);
    }
  }
  return failed;
}

/**
 * After a change of secret: what ZooKeeper holds under `password.encoder.old.secret`, encrypted anew under the present
 * one (DynamicBrokerConfig.maybeReEncodePasswords). Null where nothing has to be written.
 */
export function reencodePasswords(stored: Props, config: BrokerConfig, random: Random): Props | null {
  const old = config.values.passwordEncoderOldSecret;
  const names = [...stored.keys()].filter(isPasswordConfig);
  if (old === null || names.length === 0) return null;
  const encoder = requiredEncoder(config);
  const props = new Map(stored);
  let changed = false;
  for (const name of names)
    try {
      const password = decodePassword(old.value, stored.get(name)!);
      props.set(name, encodePassword(encoder, password, random));
      changed = true;
    } catch (error) {
      // Already under the new secret: a start after the one that changed it.
      if (!(error instanceof ConfigException)) throw error;
    }
  return changed ? props : null;
}
