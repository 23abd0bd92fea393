import { KafkaError } from '@odradek/protocol/errors';
import type { Random } from '../env/random';

/** A live broker as replica assignment sees it. */
export interface AssignableBroker {
  readonly id: number;
  readonly rack: string | null;
}

/** Replicas by partition; the first of each list is the preferred leader. */
export type Assignment = Map<number, number[]>;

export interface AssignmentRequest {
  readonly brokers: readonly AssignableBroker[];
  readonly partitions: number;
  readonly replicationFactor: number;
  /** -1 for a random one. For added partitions: the index of partition 0's first replica. */
  readonly fixedStartIndex?: number;
  /** The number of the first partition to assign; those before it exist already. */
  readonly startPartition?: number;
}

/**
 * The most partitions that one request may ask for. A topic's assignment is one znode, which by default must stay below
 * 1 MB (jute.maxbuffer): more than this never fits, and must not keep the event loop busy before it fails.
 */
export const MAX_PARTITIONS_PER_REQUEST = 100_000;

function checkCounts({ brokers, partitions, replicationFactor }: AssignmentRequest): void {
  if (partitions <= 0) {
    throw new KafkaError('INVALID_PARTITIONS', 'Number of partitions must be larger than 0.');
  }
  if (partitions > MAX_PARTITIONS_PER_REQUEST) {
    throw new KafkaError(
      'INVALID_PARTITIONS',
      `${partitions} partitions are more than the ${MAX_PARTITIONS_PER_REQUEST} that one request may ask for.`,
    );
  }
  if (replicationFactor <= 0) {
    throw new KafkaError('INVALID_REPLICATION_FACTOR', 'Replication factor must be larger than 0.');
  }
  if (replicationFactor > brokers.length) {
    throw new KafkaError(
      'INVALID_REPLICATION_FACTOR',
      `Replication factor: ${replicationFactor} larger than available brokers: ${brokers.length}.`,
    );
  }
}

/** The index of the `follower`-th follower of a partition whose first replica has index `first`. */
function followerIndex(first: number, shift: number, follower: number, brokerCount: number): number {
  return (first + 1 + ((shift + follower) % (brokerCount - 1))) % brokerCount;
}

/**
 * Goes through the partitions round robin: `followersOf` names a partition's followers by the index of its leader among
 * `ids` and by how far followers are shifted, which is one more after every round.
 */
function roundRobin(
  { partitions, fixedStartIndex, startPartition }: AssignmentRequest,
  ids: readonly number[],
  random: Random,
  followersOf: (first: number, shift: number) => readonly number[],
): Assignment {
  const fixed = fixedStartIndex ?? -1;
  const start = fixed >= 0 ? fixed : random.below(ids.length);
  let partition = Math.max(0, startPartition ?? 0);
  let shift = fixed >= 0 ? fixed : random.below(ids.length);
  const assignment: Assignment = new Map();
  for (let count = 0; count < partitions; count++, partition++) {
    if (partition > 0 && partition % ids.length === 0) shift++;
    const first = (partition + start) % ids.length;
    assignment.set(partition, [ids[first]!, ...followersOf(first, shift)]);
  }
  return assignment;
}

function assignWithoutRacks(request: AssignmentRequest, random: Random): Assignment {
  const ids = request.brokers.map(({ id }) => id);
  return roundRobin(request, ids, random, (first, shift) =>
    Array.from(
      { length: request.replicationFactor - 1 },
      (_, follower) => ids[followerIndex(first, shift, follower, ids.length)]!,
    ),
  );
}

/** Broker ids taken from the racks in turn: 0 of rack a, 0 of rack b, …, 1 of rack a, … */
function alternateRacks(brokers: readonly AssignableBroker[]): number[] {
  const byRack = new Map<string, number[]>();
  for (const { id, rack } of [...brokers].sort((a, b) => a.id - b.id)) {
    byRack.set(rack!, [...(byRack.get(rack!) ?? []), id]);
  }
  const racks = [...byRack.keys()].sort().map((rack) => byRack.get(rack)!);
  const ordered: number[] = [];
  for (let round = 0; ordered.length < brokers.length; round++) {
    for (const ids of racks) if (round < ids.length) ordered.push(ids[round]!);
  }
  return ordered;
}

function assignOverRacks(request: AssignmentRequest, random: Random): Assignment {
  const rackOf = new Map(request.brokers.map(({ id, rack }) => [id, rack!]));
  const rackCount = new Set(rackOf.values()).size;
  const ids = alternateRacks(request.brokers);
  return roundRobin(request, ids, random, (first, shift) => {
    const followers: number[] = [];
    const racksUsed = new Set([rackOf.get(ids[first]!)!]);
    const brokersUsed = new Set([ids[first]!]);
    for (let candidate = 0; followers.length < request.replicationFactor - 1; candidate++) {
      const id = ids[followerIndex(first, shift * rackCount, candidate, ids.length)]!;
      const rack = rackOf.get(id)!;
      // A second replica in a rack only once every rack has one, a second on a broker only once every broker has one.
      if (racksUsed.has(rack) && racksUsed.size < rackCount) continue;
      if (brokersUsed.has(id) && brokersUsed.size < ids.length) continue;
      followers.push(id);
      racksUsed.add(rack);
      brokersUsed.add(id);
    }
    return followers;
  });
}

/**
 * Spreads replicas over brokers as Kafka does (AdminUtils.assignReplicasToBrokers): leaders round robin, followers
 * shifted so that a lost broker's load is shared; over racks as soon as brokers have them (KIP-36).
 * Throws `KafkaError` where the counts do not fit the brokers.
 */
export function assignReplicas(request: AssignmentRequest, random: Random): Assignment {
  checkCounts(request);
  const withRack = request.brokers.filter(({ rack }) => rack !== null).length;
  if (withRack === 0) return assignWithoutRacks(request, random);
  if (withRack < request.brokers.length) {
    // Kafka's AdminOperationException has no code of its own on the wire.
    throw new KafkaError(
      'UNKNOWN_SERVER_ERROR',
      'Not all brokers have rack information for replica rack aware assignment.',
    );
  }
  return assignOverRacks(request, random);
}

/** The assignment of partitions added to a topic that has `existing` (AdminZkClient.createNewPartitionsAssignment). */
export function assignAddedPartitions(
  existing: ReadonlyMap<number, readonly number[]>,
  brokers: readonly AssignableBroker[],
  added: number,
  random: Random,
): Assignment {
  const first = existing.get(0) ?? [];
  const startIndex = Math.max(
    0,
    brokers.findIndex(({ id }) => id >= (first[0] ?? 0)),
  );
  return assignReplicas(
    {
      brokers,
      partitions: added,
      replicationFactor: first.length,
      fixedStartIndex: startIndex,
      startPartition: existing.size,
    },
    random,
  );
}
