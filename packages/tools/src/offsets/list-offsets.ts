import { errorName } from '@odradek/protocol/errors';
import { ListOffsets } from '@odradek/protocol/messages/list-offsets';
import type { Admin, Call } from '../client/admin';
import { DisconnectError } from '../client/connection';
import { type Leaders, partitionText, type TopicPartition, toTopics } from '../client/partitions';
import { ServerError, type ToolError } from '../tool-error';

/** Special timestamps of ListOffsets (org.apache.kafka.common.requests.ListOffsetsRequest). */
export const LATEST = -1;
export const EARLIEST = -2;
export const MAX_TIMESTAMP = -3;
export const EARLIEST_LOCAL = -4;
export const LATEST_TIERED = -5;

const HANDLER = 'org.apache.kafka.clients.admin.internals.ListOffsetsHandler';

/** The first version of ListOffsets that knows a special timestamp. */
const MINIMUM_VERSION: Readonly<Record<number, number>> = {
  [MAX_TIMESTAMP]: 7,
  [EARLIEST_LOCAL]: 8,
  [LATEST_TIERED]: 9,
};

export type OffsetResult = { readonly offset: number; readonly leaderEpoch: number } | { readonly error: ToolError };

/** The offset of each partition at a timestamp, from its leader; leaders that moved are looked up again. */
export async function listOffsets(
  admin: Admin,
  partitions: readonly TopicPartition[],
  timestamp: number,
  findLeaders: (call: Call, partitions: readonly TopicPartition[]) => Promise<Leaders>,
): Promise<Map<TopicPartition, OffsetResult>> {
  const results = new Map<TopicPartition, OffsetResult>();
  await admin.call('listOffsets', async (call) => {
    const wanted = partitions.filter((partition) => !results.has(partition));
    const leaders = await findLeaders(call, wanted);
    for (const [partition, error] of leaders.failed) results.set(partition, { error });
    call.stage = 'LIST_OFFSETS';
    let retry: ToolError | undefined;
    const asked = [...leaders.byNode].map(async ([nodeId, group]) => {
      try {
        await askLeader(admin, call, nodeId, group, timestamp, results);
      } catch (thrown) {
        if (!(thrown instanceof DisconnectError)) throw thrown;
        retry = thrown;
      }
    });
    await Promise.all(asked);
    retry ??= partitions.some((partition) => !results.has(partition))
      ? new ServerError('NOT_LEADER_OR_FOLLOWER')
      : undefined;
    if (retry) throw retry;
  });
  return results;
}

async function askLeader(
  admin: Admin,
  call: Call,
  nodeId: number,
  partitions: readonly TopicPartition[],
  timestamp: number,
  results: Map<TopicPartition, OffsetResult>,
): Promise<void> {
  const connection = await admin.client.connectTo(nodeId);
  const version = connection.versionFor(ListOffsets) ?? -1;
  if (version < (MINIMUM_VERSION[timestamp] ?? 0)) {
    for (const partition of partitions) results.set(partition, { error: unsupported(nodeId, timestamp) });
    return;
  }
  const topics = toTopics(partitions).map(({ topic, partitions: indexes }) => ({
    name: topic,
    partitions: indexes.map((partitionIndex) => ({ partitionIndex, timestamp })),
  }));
  const response = await admin.toBroker(call, nodeId, ListOffsets, { replicaId: -1, isolationLevel: 0, topics });
  for (const { name, partitions: answers } of response.topics) {
    for (const { partitionIndex, errorCode, offset, leaderEpoch } of answers) {
      const partition = partitions.find((each) => each.topic === name && each.partition === partitionIndex);
      if (!partition) continue;
      if (errorCode === 0) {
        results.set(partition, { offset, leaderEpoch });
        continue;
      }
      const error = new ServerError(errorName(errorCode));
      if (error.retriable) continue;
      tellUnexpected(admin, partition, error);
      results.set(partition, { error });
    }
  }
}

function tellUnexpected({ client }: Admin, partition: TopicPartition, { error }: ServerError): void {
  const { log, logPrefix } = client.options;
  const what = `ListOffsets request for topic partition ${partitionText(partition)} failed due to an unexpected error`;
  log('ERROR', `${logPrefix}${what} ${error}`, HANDLER);
}

function unsupported(nodeId: number, timestamp: number): ToolError {
  const what = `OffsetSpec with timestamp ${timestamp}`;
  return new ServerError('UNSUPPORTED_VERSION', `Broker ${nodeId} does not support ${what} offset spec`);
}
