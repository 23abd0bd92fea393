import { decodeBrokerInfo, encodeBrokerInfo } from './broker-info';
import { encodeJson, integerOf, integersOf, isJsonObject, parseJsonObject, stringOf, ZNodeFormatError } from './json';

/**
 * Every znode of a cluster: its path, and its content to bytes and back (kafka.zk.ZkData). Content is written compact,
 * keys in the order in which Apache's broker writes them; readers depend on no order and pass over what they do not
 * know. A path without a codec has null data: truly none, which is not the same as an empty string.
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

/** 0 RECOVERED, 1 RECOVERING: the leader was elected uncleanly and its log is not yet known to be the truth. */
export type LeaderRecoveryState = 0 | 1;

/** Leader and ISR of a partition as ZooKeeper knows them (LeaderIsrAndControllerEpoch). */
export interface PartitionState {
  /** -1 for none. */
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly isr: readonly number[];
  readonly leaderRecoveryState: LeaderRecoveryState;
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

export const ControllerZNode = {
  path: '/controller',
  encode: (brokerId: number, timestampMs: number): Buffer =>
    encodeJson({ version: 2, brokerid: brokerId, timestamp: String(timestampMs), kraftControllerEpoch: -1 }),
  /** Throws `ZNodeFormatError` where there is no broker id; content of 0.7 and 0.8 is the bare id. */
  decode(data: Buffer | null): { brokerId: number; kraftControllerEpoch: number } {
    const bare = data?.toString('utf8') ?? '';
    if (/^[0-9]+$/.test(bare)) return { brokerId: Number(bare), kraftControllerEpoch: -1 };
    const json = parseJsonObject(data);
    if (!json) throw new ZNodeFormatError(this.path, 'not a JSON object');
    const kraft = json['kraftControllerEpoch'];
    return {
      brokerId: integerOf(json, 'brokerid', this.path),
      kraftControllerEpoch: typeof kraft === 'number' ? kraft : -1,
    };
  },
};

export const ControllerEpochZNode = {
  path: '/controller_epoch',
  encode: (epoch: number): Buffer => Buffer.from(String(epoch)),
  decode(data: Buffer | null): number {
    const text = data?.toString('utf8') ?? '';
    if (!/^-?[0-9]+$/.test(text)) throw new ZNodeFormatError(this.path, `'${text}' is not a whole number`);
    return Number(text);
  },
};

export const BrokerIdsZNode = { path: '/brokers/ids' };

export const BrokerIdZNode = {
  path: (id: number): string => `${BrokerIdsZNode.path}/${id}`,
  encode: encodeBrokerInfo,
  decode: decodeBrokerInfo,
};

/** Its version counts the generated broker ids. */
export const BrokerSequenceIdZNode = { path: '/brokers/seqid' };

export const TopicsZNode = { path: '/brokers/topics' };

export const TopicZNode = {
  path: (topic: string): string => `${TopicsZNode.path}/${topic}`,
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
    const path = TopicZNode.path(topic);
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

export const TopicPartitionsZNode = { path: (topic: string): string => `${TopicZNode.path(topic)}/partitions` };

export const TopicPartitionZNode = {
  path: ({ topic, partition }: TopicPartition): string => `${TopicPartitionsZNode.path(topic)}/${partition}`,
};

export const TopicPartitionStateZNode = {
  path: (partition: TopicPartition): string => `${TopicPartitionZNode.path(partition)}/state`,
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

export const ConfigZNode = { path: '/config' };

export const ConfigEntityTypeZNode = {
  path: (type: ConfigEntityType): string => `${ConfigZNode.path}/${type}`,
};

export const ConfigEntityZNode = {
  /** `name` is a sanitized name, for a client of a user `<user>/clients/<client>`. */
  path: (type: ConfigEntityType, name: string): string => `${ConfigEntityTypeZNode.path(type)}/${name}`,
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

export const ConfigEntityChangeNotificationZNode = { path: '/config/changes' };

export const ConfigEntityChangeNotificationSequenceZNode = {
  sequenceNumberPrefix: 'config_change_',
  createPath: `${ConfigEntityChangeNotificationZNode.path}/config_change_`,
  encode: (entityPath: string): Buffer => encodeJson({ version: 2, entity_path: entityPath }),
};

export const DeleteTopicsZNode = { path: '/admin/delete_topics' };

export const DeleteTopicsTopicZNode = { path: (topic: string): string => `${DeleteTopicsZNode.path}/${topic}` };

function partitionsOf(json: { readonly partitions?: unknown } | null, path: string): TopicPartition[] {
  if (!json || !Array.isArray(json.partitions)) return [];
  return json.partitions.map((entry) => {
    if (!isJsonObject(entry)) throw new ZNodeFormatError(path, 'a partition is not an object');
    return { topic: stringOf(entry, 'topic', path), partition: integerOf(entry, 'partition', path) };
  });
}

export const ReassignPartitionsZNode = {
  path: '/admin/reassign_partitions',
  encode: (targets: readonly (TopicPartition & { readonly replicas: readonly number[] })[]): Buffer =>
    encodeJson({
      version: 1,
      partitions: targets.map(({ topic, partition, replicas }) => ({ topic, partition, replicas })),
    }),
  /** Throws `ZNodeFormatError` where the content is not JSON: its owner warns and takes it for empty. */
  decode(data: Buffer | null): (TopicPartition & { readonly replicas: readonly number[] })[] {
    const json = parseJsonObject(data);
    if (!json) throw new ZNodeFormatError(this.path, 'not a JSON object');
    return partitionsOf(json, this.path).map((partition, index) => ({
      ...partition,
      replicas: integersOf((json['partitions'] as { replicas?: unknown }[])[index]?.replicas, "'replicas'", this.path),
    }));
  },
};

export const PreferredReplicaElectionZNode = {
  path: '/admin/preferred_replica_election',
  encode: (partitions: readonly TopicPartition[]): Buffer => encodePartitions(partitions),
  decode(data: Buffer | null): TopicPartition[] {
    return partitionsOf(parseJsonObject(data), this.path);
  },
};

function encodePartitions(partitions: readonly TopicPartition[]): Buffer {
  return encodeJson({ version: 1, partitions: partitions.map(({ topic, partition }) => ({ topic, partition })) });
}

export const IsrChangeNotificationZNode = { path: '/isr_change_notification' };

export const IsrChangeNotificationSequenceZNode = {
  sequenceNumberPrefix: 'isr_change_',
  createPath: `${IsrChangeNotificationZNode.path}/isr_change_`,
  encode: (partitions: readonly TopicPartition[]): Buffer => encodePartitions(partitions),
  decode: (path: string, data: Buffer | null): TopicPartition[] => partitionsOf(parseJsonObject(data), path),
};

export const LogDirEventNotificationZNode = { path: '/log_dir_event_notification' };

export const LogDirEventNotificationSequenceZNode = {
  sequenceNumberPrefix: 'log_dir_event_',
  createPath: `${LogDirEventNotificationZNode.path}/log_dir_event_`,
  /** Event 1, a failed log dir, is the only one. */
  encode: (brokerId: number): Buffer => encodeJson({ version: 1, broker: brokerId, event: 1 }),
  decode(path: string, data: Buffer | null): number | null {
    const json = parseJsonObject(data);
    return json && integerOf(json, 'broker', path);
  },
};

export const ClusterZNode = { path: '/cluster' };

export const ClusterIdZNode = {
  path: `${ClusterZNode.path}/id`,
  /** The version is a string here, and nowhere else. */
  encode: (id: string): Buffer => encodeJson({ version: '1', id }),
  decode(data: Buffer | null): string {
    const json = parseJsonObject(data);
    if (!json) throw new ZNodeFormatError(this.path, 'not a JSON object');
    return stringOf(json, 'id', this.path);
  },
};

export const ProducerIdBlockZNode = {
  path: '/latest_producer_id_block',
  encode: ({ brokerId, firstProducerId, size }: ProducerIdBlock): Buffer =>
    encodeJson({
      version: 1,
      broker: brokerId,
      block_start: String(firstProducerId),
      block_end: String(firstProducerId + size - 1),
    }),
  decode(data: Buffer): ProducerIdBlock {
    const json = parseJsonObject(data);
    if (!json) throw new ZNodeFormatError(this.path, 'not a JSON object');
    const firstProducerId = Number(stringOf(json, 'block_start', this.path));
    const lastProducerId = Number(stringOf(json, 'block_end', this.path));
    if (!Number.isSafeInteger(firstProducerId) || !Number.isSafeInteger(lastProducerId)) {
      throw new ZNodeFormatError(this.path, 'the block has no bounds');
    }
    return {
      brokerId: integerOf(json, 'broker', this.path),
      firstProducerId,
      size: lastProducerId - firstProducerId + 1,
    };
  },
};

export const FeatureZNode = {
  path: '/feature',
  encode({ version, status, features }: FeatureZNodeContent): Buffer {
    const levels = [...features].map(([name, level]) => [
      name,
      version === 1 ? { max_version_level: level, min_version_level: level } : { max_version_level: level },
    ]);
    return encodeJson({ features: Object.fromEntries(levels), version, status: status === 'enabled' ? 1 : 0 });
  },
  decode(data: Buffer | null): FeatureZNodeContent {
    const json = parseJsonObject(data);
    if (!json) throw new ZNodeFormatError(this.path, 'not a JSON object');
    const version = integerOf(json, 'version', this.path);
    if (version < 1 || version > 2) throw new ZNodeFormatError(this.path, `unsupported version ${version}`);
    const status = integerOf(json, 'status', this.path);
    if (status !== 0 && status !== 1) throw new ZNodeFormatError(this.path, `malformed status ${status}`);
    const features = new Map<string, number>();
    for (const [name, level] of Object.entries(isJsonObject(json['features']) ? json['features'] : {})) {
      if (!isJsonObject(level)) throw new ZNodeFormatError(this.path, `feature ${name} has no levels`);
      features.set(name, integerOf(level, 'max_version_level', this.path));
    }
    return { version, status: status === 1 ? 'enabled' : 'disabled', features };
  },
};

export const ConsumersZNode = { path: '/consumers' };

/** What a broker makes sure of before anything else, in this order (ZkData.PersistentZkPaths). All without data. */
export const PERSISTENT_PATHS: readonly string[] = [
  ConsumersZNode.path,
  BrokerIdsZNode.path,
  TopicsZNode.path,
  ConfigEntityChangeNotificationZNode.path,
  DeleteTopicsZNode.path,
  BrokerSequenceIdZNode.path,
  IsrChangeNotificationZNode.path,
  ProducerIdBlockZNode.path,
  LogDirEventNotificationZNode.path,
  ConfigEntityTypeZNode.path('topics'),
  ConfigEntityTypeZNode.path('clients'),
  ConfigEntityTypeZNode.path('users'),
  ConfigEntityTypeZNode.path('brokers'),
  ConfigEntityTypeZNode.path('ips'),
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
