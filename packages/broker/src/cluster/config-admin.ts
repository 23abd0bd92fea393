import { KafkaError } from '@odradek/protocol/errors';
import {
  type AlterOperation,
  applyOperations,
  brokerConfigError,
  checkOperations,
  resourceConfigError,
  topicConfigError,
} from '../config/alter';
import { brokerConfigs } from '../config/definitions';
import { topicConfigs as topicDefinitions } from '../config/definitions/topic';
import type { DescribedConfig } from '../config/describe';
import { type DynamicBrokerConfig, fromPersistentProps, toPersistentProps } from '../config/dynamic';
import { ConfigException } from '../config/errors';
import { validateTopicOverrides } from '../config/topic-config';
import type { LevelledLoggers, Logger } from '../env/logger';
import type { Random } from '../env/random';
import { ZooKeeperError } from '../env/zookeeper';
import { ZNodeFormatError } from '../zookeeper/json';
import type { ZooKeeperStore } from '../zookeeper/store';
import { DEFAULT_ENTITY_NAME } from '../zookeeper/znodes';
import { alterBrokerLoggers, describeBrokerLoggers } from './broker-loggers';
import type { MetadataCache } from './metadata-cache';
import type { TopicConfigs } from './topic-configs';

/** Kinds of resources as the config APIs number them (ConfigResource.Type). */
export const RESOURCE = { topic: 2, broker: 4, brokerLogger: 8, clientMetrics: 16 } as const;

/** Settings that were to be set, or operations on those that are. */
export type Alteration =
  | { readonly type: 'replace'; readonly configs: readonly { readonly name: string; readonly value: string | null }[] }
  | { readonly type: 'operations'; readonly operations: readonly AlterOperation[] };

export interface ConfigAdminOptions {
  readonly brokerId: number;
  readonly store: ZooKeeperStore;
  readonly metadata: MetadataCache;
  readonly dynamic: DynamicBrokerConfig;
  readonly topicConfigs: TopicConfigs;
  readonly random: Random;
  readonly logger: Logger;
  /** Those whose levels can be altered. */
  readonly loggers: LevelledLoggers;
  /** A topic's effective settings may have changed; null: any topic's. */
  readonly onTopicConfig: (topic: string | null) => void;
  readonly onBrokerConfig: () => Promise<void> | void;
  /** Unclean elections have come to be allowed, of one topic or (null) by the brokers' default. */
  readonly onUncleanElection: (topic: string | null) => void;
}

type Props = ReadonlyMap<string, string>;

const propsOf = (record: Readonly<Record<string, string>>): Props => new Map(Object.entries(record));
const recordOf = (props: Props): Record<string, string> => Object.fromEntries(props);

/**
 * Changes settings in ZooKeeper and takes in what others have changed there (ZkAdminManager, ZkConfigManager). A
 * change takes effect when its notification comes back, on this broker as on every other.
 */
export class ConfigAdmin {
  constructor(private readonly options: ConfigAdminOptions) {}

  get dynamic(): DynamicBrokerConfig {
    return this.options.dynamic;
  }

  /** Reads the settings of this broker and of all brokers: before anything is built on them. */
  async loadBrokerLevels(): Promise<void> {
    await this.takeBroker(DEFAULT_ENTITY_NAME);
    await this.takeBroker(String(this.options.brokerId));
  }

  /** Throws `KafkaError` with Kafka's code and text; nothing has changed then. */
  async alter(
    resourceType: number,
    resourceName: string,
    alteration: Alteration,
    validateOnly: boolean,
  ): Promise<void> {
    if (alteration.type === 'replace') checkReplacement(alteration.configs);
    else checkOperations(alteration.operations);
    switch (resourceType) {
      case RESOURCE.topic:
        return this.alterTopic(resourceName, alteration, validateOnly);
      case RESOURCE.broker:
        return this.alterBroker(resourceName, alteration, validateOnly);
      case RESOURCE.brokerLogger:
        return this.alterLoggers(resourceName, alteration, validateOnly);
      default:
        throw unalterable(resourceType);
    }
  }

  private async alterTopic(topic: string, alteration: Alteration, validateOnly: boolean): Promise<void> {
    const { store, metadata, dynamic } = this.options;
    if (topic === '') throw new KafkaError('INVALID_REQUEST', 'Default topic resources are not allowed.');
    const props =
      alteration.type === 'replace'
        ? replaced(alteration.configs)
        : applyOperations(await this.storedOfTopic(topic), alteration.operations, topicDefinitions);
    if (!metadata.image.topics.has(topic)) {
      throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `The topic '${topic}' does not exist.`);
    }
    refusing(
      (error) => topicConfigError(topic, error),
      () => validateTopicOverrides(props, dynamic.current),
    );
    if (!validateOnly) await store.configs.change('topics', topic, recordOf(props));
  }

  /** Names that no znode can have are told before it is asked whether there is such a topic. */
  private async storedOfTopic(topic: string): Promise<Props> {
    try {
      return propsOf(await this.options.store.configs.get('topics', topic));
    } catch (error) {
      if (!(error instanceof ZooKeeperError) || error.code !== 'BAD_ARGUMENTS') throw error;
      throw resourceConfigError('TOPIC', topic, error);
    }
  }

  private async alterBroker(name: string, alteration: Alteration, validateOnly: boolean): Promise<void> {
    const { store, dynamic, random } = this.options;
    const perBroker = name !== '';
    if (perBroker) this.checkBrokerName(name);
    const entity = perBroker ? name : DEFAULT_ENTITY_NAME;
    const stored = fromPersistentProps(propsOf(await store.configs.get('brokers', entity)), perBroker, dynamic.current);
    const props =
      alteration.type === 'replace'
        ? replaced(alteration.configs)
        : applyOperations(stored.props, alteration.operations, brokerConfigs);
    refusing(brokerConfigError, () => dynamic.validate(props, perBroker));
    if (validateOnly) return;
    const persistent = refusing(
      (error) => resourceConfigError('BROKER', name, error),
      () => toPersistentProps(props, perBroker, dynamic.current, random),
    );
    await store.configs.change('brokers', entity, recordOf(persistent));
  }

  private async alterLoggers(name: string, alteration: Alteration, validateOnly: boolean): Promise<void> {
    // AlterConfigs, which replaces everything, has never heard of them.
    if (alteration.type === 'replace') throw unalterable(RESOURCE.brokerLogger);
    const { brokerId, loggers } = this.options;
    // Apache says the expected id twice.
    checkNodeId(name, brokerId, 'Node', `Unexpected node id. Expected ${brokerId}, but received ${brokerId}`);
    alterBrokerLoggers(loggers, alteration.operations, validateOnly);
  }

  /** Throws INVALID_REQUEST where a request for a broker has come to another one. */
  checkBrokerName(name: string): void {
    const { brokerId } = this.options;
    checkNodeId(name, brokerId, 'Node', `Unexpected broker id, expected ${brokerId}, but received ${name}`);
  }

  /** As `checkBrokerName`, in the words of DescribeConfigs (ConfigHelper.describeConfigs). */
  checkDescribedBroker(name: string): void {
    const { brokerId } = this.options;
    const unexpected = `Unexpected broker id, expected ${brokerId} or empty string, but received ${name}`;
    checkNodeId(name, brokerId, 'Broker', unexpected);
  }

  /** What loggers there are and what they let through. Throws INVALID_REQUEST where another broker is meant. */
  describeLoggers(name: string, keys: readonly string[] | null): DescribedConfig[] {
    const { brokerId, loggers } = this.options;
    if (name === '') throw new KafkaError('INVALID_REQUEST', 'Broker id must not be empty');
    checkNodeId(name, brokerId, 'Broker', `Unexpected broker id, expected ${brokerId} but received ${name}`);
    return describeBrokerLoggers(loggers, keys);
  }

  /**
   * Reads the settings of topics before logs are made for them: nothing tells of the settings that a topic is created
   * with, and what is known may be those of a former topic of that name. Settings that make no sense are told of here
   * and stop the log that needs them.
   */
  async loadTopics(topics: Iterable<string>): Promise<void> {
    const load = async (topic: string): Promise<void> => {
      try {
        await this.takeTopic(topic);
      } catch (error) {
        if (!(error instanceof ConfigException || error instanceof ZNodeFormatError)) throw error;
        this.options.logger.error(`The settings of topic ${topic} cannot be applied: ${error.message}`);
      }
    };
    await Promise.all([...topics].map(load));
  }

  /** Somebody has changed an entity's settings: reads them again. `entityPath` is such as `topics/t`. */
  async onChange(entityPath: string): Promise<void> {
    const [type, name] = [entityPath.slice(0, entityPath.indexOf('/')), entityPath.slice(entityPath.indexOf('/') + 1)];
    const { dynamic, topicConfigs, onUncleanElection } = this.options;
    if (type === 'topics') {
      await this.takeTopic(name);
      if (topicConfigs.get(name).uncleanLeaderElectionEnable) onUncleanElection(name);
    }
    if (type === 'brokers' && (name === DEFAULT_ENTITY_NAME || name === String(this.options.brokerId))) {
      const before = dynamic.current.values.uncleanLeaderElectionEnable;
      await this.takeBroker(name);
      topicConfigs.invalidate();
      this.options.onTopicConfig(null);
      await this.options.onBrokerConfig();
      if (!before && dynamic.current.values.uncleanLeaderElectionEnable) onUncleanElection(null);
    }
  }

  private async takeTopic(topic: string): Promise<void> {
    const { store, topicConfigs, onTopicConfig } = this.options;
    topicConfigs.set(topic, await store.configs.get('topics', topic));
    onTopicConfig(topic);
  }

  private async takeBroker(name: string): Promise<void> {
    const { store, dynamic, logger } = this.options;
    const perBroker = name !== DEFAULT_ENTITY_NAME;
    const stored = propsOf(await store.configs.get('brokers', name));
    const { props, warnings } = fromPersistentProps(stored, perBroker, dynamic.current);
    for (const warning of warnings) logger.warn(warning);
    try {
      if (perBroker) dynamic.updateBroker(props);
      else dynamic.updateDefault(props);
    } catch (error) {
      if (!(error instanceof ConfigException)) throw error;
      logger.error(
        `The ${perBroker ? 'per-broker' : 'default'} dynamic configs could not be applied: ${error.message}`,
      );
    }
  }
}

/** Runs a check and says what it refuses in the words of the API. */
function refusing<Value>(say: (error: ConfigException) => KafkaError, check: () => Value): Value {
  try {
    return check();
  } catch (error) {
    if (error instanceof ConfigException) throw say(error);
    throw error;
  }
}

type Replacement = readonly { readonly name: string; readonly value: string | null }[];

function checkReplacement(configs: Replacement): void {
  const nulls = configs.filter(({ value }) => value === null).map(({ name }) => name);
  if (nulls.length > 0) {
    throw new KafkaError('INVALID_REQUEST', `Null value not supported for : ${nulls.join(',')}`);
  }
}

const replaced = (configs: Replacement): Props => new Map(configs.map(({ name, value }) => [name, value!]));

function checkNodeId(name: string, brokerId: number, what: 'Node' | 'Broker', unexpected: string): void {
  const id = Number(name);
  if (!/^[+-]?\d+$/.test(name) || id !== (id | 0)) {
    throw new KafkaError('INVALID_REQUEST', `${what} id must be an integer, but it is: ${name}`);
  }
  if (id !== brokerId) throw new KafkaError('INVALID_REQUEST', unexpected);
}

function unalterable(type: number): KafkaError {
  return new KafkaError(
    'INVALID_REQUEST',
    type === RESOURCE.clientMetrics
      ? 'AlterConfigs is only supported for topics and brokers, but resource type is CLIENT_METRICS'
      : `Unknown resource type ${type}`,
  );
}
