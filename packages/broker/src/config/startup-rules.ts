import type { BrokerConfig } from './broker-config';
import { parseCsvList, parseCsvMap } from './endpoint';
import { ConfigException, demand } from './errors';
import { highestRecordFormat, parseMetadataVersion, versionAtLeast } from './metadata-version';

/**
 * The rules between settings that a broker checks at its start (KafkaConfig.validateValues), in Apache's order.
 * @throws ConfigException for the first that is broken
 */
export function validateBroker(config: BrokerConfig): void {
  validateIds(config);
  validateLogs(config);
  validateReplication(config);
  validateListeners(config);
  validateVersions(config);
  validateOffsets(config);
  validateSasl(config);
  validateConnections(config);
  validateGroupProtocols(config);
}

function validateIds({ values, originals }: BrokerConfig): void {
  const { nodeId, brokerId, reservedBrokerMaxId } = values;
  if (values.processRoles.length > 0)
    throw new ConfigException(
      'process.roles selects KRaft mode.',
      ['process.roles'],
      'This broker runs with ZooKeeper: take process.roles out and set zookeeper.connect.',
    );
  if (nodeId !== brokerId)
    throw new ConfigException(
      'You must set `node.id` to the same value as `broker.id`.',
      ['node.id', 'broker.id'],
      'Leave node.id out: it follows broker.id.',
    );
  if (!originals.has('zookeeper.connect'))
    throw new ConfigException(
      'Missing required configuration `zookeeper.connect` which has no default value.',
      ['zookeeper.connect'],
      "Add ZooKeeper's address, for example zookeeper.connect=localhost:2181.",
    );
  if (values.brokerIdGenerationEnable)
    demand(
      brokerId >= -1 && brokerId <= reservedBrokerMaxId,
      'broker.id must be greater than or equal to -1 and not greater than reserved.broker.max.id',
      ['broker.id', 'reserved.broker.max.id'],
      `Use an id from 0 to ${reservedBrokerMaxId}, or raise reserved.broker.max.id; -1 lets ZooKeeper choose one above it.`,
    );
  else
    demand(
      brokerId >= 0,
      'broker.id must be greater than or equal to 0',
      ['broker.id', 'broker.id.generation.enable'],
      'Set broker.id, or leave broker.id.generation.enable at true.',
    );
}

function validateLogs({ values, effective }: BrokerConfig): void {
  demand(effective.logRollMs >= 1, 'log.roll.ms must be greater than or equal to 1', ['log.roll.ms']);
  demand(effective.logRollJitterMs >= 0, 'log.roll.jitter.ms must be greater than or equal to 0', [
    'log.roll.jitter.ms',
  ]);
  demand(
    effective.logRetentionMs >= 1 || effective.logRetentionMs === -1,
    'log.retention.ms must be unlimited (-1) or, greater than or equal to 1',
    ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'],
    'Use -1 to keep everything.',
  );
  demand(effective.logDirs.length > 0, 'At least one log directory must be defined via log.dirs or log.dir.', [
    'log.dirs',
    'log.dir',
  ]);
  const cleanerKeys = ['log.cleaner.threads', 'log.cleaner.dedupe.buffer.size'];
  if (values.logCleanerThreads === 0)
    throw new ConfigException('/ by zero', cleanerKeys, 'log.cleaner.threads must be at least 1.');
  demand(
    Math.trunc(values.logCleanerDedupeBufferSize / values.logCleanerThreads) > 1024 * 1024,
    'log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.',
    cleanerKeys,
  );
}

function validateReplication({ values }: BrokerConfig): void {
  const { replicaFetchWaitMaxMs, replicaSocketTimeoutMs, replicaLagTimeMaxMs } = values;
  demand(
    replicaFetchWaitMaxMs <= replicaSocketTimeoutMs,
    'replica.socket.timeout.ms should always be at least replica.fetch.wait.max.ms to prevent unnecessary socket timeouts',
    ['replica.fetch.wait.max.ms', 'replica.socket.timeout.ms'],
  );
  demand(
    replicaFetchWaitMaxMs <= replicaLagTimeMaxMs,
    'replica.fetch.wait.max.ms should always be less than or equal to replica.lag.time.max.ms to prevent frequent changes in ISR',
    ['replica.fetch.wait.max.ms', 'replica.lag.time.max.ms'],
  );
}

function validateListeners(config: BrokerConfig): void {
  const { values, listeners, advertisedListeners, interBrokerListenerName, controlPlaneListenerName } = config;
  const controllerNames = parseCsvList(values.controllerListenerNames);
  demand(
    controllerNames.length === 0,
    `controller.listener.names must be empty when not running in KRaft mode: [${controllerNames.join(', ')}]`,
    ['controller.listener.names'],
    'Take the setting out: it belongs to KRaft.',
  );
  const names = listeners.map(({ listenerName }) => listenerName);
  const advertised = config.advertisedListenerNames;
  const valid = `The valid options based on currently configured listeners are ${advertised.join(',')}`;
  const listenerKeys = ['listeners', 'advertised.listeners'];
  demand(advertised.length > 0, 'There must be at least one broker advertised listener.', listenerKeys);
  demand(
    advertised.includes(interBrokerListenerName),
    `inter.broker.listener.name must be a listener name defined in advertised.listeners. ${valid}`,
    ['inter.broker.listener.name', 'security.inter.broker.protocol', ...listenerKeys],
    `Set inter.broker.listener.name to one of ${advertised.join(', ')}.`,
  );
  demand(
    advertised.every((name) => names.includes(name)),
    `advertised.listeners listener names must be equal to or a subset of the ones defined in listeners. Found ${advertised.join(',')}. The valid options based on the current configuration are ${names.join(',')}`,
    listenerKeys,
  );
  demand(
    !advertisedListeners.some(({ host }) => host === '0.0.0.0'),
    'advertised.listeners cannot use the nonroutable meta-address 0.0.0.0. Use a routable IP address.',
    listenerKeys,
    'Set advertised.listeners to the name by which clients reach this machine.',
  );
  if (controlPlaneListenerName !== null) {
    const key = 'control.plane.listener.name';
    demand(
      advertised.includes(controlPlaneListenerName),
      `${key} must be a listener name defined in advertised.listeners. ${valid}`,
      [key, ...listenerKeys],
    );
    demand(
      controlPlaneListenerName !== interBrokerListenerName,
      `${key}, when defined, should have a different value from the inter broker listener name. Currently they both have the value ListenerName(${interBrokerListenerName})`,
      [key, 'inter.broker.listener.name'],
    );
  }
  for (const name of parseCsvList(values.earlyStartListeners))
    if (!names.includes(name))
      throw new ConfigException(
        `early.start.listeners contains listener ${name}, but this is not contained in listeners or controller.listener.names`,
        ['early.start.listeners', 'listeners'],
      );
}

/** The message format must be one that the inter-broker protocol writes; from 3.0 on it is always the newest. */
function validateVersions({ values, metadataVersion }: BrokerConfig): void {
  if (versionAtLeast(metadataVersion, '3.0-IV1')) return;
  const format = highestRecordFormat(parseMetadataVersion(values.logMessageFormatVersion)!);
  const least = ['0.8.0', '0.10.0', '0.11.0'][format];
  demand(
    highestRecordFormat(metadataVersion) >= format,
    `log.message.format.version ${values.logMessageFormatVersion} can only be used when inter.broker.protocol.version is set to version ${least} or higher`,
    ['inter.broker.protocol.version', 'log.message.format.version'],
  );
}

const LAST_CODEC = 4;
const INT_MAX = 0x7fffffff;

function validateOffsets({ values }: BrokerConfig): void {
  const { offsetsTopicCompressionCodec, offsetsCommitRequiredAcks, offsetsTopicReplicationFactor } = values;
  const codecKey = 'offsets.topic.compression.codec';
  if (offsetsTopicCompressionCodec < 0 || offsetsTopicCompressionCodec > LAST_CODEC)
    throw new ConfigException(
      `Unknown compression type id: ${offsetsTopicCompressionCodec}`,
      [codecKey],
      'Use 0 (none), 1 (gzip), 2 (snappy), 3 (lz4) or 4 (zstd).',
    );
  if (offsetsCommitRequiredAcks < -1 || offsetsCommitRequiredAcks > offsetsTopicReplicationFactor)
    throw new ConfigException(
      'offsets.commit.required.acks must be greater or equal to -1 and less or equal to offsets.topic.replication.factor',
      ['offsets.commit.required.acks', 'offsets.topic.replication.factor'],
      'Leave the setting out.',
    );
}

function validateSasl(config: BrokerConfig): void {
  if (!config.interBrokerSecurityProtocol.startsWith('SASL_')) return;
  const enabled = config.forListener(config.interBrokerListenerName).saslEnabledMechanisms;
  demand(
    enabled.includes(config.values.saslMechanismInterBrokerProtocol),
    'sasl.mechanism.inter.broker.protocol must be included in sasl.enabled.mechanisms when SASL is used for inter-broker communication',
    ['sasl.mechanism.inter.broker.protocol', 'sasl.enabled.mechanisms'],
    `Enabled here: ${enabled.join(', ') || 'none'}.`,
  );
}

function validateConnections({ values, maxConnectionsPerIpOverrides }: BrokerConfig): void {
  const overridesKey = 'max.connections.per.ip.overrides';
  const { queuedMaxRequestBytes, socketRequestMaxBytes, connectionsMaxIdleMs } = values;
  demand(
    queuedMaxRequestBytes <= 0 || queuedMaxRequestBytes >= socketRequestMaxBytes,
    'queued.max.request.bytes must be larger or equal to socket.request.max.bytes',
    ['queued.max.request.bytes', 'socket.request.max.bytes'],
  );
  if (values.maxConnectionsPerIp === 0)
    demand(
      values.maxConnectionsPerIpOverrides !== '',
      'max.connections.per.ip can be set to zero only if max.connections.per.ip.overrides property is set.',
      ['max.connections.per.ip', overridesKey],
    );
  const invalid = [...maxConnectionsPerIpOverrides.keys()].filter((host) => !/^[0-9a-zA-Z\-%._:]*$/.test(host));
  if (invalid.length > 0)
    throw new ConfigException(`${overridesKey} contains invalid addresses : ${invalid.join(',')}`, [overridesKey]);
  const delayMs = values.connectionFailedAuthenticationDelayMs;
  if (connectionsMaxIdleMs >= 0)
    demand(
      delayMs < connectionsMaxIdleMs,
      `connection.failed.authentication.delay.ms=${delayMs} should always be less than connections.max.idle.ms=${connectionsMaxIdleMs} to prevent failed authentication responses from timing out`,
      ['connection.failed.authentication.delay.ms', 'connections.max.idle.ms'],
    );
}

function validateGroupProtocols({ values }: BrokerConfig): void {
  const key = 'group.coordinator.rebalance.protocols';
  const protocols = values.groupCoordinatorRebalanceProtocols;
  if (!protocols.includes('classic'))
    throw new ConfigException("Disabling the 'classic' protocol is not supported.", [key]);
  if (protocols.includes('consumer'))
    throw new ConfigException(
      "The new 'consumer' rebalance protocol is only supported in KRaft cluster.",
      [key],
      'Set it to classic.',
    );
}

/** `max.connections.per.ip.overrides`: host → connections allowed from it. */
export function parseConnectionOverrides(text: string): Map<string, number> {
  const key = 'max.connections.per.ip.overrides';
  const overrides = new Map<string, number>();
  for (const [host, limit] of parseCsvMap(key, text)) {
    const connections = /^[+-]?\d+$/.test(limit) ? Number(limit) : Number.NaN;
    if (!(Math.abs(connections) <= INT_MAX))
      throw new ConfigException(`For input string: "${limit}"`, [key], 'Write host:number for each item.');
    overrides.set(host, connections);
  }
  return overrides;
}
