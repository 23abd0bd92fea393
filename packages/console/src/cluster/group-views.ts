import type { GroupDetails, GroupOffset, GroupSummary, TopicGroup } from '../api';
import type { GroupFacts } from './groups';
import type { Offsets } from './offsets';
import type { Topology } from './topology';

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** What lag is reckoned from. */
export interface Ends {
  readonly topology: Topology;
  readonly ends: Offsets;
}

/** Never below 0: the end was asked for before or after the commit. */
const lagOf = (end: number | undefined, committed: number): number | null =>
  end === undefined ? null : Math.max(0, end - committed);

/** Of partitions that are there; null where there are none, or where the end of one is not known: a part is no lag. */
function totalLag({ committed }: GroupFacts, { topology, ends }: Ends, only?: string): number | null {
  let total: number | null = null;
  for (const [topic, partitions] of committed) {
    const count = topology.topics.get(topic)?.partitions.length ?? 0;
    if (only !== undefined && topic !== only) continue;
    const ofTopic = ends.get(topic);
    for (const [partition, { offset }] of partitions) {
      if (partition >= count) continue;
      const lag = lagOf(ofTopic?.get(partition), offset);
      if (lag === null) return null;
      total = (total ?? 0) + lag;
    }
  }
  return total;
}

function topicsOf({ committed, members }: GroupFacts): string[] {
  const topics = new Set([...committed].filter(([, partitions]) => partitions.size > 0).map(([topic]) => topic));
  for (const { assignment } of members) for (const { topic } of assignment) topics.add(topic);
  return [...topics].sort(byText);
}

export const summaryOf = (facts: GroupFacts, ends: Ends): GroupSummary => ({
  groupId: facts.groupId,
  state: facts.state,
  protocolType: facts.protocolType,
  protocol: facts.protocol,
  coordinator: facts.coordinator,
  members: facts.members.length,
  topics: topicsOf(facts),
  lag: totalLag(facts, ends),
  lastRebalance: facts.lastRebalance,
  error: facts.error,
});

export const detailsOf = (facts: GroupFacts, ends: Ends): GroupDetails => ({
  ...summaryOf(facts, ends),
  memberList: facts.members,
  offsets: offsetsOf(facts, ends.ends),
});

function offsetsOf(facts: GroupFacts, ends: Offsets): GroupOffset[] {
  const readers = new Map<string, Map<number, string>>();
  for (const { memberId, assignment } of facts.members) {
    for (const { topic, partitions } of assignment) {
      const ofTopic = readers.get(topic) ?? new Map<number, string>();
      readers.set(topic, ofTopic);
      for (const partition of partitions) ofTopic.set(partition, memberId);
    }
  }
  return topicsOf(facts).flatMap((topic) => {
    const committed = facts.committed.get(topic);
    const reading = readers.get(topic);
    const partitions = new Set([...(committed?.keys() ?? []), ...(reading?.keys() ?? [])]);
    return [...partitions]
      .sort((a, b) => a - b)
      .map((partition): GroupOffset => {
        const at = committed?.get(partition);
        const end = ends.get(topic)?.get(partition);
        return {
          topic,
          partition,
          committed: at?.offset ?? null,
          end: end ?? null,
          lag: at ? lagOf(end, at.offset) : null,
          memberId: reading?.get(partition) ?? null,
          metadata: at?.metadata ?? '',
        };
      });
  });
}

/** The groups that have to do with a topic. */
export const groupsOfTopic = (groups: readonly GroupFacts[], topic: string, ends: Ends): TopicGroup[] =>
  groups
    .map((facts) => ({
      facts,
      members: facts.members.filter(({ assignment }) => assignment.some((each) => each.topic === topic)).length,
    }))
    .filter(({ facts, members }) => members > 0 || (facts.committed.get(topic)?.size ?? 0) > 0)
    .map(({ facts, members }) => ({
      groupId: facts.groupId,
      state: facts.state,
      lag: totalLag(facts, ends, topic),
      members,
    }))
    .sort((a, b) => byText(a.groupId, b.groupId));
