import { isDeepStrictEqual } from 'node:util';
import type { PeerConnection } from '@odradek/broker/cluster/peer-connection';
import { DeleteGroups } from '@odradek/protocol/messages/delete-groups';
import { DescribeGroups } from '@odradek/protocol/messages/describe-groups';
import { FindCoordinator } from '@odradek/protocol/messages/find-coordinator';
import { Heartbeat } from '@odradek/protocol/messages/heartbeat';
import { JoinGroup } from '@odradek/protocol/messages/join-group';
import { LeaveGroup } from '@odradek/protocol/messages/leave-group';
import { OffsetCommit } from '@odradek/protocol/messages/offset-commit';
import { OffsetFetch } from '@odradek/protocol/messages/offset-fetch';
import { SyncGroup } from '@odradek/protocol/messages/sync-group';
import { encodeToBuffer } from '@odradek/protocol/schema/codegen';
import { ConsumerProtocolSubscription } from '@odradek/protocol/stored/consumer-protocol';

const LIMIT = { timeoutMs: 20_000 };
/** Longer than a run. */
const SESSION_MS = 1_800_000;
const SIMPLE_GROUPS = 30;
const MEMBERS = 'members';
const GUESTS = 'guests';
const DOOMED = 'of-a-doomed-topic';
const NO_BYTES = Buffer.alloc(0);

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Offset {
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly metadata: string;
}

/** Groups of all kinds that live through every change of brokers, and what must be known of them. */
export class GroupLoad {
  private peer: PeerConnection | null = null;
  /** By group, then `topic-partition`. */
  private readonly committed = new Map<string, Record<string, Offset>>();
  private member: { id: string; generation: number; assignment: Buffer } | null = null;
  private guestState: 'Empty' | 'Dead' = 'Dead';

  constructor(
    private readonly topic: string,
    private readonly doomedTopic: string,
  ) {}

  private get link(): PeerConnection {
    return this.peer!;
  }

  /** Waits until every group has a coordinator that knows it. */
  async open(peer: PeerConnection): Promise<void> {
    this.peer = peer;
    const groups = [...this.committed.keys(), MEMBERS, GUESTS];
    for (let left = 400; left > 0; left--) {
      const { coordinators } = await peer.send(FindCoordinator, 4, { keyType: 0, coordinatorKeys: groups }, LIMIT);
      const wanted = groups.map((groupId) => ({ groupId, topics: null }));
      const fetched = await peer.send(OffsetFetch, 8, { groups: wanted, requireStable: true }, LIMIT);
      if ([...coordinators, ...fetched.groups].every(({ errorCode }) => errorCode === 0)) return;
      await pause(50);
    }
    throw new Error('no coordinators after 20 s');
  }

  /** Changes something of everything. */
  async work(round: number): Promise<void> {
    for (let i = 0; i < SIMPLE_GROUPS; i++) {
      // Older versions know no epoch, and one of them a retention of its own.
      const version = [9, 8, 5, 3][i % 4]!;
      const leaderEpoch = version >= 6 ? round : -1;
      for (const partition of [0, 1]) {
        const offset = { offset: 1000 * round + i, leaderEpoch, metadata: i % 3 === 0 ? '' : `round ${round}, ä` };
        await this.commit(`simple-${i}`, this.topic, partition, offset, version);
      }
    }
    await this.commit(DOOMED, this.topic, 0, { offset: round, leaderEpoch: -1, metadata: '' }, 9);
    await this.commit(DOOMED, this.doomedTopic, 0, { offset: round, leaderEpoch: -1, metadata: '' }, 9);
    if (round % 2 === 0) await this.rebalance(round);
    await this.visit(round);
  }

  /** The doomed topic was deleted, and is there anew. */
  onTopicDeleted(): void {
    const known = this.committed.get(DOOMED);
    if (known) delete known[`${this.doomedTopic}-0`];
  }

  private async commit(groupId: string, topic: string, partition: number, offset: Offset, version: number) {
    const entry = {
      partitionIndex: partition,
      committedOffset: offset.offset,
      committedMetadata: offset.metadata,
      ...(version >= 6 && { committedLeaderEpoch: offset.leaderEpoch }),
    };
    const request = {
      groupId,
      memberId: '',
      ...(version === 3 && { retentionTimeMs: 86_400_000 }),
      topics: [{ name: topic, partitions: [entry] }],
    };
    const { topics } = await this.link.send(OffsetCommit, version, request, LIMIT);
    const { errorCode } = topics[0]!.partitions[0]!;
    if (errorCode !== 0) throw new Error(`OffsetCommit v${version} of ${groupId}: ${errorCode}`);
    const known = this.committed.get(groupId) ?? {};
    known[`${topic}-${partition}`] = offset;
    this.committed.set(groupId, known);
  }

  private async join(groupId: string, memberId: string, userData: string, groupInstanceId: string | null) {
    const request = joining(groupId, memberId, userData, groupInstanceId);
    const joined = await this.link.send(JoinGroup, 5, request, LIMIT);
    if (joined.errorCode !== 0) throw new Error(`JoinGroup ${groupId}: ${joined.errorCode}`);
    return { id: joined.memberId, generation: joined.generationId };
  }

  private async sync(
    groupId: string,
    member: { id: string; generation: number },
    groupInstanceId: string | null,
    assignment: Buffer,
  ) {
    const request = {
      groupId,
      generationId: member.generation,
      memberId: member.id,
      groupInstanceId,
      assignments: [{ memberId: member.id, assignment }],
    };
    const synced = await this.link.send(SyncGroup, 3, request, LIMIT);
    if (synced.errorCode !== 0) throw new Error(`SyncGroup ${groupId}: ${synced.errorCode}`);
  }

  /** The static member says something new: another generation. */
  private async rebalance(round: number): Promise<void> {
    const assignment = Buffer.from(`assigned in round ${round}`);
    const joined = await this.join(MEMBERS, this.member?.id ?? '', `metadata of round ${round}`, 'one');
    const expected = (this.member?.generation ?? 0) + 1;
    if (joined.generation !== expected) throw new Error(`generation ${joined.generation}, not ${expected}`);
    await this.sync(MEMBERS, joined, 'one', assignment);
    this.member = { ...joined, assignment };
  }

  /** A group that is sometimes empty and sometimes deleted. */
  private async visit(round: number): Promise<void> {
    // KIP-394: who has no id gets one first.
    const { memberId } = await this.link.send(JoinGroup, 5, joining(GUESTS, '', 'guest', null), LIMIT);
    const member = await this.join(GUESTS, memberId, 'guest', null);
    await this.sync(GUESTS, member, null, NO_BYTES);
    const leaving = { groupId: GUESTS, members: [{ memberId: member.id, groupInstanceId: null }] };
    const left = await this.link.send(LeaveGroup, 3, leaving, LIMIT);
    if (left.errorCode !== 0) throw new Error(`LeaveGroup: ${left.errorCode}`);
    this.guestState = 'Empty';
    // Without an offset it would be gone with the next topic that is deleted.
    await this.commit(GUESTS, this.topic, 0, { offset: round, leaderEpoch: -1, metadata: '' }, 9);
    if (round % 3 !== 2) return;
    const { results } = await this.link.send(DeleteGroups, 2, { groupsNames: [GUESTS] }, LIMIT);
    if (results[0]!.errorCode !== 0) throw new Error(`DeleteGroups: ${results[0]!.errorCode}`);
    this.guestState = 'Dead';
    this.committed.delete(GUESTS);
  }

  /** Throws the first difference. Returns how many offsets were compared. */
  async verify(): Promise<number> {
    let compared = 0;
    for (const [groupId, known] of this.committed) {
      const found = await this.fetch(groupId);
      if (!isDeepStrictEqual(found, sorted(known))) {
        throw new Error(`${groupId}: ${JSON.stringify(found)} instead of ${JSON.stringify(sorted(known))}`);
      }
      compared += Object.keys(known).length;
    }
    if (this.member) await this.verifyMember(this.member);
    const state = (await this.describe(GUESTS)).groupState;
    if (state !== this.guestState) throw new Error(`${GUESTS} is ${state}, not ${this.guestState}`);
    return compared;
  }

  private async verifyMember({ id, generation, assignment }: NonNullable<typeof this.member>): Promise<void> {
    const beat = { groupId: MEMBERS, generationId: generation, memberId: id, groupInstanceId: 'one' };
    const { errorCode } = await this.link.send(Heartbeat, 4, beat, LIMIT);
    if (errorCode !== 0) throw new Error(`Heartbeat in generation ${generation}: ${errorCode}`);
    const { groupState, members } = await this.describe(MEMBERS);
    const isRight = groupState === 'Stable' && members.length === 1 && members[0]!.memberAssignment.equals(assignment);
    if (!isRight) throw new Error(`${MEMBERS}: ${groupState}, ${members.length} members`);
  }

  private async describe(groupId: string) {
    const { groups } = await this.link.send(DescribeGroups, 5, { groups: [groupId] }, LIMIT);
    return groups[0]!;
  }

  private async fetch(groupId: string): Promise<Record<string, Offset>> {
    const request = { groups: [{ groupId, topics: null }], requireStable: true };
    const { groups } = await this.link.send(OffsetFetch, 8, request, LIMIT);
    const { errorCode, topics } = groups[0]!;
    if (errorCode !== 0) throw new Error(`OffsetFetch of ${groupId}: ${errorCode}`);
    const found: Record<string, Offset> = {};
    for (const { name, partitions } of topics) {
      for (const { partitionIndex, committedOffset, committedLeaderEpoch, metadata } of partitions) {
        found[`${name}-${partitionIndex}`] = {
          offset: committedOffset,
          leaderEpoch: committedLeaderEpoch,
          metadata: metadata ?? '',
        };
      }
    }
    return sorted(found);
  }
}

const sorted = (offsets: Readonly<Record<string, Offset>>): Record<string, Offset> =>
  Object.fromEntries(Object.entries(offsets).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Apache's broker falls silent over metadata of consumers that is none. */
function subscription(userData: string): Buffer {
  const version = Buffer.alloc(2);
  const value = { topics: ['plain'], userData: Buffer.from(userData), ownedPartitions: [] };
  return Buffer.concat([version, encodeToBuffer(ConsumerProtocolSubscription.codec(0), value)]);
}

const joining = (groupId: string, memberId: string, userData: string, groupInstanceId: string | null) => ({
  groupId,
  memberId,
  groupInstanceId,
  sessionTimeoutMs: SESSION_MS,
  rebalanceTimeoutMs: SESSION_MS,
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: subscription(userData) }],
});
