import { kafkaException, ToolError } from '../../tool-error';
import type { TopicPartition } from '../partitions';
import type { MemberSubscription } from './member-protocol';
import { cooperativeStickyAssignor, stickyAssignor } from './sticky';

/** A member as an assignor sees it. */
export interface GroupMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly subscription: MemberSubscription;
}

export type Assignments = ReadonlyMap<string, readonly TopicPartition[]>;

/** Divides partitions among the members of a group (ConsumerPartitionAssignor). */
export interface Assignor {
  /** Its name among the members. */
  readonly name: string;
  /** Members keep what they own until another is to have it (KIP-429). */
  readonly isCooperative: boolean;
  /** What a member tells the next leader. @param assigned what it got last; undefined before its first share */
  userData(assigned: readonly TopicPartition[] | undefined, generationId: number): Buffer | null;
  /** @param partitionCounts of every topic that exists among those subscribed to */
  assign(members: readonly GroupMember[], partitionCounts: ReadonlyMap<string, number>): Assignments;
}

/** Static members come first, by instance id; others follow by member id (AbstractPartitionAssignor.MemberInfo). */
function byMemberInfo(a: GroupMember, b: GroupMember): number {
  if (a.groupInstanceId !== null && b.groupInstanceId !== null) {
    return a.groupInstanceId < b.groupInstanceId ? -1 : 1;
  }
  if (a.groupInstanceId !== null) return -1;
  if (b.groupInstanceId !== null) return 1;
  return a.memberId < b.memberId ? -1 : 1;
}

const emptyFor = (members: readonly GroupMember[]): Map<string, TopicPartition[]> =>
  new Map(members.map(({ memberId }) => [memberId, []]));

/** Topic by topic: consecutive ranges, the first members get one more where it does not come out even. */
function assignRanges(members: readonly GroupMember[], partitionCounts: ReadonlyMap<string, number>): Assignments {
  const assignments = emptyFor(members);
  const ordered = [...members].sort(byMemberInfo);
  for (const [topic, count] of partitionCounts) {
    const subscribed = ordered.filter(({ subscription }) => subscription.topics.includes(topic));
    let next = 0;
    for (const [index, { memberId }] of subscribed.entries()) {
      const size = Math.floor(count / subscribed.length) + (index < count % subscribed.length ? 1 : 0);
      const end = next + size;
      for (; next < end; next++) assignments.get(memberId)!.push({ topic, partition: next });
    }
  }
  return assignments;
}

/** All partitions in order, one member after the other; who is not subscribed is passed over. */
function assignInTurn(members: readonly GroupMember[], partitionCounts: ReadonlyMap<string, number>): Assignments {
  const assignments = emptyFor(members);
  const ordered = [...members].sort(byMemberInfo);
  let turn = 0;
  for (const topic of [...partitionCounts.keys()].sort()) {
    if (!ordered.some(({ subscription }) => subscription.topics.includes(topic))) continue;
    for (let partition = 0; partition < partitionCounts.get(topic)!; partition++) {
      while (!ordered[turn % ordered.length]!.subscription.topics.includes(topic)) turn++;
      assignments.get(ordered[turn++ % ordered.length]!.memberId)!.push({ topic, partition });
    }
  }
  return assignments;
}

const range: Assignor = { name: 'range', isCooperative: false, userData: () => null, assign: assignRanges };
const roundRobin: Assignor = { name: 'roundrobin', isCooperative: false, userData: () => null, assign: assignInTurn };

const PACKAGE = 'org.apache.kafka.clients.consumer.';

/** The values of partition.assignment.strategy: class names of Java's. */
const ASSIGNORS: Readonly<Record<string, Assignor>> = {
  [`${PACKAGE}RangeAssignor`]: range,
  [`${PACKAGE}RoundRobinAssignor`]: roundRobin,
  [`${PACKAGE}StickyAssignor`]: stickyAssignor,
  [`${PACKAGE}CooperativeStickyAssignor`]: cooperativeStickyAssignor,
};

/** The assignors of a partition.assignment.strategy. Throws `ToolError` where a class is none of Kafka's. */
export function assignorsOf(classNames: readonly string[]): Assignor[] {
  return classNames.map((className) => {
    const assignor = Object.hasOwn(ASSIGNORS, className) ? ASSIGNORS[className] : undefined;
    if (assignor) return assignor;
    const cause = new ToolError('java.lang.ClassNotFoundException', className);
    const unknown = kafkaException(`${className} ClassNotFoundException exception occurred`, cause);
    throw kafkaException('Failed to construct kafka consumer', unknown);
  });
}
