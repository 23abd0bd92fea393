import type { Partition, TopicSummary } from '../api';
import type { BrokerLogs } from './log-dirs';
import type { Offsets } from './offsets';
import { isOffline, isUnderReplicated, type TopicState } from './topology';

/** What is known of logs: offsets by their leaders, sizes by each broker (null: it could not be asked). */
export interface LogFacts {
  readonly starts: Offsets;
  readonly ends: Offsets;
  readonly logs: ReadonlyMap<number, BrokerLogs | null>;
}

/** A sum of which no part may be missing: then it is null. */
class Sum {
  value: number | null = 0;

  add(part: number | undefined): void {
    this.value = part === undefined || this.value === null ? null : this.value + part;
  }
}

export function topicSummary(topic: TopicState, { starts, ends, logs }: LogFacts): TopicSummary {
  const { name, topicId, isInternal, partitions } = topic;
  const [records, endOffsets, bytes] = [new Sum(), new Sum(), new Sum()];
  const [startOf, endOf] = [starts.get(name), ends.get(name)];
  for (const { partition, leader } of partitions) {
    // That it is offline is said; the others' numbers are worth having.
    if (leader < 0) continue;
    const [start, end] = [startOf?.get(partition), endOf?.get(partition)];
    endOffsets.add(end);
    records.add(start === undefined || end === undefined ? undefined : Math.max(0, end - start));
    bytes.add(logs.get(leader)?.replicas.get(name)?.get(partition)?.bytes);
  }
  return {
    name,
    topicId,
    isInternal,
    partitions: partitions.length,
    replicationFactor: Math.max(0, ...partitions.map(({ replicas }) => replicas.length)),
    underReplicated: partitions.filter(isUnderReplicated).length,
    offline: partitions.filter(isOffline).length,
    records: records.value,
    endOffsets: endOffsets.value,
    bytes: bytes.value,
  };
}

export function partitionList(
  { name, partitions }: TopicState,
  { starts, ends, logs }: LogFacts,
  alive: ReadonlySet<number>,
): Partition[] {
  return partitions.map(({ partition, leader, leaderEpoch, replicas, isr, offline }) => {
    const sizes = replicas.map((id) => [id, logs.get(id)?.replicas.get(name)?.get(partition)?.bytes] as const);
    return {
      partition,
      leader,
      leaderEpoch,
      replicas,
      isr,
      offline: replicas.filter((id) => !alive.has(id) || offline.includes(id)),
      startOffset: starts.get(name)?.get(partition) ?? null,
      endOffset: ends.get(name)?.get(partition) ?? null,
      bytes: Object.fromEntries(sizes.filter((entry): entry is [number, number] => entry[1] !== undefined)),
    };
  });
}
