import { partitionText, type TopicPartition, toTopics } from '../partitions';
import type { Assignments, Assignor, GroupMember } from './assignors';

/** What a member owned, and since when, as far as an assignor knows. */
interface Ownership {
  readonly partitions: readonly TopicPartition[];
  readonly generationId: number;
}

type OwnershipOf = (member: GroupMember) => Ownership;

/** A partition on its way: who it goes to. Members are those of the group that may have it. */
class Loads {
  private readonly assigned: Map<string, Map<string, TopicPartition>>;

  constructor(private readonly members: readonly GroupMember[]) {
    this.assigned = new Map(members.map(({ memberId }) => [memberId, new Map()]));
  }

  of = ({ memberId }: GroupMember): number => this.assigned.get(memberId)!.size;

  give({ memberId }: GroupMember, partition: TopicPartition): void {
    this.assigned.get(memberId)!.set(partitionText(partition), partition);
  }

  take({ memberId }: GroupMember, partition: TopicPartition): void {
    this.assigned.get(memberId)!.delete(partitionText(partition));
  }

  partitionsOf = ({ memberId }: GroupMember): Iterable<TopicPartition> => this.assigned.get(memberId)!.values();

  /** Of those who may have a partition of the topic, the one who has least. */
  least(topic: string): GroupMember | undefined {
    let best: GroupMember | undefined;
    for (const member of this.members) {
      if (!member.subscription.topics.includes(topic)) continue;
      if (!best || this.of(member) < this.of(best)) best = member;
    }
    return best;
  }

  result(): Assignments {
    return new Map([...this.assigned].map(([memberId, partitions]) => [memberId, [...partitions.values()]]));
  }
}

/**
 * Who keeps what: of several who claim a partition the one with the latest generation (KIP-341); what does not exist any
 * more, or is not subscribed to any more, nobody keeps.
 */
function owners(
  members: readonly GroupMember[],
  partitionCounts: ReadonlyMap<string, number>,
  ownershipOf: OwnershipOf,
): Map<string, GroupMember> {
  const kept = new Map<string, { member: GroupMember; generationId: number }>();
  for (const member of members) {
    const { partitions, generationId } = ownershipOf(member);
    for (const each of partitions) {
      if (each.partition >= (partitionCounts.get(each.topic) ?? 0)) continue;
      if (!member.subscription.topics.includes(each.topic)) continue;
      const other = kept.get(partitionText(each));
      if (!other || other.generationId < generationId) kept.set(partitionText(each), { member, generationId });
    }
  }
  return new Map([...kept].map(([text, { member }]) => [text, member]));
}

/** Moves partitions from whoever has most to whoever has least until no move makes it more even. */
function balance(loads: Loads, members: readonly GroupMember[]): void {
  for (;;) {
    const fullest = [...members].sort((a, b) => loads.of(b) - loads.of(a));
    const moved = fullest.some((from) => {
      for (const partition of loads.partitionsOf(from)) {
        const to = loads.least(partition.topic)!;
        if (loads.of(from) - loads.of(to) < 2) continue;
        loads.take(from, partition);
        loads.give(to, partition);
        return true;
      }
      return false;
    });
    if (!moved) return;
  }
}

/**
 * As even as subscriptions allow and, among such assignments, near the one before (KIP-54). Not partition for partition
 * what Java's AbstractStickyAssignor would choose: only the leader's choice counts, so members of both kinds agree.
 */
function assignSticky(
  members: readonly GroupMember[],
  partitionCounts: ReadonlyMap<string, number>,
  ownershipOf: OwnershipOf,
): Assignments {
  const loads = new Loads([...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1)));
  const kept = owners(members, partitionCounts, ownershipOf);
  const free: TopicPartition[] = [];
  for (const topic of [...partitionCounts.keys()].sort()) {
    for (let partition = 0; partition < partitionCounts.get(topic)!; partition++) {
      const owner = kept.get(partitionText({ topic, partition }));
      if (owner) loads.give(owner, { topic, partition });
      else free.push({ topic, partition });
    }
  }
  for (const partition of free) {
    const member = loads.least(partition.topic);
    if (member) loads.give(member, partition);
  }
  balance(loads, members);
  return loads.result();
}

/** StickyAssignor's user data: the partitions by topic, then, from version 1 on, the generation. */
function encodePrevious(owned: readonly TopicPartition[], generationId: number): Buffer {
  const chunks: Buffer[] = [];
  const int32 = (value: number): void => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value);
    chunks.push(bytes);
  };
  const topics = toTopics(owned);
  int32(topics.length);
  for (const { topic, partitions } of topics) {
    const name = Buffer.from(topic);
    const length = Buffer.alloc(2);
    length.writeInt16BE(name.length);
    chunks.push(length, name);
    int32(partitions.length);
    for (const partition of partitions) int32(partition);
  }
  int32(generationId);
  return Buffer.concat(chunks);
}

const NOTHING: Ownership = { partitions: [], generationId: -1 };

/** The reverse, for both versions; what cannot be read counts for nothing, as in Java. */
function decodePrevious(bytes: Buffer | null): Ownership {
  if (bytes === null) return NOTHING;
  const partitions: TopicPartition[] = [];
  let at = 0;
  const int32 = (): number => {
    at += 4;
    return bytes.readInt32BE(at - 4);
  };
  try {
    for (let topics = int32(); topics > 0; topics--) {
      const length = bytes.readInt16BE(at);
      const topic = bytes.toString('utf8', at + 2, at + 2 + length);
      at += 2 + length;
      for (let count = int32(); count > 0; count--) partitions.push({ topic, partition: int32() });
    }
    return { partitions, generationId: at < bytes.length ? int32() : -1 };
  } catch {
    return NOTHING;
  }
}

/** Its members own nothing while they join, so what they had is in the user data only. */
const toldOwnership = ({ subscription }: GroupMember): Ownership => decodePrevious(subscription.userData);

/** Eager: everybody gives up everything before each rebalance and is told what they had. */
export const stickyAssignor: Assignor = {
  name: 'sticky',
  isCooperative: false,
  userData: (assigned, generationId) => (assigned ? encodePrevious(assigned, generationId) : null),
  assign: (members, partitionCounts) => assignSticky(members, partitionCounts, toldOwnership),
};

/** The generation, where the member's subscription is too old to carry it. */
function generationOf({ subscription }: GroupMember): number {
  const { generationId, userData } = subscription;
  if (generationId >= 0) return generationId;
  return userData && userData.length >= 4 ? userData.readInt32BE() : generationId;
}

function generationData(generationId: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(generationId);
  return bytes;
}

const cooperativeOwnership = (member: GroupMember): Ownership => ({
  partitions: member.subscription.ownedPartitions,
  generationId: generationOf(member),
});

/**
 * In steps: a partition that changes hands is given to nobody first; its owner revokes it and makes everybody join
 * again, and then it has no owner (CooperativeStickyAssignor.adjustAssignment).
 */
export const cooperativeStickyAssignor: Assignor = {
  name: 'cooperative-sticky',
  isCooperative: true,
  userData: (_assigned, generationId) => generationData(generationId),
  assign: (members, partitionCounts) => {
    const target = assignSticky(members, partitionCounts, cooperativeOwnership);
    const kept = owners(members, partitionCounts, cooperativeOwnership);
    return new Map(
      [...target].map(([memberId, partitions]) => [
        memberId,
        partitions.filter((partition) => {
          const owner = kept.get(partitionText(partition));
          return owner === undefined || owner.memberId === memberId;
        }),
      ]),
    );
  },
};
