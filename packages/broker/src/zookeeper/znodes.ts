import { decodeBrokerInfo, encodeBrokerInfo } from './broker-info';
import { encodeJson, integerOf, integersOf, isJsonObject, parseJsonObject, stringOf, ZNodeFormatError } from './json';

/**
 * Every znode of a cluster: its path, and its content to bytes and back (kafka.zk.ZkData). Content is written compact,
 * keys in the order in which Apache's broker writes them; readers depend on no order and pass over what they do not
 * know. What has no codec here has null data: truly none, which is not the same as an empty string.
 */

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** A partition's replicas; during a reassignment the target's first, then those that leave. */
export interface ReplicaAssignment {
  readonly replicas: readonly number[];
  readonly addingReplicas: readonly number[];
  readonly removingReplicas: readonly number[];
}

export interface TopicAssignment {
  /** Null for a topic that a broker before 2.8, or an old tool, created. */
  readonly topicId: string | null;
  readonly partitions: ReadonlyMap<number, ReplicaAssignment>;
}

/** Leader and ISR of a partition as ZooKeeper knows them (LeaderIsrAndControllerEpoch). */
export interface PartitionState {
  /** -1 for none. */
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly isr: readonly number[];
  /** 0 RECOVERED, 1 RECOVERING: the leader came from an unclean election and has not shown its log yet (KIP-704). */
  readonly leaderRecoveryState: number;
  /** Of the controller that wrote it. */
  readonly controllerEpoch: number;
  /** The version of the state znode. */
  readonly partitionEpoch: number;
}

/** A block of producer ids, `size` of them from `firstProducerId`, for a broker to hand out. */
export interface ProducerIdBlock {
  readonly brokerId: number;
  readonly firstProducerId: number;
  readonly size: number;
}

export interface FeatureZNodeContent {
  readonly version: number;
  readonly status: 'disabled' | 'enabled';
  /** Name to finalized max version level. */
  readonly features: ReadonlyMap<string, number>;
}

export type ConfigEntityType = 'topics' | 'brokers' | 'clients' | 'users' | 'ips';

/** Overrides by name. Values are strings, whatever their type. */
export type EntityConfig = Readonly<Record<string, string>>;

export const DEFAULT_ENTITY_NAME = '<default>';

/** Where everything is. Sequential nodes are created at a path that ends in `_`; ZooKeeper appends ten digits. */
export const paths = {
  controller: '/controller',
  controllerEpoch: '/controller_epoch',
  brokerIds: '/brokers/ids',
  brokerId: (id: number): string => `/brokers/ids/${id}`,
  /** Its version counts the generated broker ids. */
  brokerSequenceId: '/brokers/seqid',
  topics: '/brokers/topics',
  topic: (topic: string): string => `/brokers/topics/${topic}`,
  topicPartitions: (topic: string): string => `/brokers/topics/${topic}/partitions`,
  topicPartition: ({ topic, partition }: TopicPartition): string => `/brokers/topics/${topic}/partitions/${partition}`,
  topicPartitionState: ({ topic, partition }: TopicPartition): string =>
    `/brokers/topics/${topic}/partitions/${partition}/state`,
  configType: (type: ConfigEntityType): string => `/config/${type}`,
  /** `name` is a sanitized name, for a client of a user `<user>/clients/<client>`. */
  configEntity: (type: ConfigEntityType, name: string): string => `/config/${type}/${name}`,
  configChanges: '/config/changes',
  configChange: '/config/changes/config_change_',
  deleteTopics: '/admin/delete_topics',
  deleteTopic: (topic: string): string => `/admin/delete_topics/${topic}`,
  reassignPartitions: '/admin/reassign_partitions',
  preferredReplicaElection: '/admin/preferred_replica_election',
  isrChangeNotifications: '/isr_change_notification',
  isrChangeNotification: '/isr_change_notification/isr_change_',
  logDirEventNotifications: '/log_dir_event_notification',
  logDirEventNotification: '/log_dir_event_notification/log_dir_event_',
  producerIdBlock: '/latest_producer_id_block',
  clusterId: '/cluster/id',
  feature: '/feature',
  consumers: '/consumers',
  consumerOffset: (group: string, topic: string, partition: number): string =>
    `/consumers/${group}/offsets/${topic}/${partition}`,
} as const;

export const ControllerZNode = {
  encode: (brokerId: number, timestampMs: number): Buffer =>
    encodeJson({ version: 2, brokerid: brokerId, timestamp: String(timestampMs), kraftControllerEpoch: -1 }),
  /** Throws `ZNodeFormatError` where there is no broker id; content of 0.7 and 0.8 is the bare id. */
  decode(data: Buffer | null): { brokerId: number; kraftControllerEpoch: number } {
    const bare = data?.toString('utf8') ?? '';
    if (/^[0-9]+$/.test(bare)) return { brokerId: Number(bare), kraftControllerEpoch: -1 };
    const json = parseJsonObject(data);
    if (!json) throw new ZNodeFormatError(paths.controller, 'not a JSON object');
    const kraft = json['kraftControllerEpoch'];
    return {
      brokerId: integerOf(json, 'brokerid', paths.controller),
      kraftControllerEpoch: typeof kraft === 'number' ? kraft : -1,
    };
  },
};

export const ControllerEpochZNode = {
  encode: (epoch: number): Buffer => Buffer.from(String(epoch)),
  decode(data: Buffer | null): number {
    const text = data?.toString('utf8') ?? '';
    if (!/^-?[0-9]+$/.test(text)) throw new ZNodeFormatError(paths.controllerEpoch, `'${text}' is not a whole number`);
    return Number(text);
  },
};

export const BrokerIdZNode = {
  encode: encodeBrokerInfo,
  decode: decodeBrokerInfo,
};

export const TopicZNode = {
  encode({ topicId, partitions }: TopicAssignment): Buffer {
    const of = (pick: (assignment: ReplicaAssignment) => readonly number[], all: boolean): Record<string, unknown> => {
      const byPartition: Record<string, unknown> = {};
      for (const [partition, assignment] of partitions) {
        if (all || pick(assignment).length > 0) byPartition[String(partition)] = pick(assignment);
      }
      return byPartition;
    };
    return encodeJson({
      partitions: of(({ replicas }) => replicas, true),
      topic_id: topicId ?? undefined,
      adding_replicas: of(({ addingReplicas }) => addingReplicas, false),
      removing_replicas: of(({ removingReplicas }) => removingReplicas, false),
      version: 3,
    });
  },
  /** Content that is no JSON object is a topic without partitions, as it is for Apache. */
  decode(topic: string, data: Buffer | null): TopicAssignment {
    const path = paths.topic(topic);
    const json = parseJsonObject(data);
    const partitions = new Map<number, ReplicaAssignment>();
    if (!json) return { topicId: null, partitions };
    const replicasIn = (key: string, partition: string): number[] => {
      const replicas = isJsonObject(json[key]) ? json[key][partition] : undefined;
      return replicas === undefined ? [] : integersOf(replicas, `${key} of partition ${partition}`, path);
    };
    for (const partition of Object.keys(isJsonObject(json['partitions']) ? json['partitions'] : {})) {
      if (!/^[0-9]+$/.test(partition)) throw new ZNodeFormatError(path, `'${partition}' is not a partition`);
      partitions.set(Number(partition), {
        replicas: replicasIn('partitions', partition),
        addingReplicas: replicasIn('adding_replicas', partition),
        removingReplicas: replicasIn('removing_replicas', partition),
      });
    }
    return { topicId: typeof json['topic_id'] === 'string' ? json['topic_id'] : null, partitions };
  },
};

export const TopicPartitionStateZNode = {
  encode(state: Omit<PartitionState, 'partitionEpoch'>): Buffer {
    return encodeJson({
      controller_epoch: state.controllerEpoch,
      leader: state.leader,
      version: 1,
      leader_recovery_state: state.leaderRecoveryState === 0 ? undefined : state.leaderRecoveryState,
      leader_epoch: state.leaderEpoch,
      isr: state.isr,
    });
  },
  /** Null where the content is no JSON object; `version` is the znode's. */
  decode(path: string, data: Buffer | null, version: number): PartitionState | null {
    const json = parseJsonObject(data);
    if (!json) return null;
    return {
      leader: integerOf(json, 'leader', path),
      leaderEpoch: integerOf(json, 'leader_epoch', path),
      isr: integersOf(json['isr'], "'isr'", path),
      leaderRecoveryState: json['leader_recovery_state'] === 1 ? 1 : 0,
      controllerEpoch: integerOf(json, 'controller_epoch', path),
      partitionEpoch: version,
    };
  },
};

export const ConfigEntityZNode = {
  encode(config: EntityConfig): Buffer {
    const names = Object.keys(config).sort();
    return encodeJson({ version: 1, config: Object.fromEntries(names.map((name) => [name, config[name]])) });
  },
  /** No data, or data without configs, overrides nothing. */
  decode(path: string, data: Buffer | null): EntityConfig {
    const config = parseJsonObject(data)?.['config'];
    if (!isJsonObject(config)) return {};
    for (const name of Object.keys(config)) stringOf(config, name, path);
    return config as EntityConfig;
  },
};

export const ConfigChangeNotificationZNode = {
  encode: (entityPath: string): Buffer => encodeJson({ version: 2, entity_path: entityPath }),
};

function partitionsOf(json: { readonly partitions?: unknown } | null, path: string): TopicPartition[] {
  if (!json || !Array.isArray(json.partitions)) return [];
  return json.partitions.map((entry) => {
    if (!isJsonObject(entry)) throw new ZNodeFormatError(path, 'a partition is not an object');
    return { topic: stringOf(entry, 'topic', path), partition: integerOf(entry, 'partition', path) };
  });
}

export const ReassignPartitionsZNode = {
  encode: (targets: readonly (TopicPartition & { readonly replicas: readonly number[] })[]): Buffer =>
    encodeJson({
      version: 1,
      partitions: targets.map(({ topic, partition, replicas }) => ({ topic, partition, replicas })),
    }),
  /** Throws `ZNodeFormatError` where the content is not JSON: its owner warns and takes it for empty. */
  decode(data: Buffer | null): (TopicPartition & { readonly replicas: readonly number[] })[] {
    const json = parseJsonObject(data);
    if (!json) throw new ZNodeFormatError(paths.reassignPartitions, 'not a JSON object');
    return partitionsOf(json, paths.reassignPartitions).map((partition, index) => ({
      ...partition,
      replicas: integersOf(
        (json['partitions'] as { replicas?: unknown }[])[index]?.replicas,
        "'replicas'",
        paths.reassignPartitions,
      ),
    }));
  },
};

export const PreferredReplicaElectionZNode = {
  encode: (partitions: readonly TopicPartition[]): Buffer => encodePartitions(partitions),
  decode(data: Buffer | null): TopicPartition[] {
    return partitionsOf(parseJsonObject(data), paths.preferredReplicaElection);
  },
};

function encodePartitions(partitions: readonly TopicPartition[]): Buffer {
  return encodeJson({ version: 1, partitions: partitions.map(({ topic, partition }) => ({ topic, partition })) });
}

export const IsrChangeNotificationZNode = {
  encode: (partitions: readonly TopicPartition[]): Buffer => encodePartitions(partitions),
  decode: (path: string, data: Buffer | null): TopicPartition[] => partitionsOf(parseJsonObject(data), path),
};

export const LogDirEventNotificationZNode = {
  /** Event 1, a failed log dir, is the only one. */
  encode: (brokerId: number): Buffer => encodeJson({ version: 1, broker: brokerId, event: 1 }),
  decode(path: string, data: Buffer | null): number | null {
    const json = parseJsonObject(data);
    return json && integerOf(json, 'broker', path);
  },
};

export const ClusterIdZNode = {
  /** The version is a string here, and nowhere else. */
  encode: (id: string): Buffer => encodeJson({ version: '1', id }),
  decode(data: Buffer | null): string {
    const json = parseJsonObject(data);
    if (!json) throw new ZNodeFormatError(paths.clusterId, 'not a JSON object');
    return stringOf(json, 'id', paths.clusterId);
  },
};

export const ProducerIdBlockZNode = {
  encode: ({ brokerId, firstProducerId, size }: ProducerIdBlock): Buffer =>
    encodeJson({
      version: 1,
      broker: brokerId,
      block_start: String(firstProducerId),
      block_end: String(firstProducerId + size - 1),
    }),
  decode(data: Buffer): ProducerIdBlock {
    const json = parseJsonObject(data);
    if (!json) throw new ZNodeFormatError(paths.producerIdBlock, 'not a JSON object');
    const firstProducerId = Number(stringOf(json, 'block_start', paths.producerIdBlock));
    const lastProducerId = Number(stringOf(json, 'block_end', paths.producerIdBlock));
    if (!Number.isSafeInteger(firstProducerId) || !Number.isSafeInteger(lastProducerId)) {
      throw new ZNodeFormatError(paths.producerIdBlock, 'the block has no bounds');
    }
    return {
      brokerId: integerOf(json, 'broker', paths.producerIdBlock),
      firstProducerId,
      size: lastProducerId - firstProducerId + 1,
    };
  },
};

export const FeatureZNode = {
  encode({ version, status, features }: FeatureZNodeContent): Buffer {
    const levels = [...features].map(([name, level]) => [
      name,
      version === 1 ? { max_version_level: level, min_version_level: level } : { max_version_level: level },
    ]);
    return encodeJson({ features: Object.fromEntries(levels), version, status: status === 'enabled' ? 1 : 0 });
  },
  decode(data: Buffer | null): FeatureZNodeContent {
    const json = parseJsonObject(data);
    if (!json) throw new ZNodeFormatError(paths.feature, 'not a JSON object');
    const version = integerOf(json, 'version', paths.feature);
    if (version < 1 || version > 2) throw new ZNodeFormatError(paths.feature, `unsupported version ${version}`);
    const status = integerOf(json, 'status', paths.feature);
    if (status !== 0 && status !== 1) throw new ZNodeFormatError(paths.feature, `malformed status ${status}`);
    const features = new Map<string, number>();
    for (const [name, level] of Object.entries(isJsonObject(json['features']) ? json['features'] : {})) {
      if (!isJsonObject(level)) throw new ZNodeFormatError(paths.feature, `feature ${name} has no levels`);
      features.set(name, integerOf(level, 'max_version_level', paths.feature));
    }
    return { version, status: status === 1 ? 'enabled' : 'disabled', features };
  },
};

/** What a broker makes sure of before anything else, in this order (ZkData.PersistentZkPaths). All without data. */
export const PERSISTENT_PATHS: readonly string[] = [
  paths.consumers,
  paths.brokerIds,
  paths.topics,
  paths.configChanges,
  paths.deleteTopics,
  paths.brokerSequenceId,
  paths.isrChangeNotifications,
  paths.producerIdBlock,
  paths.logDirEventNotifications,
  paths.configType('topics'),
  paths.configType('clients'),
  paths.configType('users'),
  paths.configType('brokers'),
  paths.configType('ips'),
];

/**
 * A user or client name as a path component (org.apache.kafka.common.utils.Sanitizer): Java's URLEncoder, whose `+` for
 * a space and bare `*` are escaped as well.
 */
export function sanitize(name: string): string {
  return encodeURIComponent(name).replace(/[!'()*~]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

export function desanitize(name: string): string {
  return decodeURIComponent(name.replaceAll('+', '%20'));
}

/** The number at the end of a sequential node's name or path. */
export function sequenceNumberOf(path: string): number {
  return Number(/[0-9]+$/.exec(path)?.[0]);
}
