import { ZERO_UUID } from '@odradek/protocol/wire/uuid';
import { BASE_TIME_MS } from './records';

/** A field that is truly different on two clusters, and what of it must still be the same. */
interface Mask {
  readonly api: string;
  /** The field's path, indexes left out: `topics.topicId`. */
  readonly path: string;
  readonly same: (value: unknown) => unknown;
}

const randomId = (value: unknown) => (value === ZERO_UUID || value === null ? value : 'an id');
const natural = (value: unknown) => ((value as number) >= 0 ? 'a number' : value);
const timestamp = (value: unknown) => ((value as number) > 0 ? 'a time' : value);
const inOrder = (value: unknown) => (Array.isArray(value) ? [...value].sort() : value);
/** Records here bear times that lie well in the past: later ones are those of markers. */
const ownTime = (value: unknown) => ((value as number) > BASE_TIME_MS + 1_000_000_000 ? 'now' : value);
const port = (value: unknown) => ((value as number) > 0 ? 'a port' : value);

/** Bounds of timestamps that are counted from now. */
const withoutWindow = (value: unknown) =>
  typeof value === 'string'
    ? value.replace(/should be within \[(-?)\d+, (-?)\d+\]/, 'should be within [$1now, $2now]')
    : value;

/** Folders, ports and chroots of the two sides. */
const ownPlace = (value: unknown) =>
  typeof value === 'string'
    ? value
        .replace(/\/[^, ]*odradek-interop-[^/]*\/(ours--|apache)/g, 'a folder')
        .replace(/127\.0\.0\.1:\d+(\/(ours--|ours|apache))?/g, 'an address')
    : value;

const randomMember = (value: unknown) =>
  typeof value === 'string' ? value.replace(/-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, '-random') : value;

/** THE LIST of what may differ. Everything else may not. */
const MASKS: readonly Mask[] = [
  { api: 'Metadata', path: 'clusterId', same: randomId },
  { api: 'Metadata', path: 'brokers.port', same: port },
  { api: 'Metadata', path: 'topics.topicId', same: randomId },
  { api: 'DescribeCluster', path: 'clusterId', same: randomId },
  { api: 'DescribeCluster', path: 'brokers.port', same: port },
  { api: 'Produce', path: 'nodeEndpoints.port', same: port },
  { api: 'Produce', path: 'responses.partitionResponses.logAppendTimeMs', same: natural },
  { api: 'Produce', path: 'responses.partitionResponses.errorMessage', same: withoutWindow },
  { api: 'Produce', path: 'responses.partitionResponses.recordErrors.batchIndexErrorMessage', same: withoutWindow },
  { api: 'Fetch', path: 'nodeEndpoints.port', same: port },
  { api: 'Fetch', path: 'sessionId', same: (value) => (value === 0 ? 0 : 'a session') },
  { api: 'Fetch', path: 'responses.topicId', same: randomId },
  { api: 'CreateTopics', path: 'topics.topicId', same: randomId },
  { api: 'DeleteTopics', path: 'responses.topicId', same: randomId },
  { api: 'FindCoordinator', path: 'port', same: port },
  { api: 'FindCoordinator', path: 'coordinators.port', same: port },
  { api: 'JoinGroup', path: 'memberId', same: randomMember },
  { api: 'JoinGroup', path: 'leader', same: randomMember },
  { api: 'JoinGroup', path: 'members.memberId', same: randomMember },
  { api: 'LeaveGroup', path: 'members.memberId', same: randomMember },
  { api: 'DescribeGroups', path: 'groups.members.memberId', same: randomMember },
  { api: 'ListOffsets', path: 'topics.partitions.timestamp', same: ownTime },
  { api: 'LeaderAndIsr', path: 'topics.topicId', same: randomId },
  { api: 'AlterPartition', path: 'topics.topicId', same: randomId },
  { api: 'InitProducerId', path: 'producerId', same: natural },
  { api: 'ListTransactions', path: 'transactionStates.producerId', same: natural },
  { api: 'DescribeTransactions', path: 'transactionStates.producerId', same: natural },
  { api: 'DescribeTransactions', path: 'transactionStates.transactionStartTimeMs', same: timestamp },
  // In the order of a hash set.
  { api: 'DescribeTransactions', path: 'transactionStates.topics.partitions', same: inOrder },
  { api: 'AllocateProducerIds', path: 'producerIdStart', same: natural },
  { api: 'DescribeConfigs', path: 'results.configs.value', same: ownPlace },
  { api: 'DescribeConfigs', path: 'results.configs.synonyms.value', same: ownPlace },
  // Our words are our own; where Kafka has some, we have.
  { api: 'DescribeConfigs', path: 'results.configs.documentation', same: (value) => (value ? 'some words' : value) },
  { api: 'DescribeLogDirs', path: 'results.logDir', same: () => 'a folder' },
  { api: 'DescribeLogDirs', path: 'results.totalBytes', same: natural },
  { api: 'DescribeLogDirs', path: 'results.usableBytes', same: natural },
];

/** Lists in the order of a Java hash map, which says nothing: compared sorted by these fields. */
const UNORDERED: Readonly<Record<string, readonly string[]>> = {
  'Metadata topics': ['name', 'errorCode'],
  'Metadata topics.partitions': ['partitionIndex'],
  'CreateTopics topics': ['name'],
  'ControlledShutdown remainingPartitions': ['topicName', 'partitionIndex'],
  'Produce responses': ['name'],
  'Produce responses.partitionResponses': ['index'],
  'DescribeLogDirs results.topics': ['name'],
  'DescribeLogDirs results.topics.partitions': ['partitionIndex'],
  'DescribeProducers topics.partitions.activeProducers': ['producerId'],
  'JoinGroup members': ['groupInstanceId', 'memberId', 'metadata'],
  'DescribeGroups groups.members': ['groupInstanceId', 'clientId', 'memberMetadata'],
  'ListGroups groups': ['groupId'],
  'OffsetCommit topics': ['name'],
  'OffsetCommit topics.partitions': ['partitionIndex'],
  'OffsetFetch topics': ['name'],
  'OffsetFetch topics.partitions': ['partitionIndex'],
  'OffsetFetch groups.topics': ['name'],
  'OffsetFetch groups.topics.partitions': ['partitionIndex'],
  'DeleteGroups results': ['groupId'],
  'DeleteRecords topics': ['name'],
  'DeleteRecords topics.partitions': ['partitionIndex'],
  'CreatePartitions results': ['name'],
  'CreateTopics topics.configs': ['name'],
  'ElectLeaders replicaElectionResults': ['topic'],
  'ElectLeaders replicaElectionResults.partitionResult': ['partitionId'],
  'ListPartitionReassignments topics': ['name'],
  'ListPartitionReassignments topics.partitions': ['partitionIndex'],
  'AlterReplicaLogDirs results': ['topicName'],
  'AlterReplicaLogDirs results.partitions': ['partitionIndex'],
  'AlterPartitionReassignments responses': ['name'],
  'AlterPartitionReassignments responses.partitions': ['partitionIndex'],
  'DescribeUserScramCredentials results': ['user'],
  'AlterUserScramCredentials results': ['user'],
  'UpdateFeatures results': ['feature'],
  'DescribeClientQuotas entries': ['entity'],
  'AlterClientQuotas entries': ['entity'],
  'DescribeConfigs results': ['resourceType', 'resourceName'],
  'DescribeConfigs results.configs': ['name'],
  'AddPartitionsToTxn resultsByTopicV3AndBelow': ['name'],
  'AddPartitionsToTxn resultsByTopicV3AndBelow.resultsByPartition': ['partitionIndex'],
  'AddPartitionsToTxn resultsByTransaction.topicResults': ['name'],
  'AddPartitionsToTxn resultsByTransaction.topicResults.resultsByPartition': ['partitionIndex'],
  'WriteTxnMarkers markers': ['producerId'],
  'WriteTxnMarkers markers.topics': ['name'],
  'WriteTxnMarkers markers.topics.partitions': ['partitionIndex'],
  'TxnOffsetCommit topics': ['name'],
  'TxnOffsetCommit topics.partitions': ['partitionIndex'],
  'DescribeTransactions transactionStates.topics': ['topic'],
  'ListTransactions transactionStates': ['transactionalId'],
  'AlterConfigs responses': ['resourceType', 'resourceName'],
  'IncrementalAlterConfigs responses': ['resourceType', 'resourceName'],
};

const masks = new Map(MASKS.map(({ api, path, same }) => [`${api} ${path}`, same]));

/** What of a field must be the same on both sides. */
export function masked(api: string, path: string, value: unknown): unknown {
  const same = masks.get(`${api} ${path}`);
  if (same) return same(value);
  const fields = UNORDERED[`${api} ${path}`];
  if (!fields || !Array.isArray(value)) return value;
  return sorted(value, fields, (field, inner) => masks.get(`${api} ${path}.${field}`)?.(inner) ?? inner);
}

function sorted(
  items: readonly Record<string, unknown>[],
  fields: readonly string[],
  same: (field: string, value: unknown) => unknown,
): unknown[] {
  const key = (item: Record<string, unknown>) => JSON.stringify(fields.map((field) => same(field, item[field])));
  return [...items].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
