import type { GroupMetadata, JoinedMember } from './group-types';
import { type Member, type Members, metadataOf } from './members';

const NO_BYTES = Buffer.alloc(0);

/** What of a group goes into its record, besides its members. */
interface Generation {
  readonly members: Members;
  readonly generation: number;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly currentStateTimestamp: number | null;
}

/** The group's record with these assignments, as GroupMetadataManager.groupMetadataValue makes it. */
export function recordOf(group: Generation, assignmentOf: (member: Member) => Buffer | undefined): GroupMetadata {
  const { members, protocolName } = group;
  return {
    protocolType: group.protocolType ?? '',
    generation: group.generation,
    protocol: protocolName,
    leader: members.leaderId,
    currentStateTimestamp: group.currentStateTimestamp ?? -1,
    members: [...members.all()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeout: member.rebalanceTimeoutMs,
      sessionTimeout: member.sessionTimeoutMs,
      subscription: protocolName === null ? NO_BYTES : metadataOf(member, protocolName),
      assignment: assignmentOf(member) ?? NO_BYTES,
    })),
  };
}

/** The members that a record tells of: each with the one protocol that was chosen. */
export function membersOfRecord(value: GroupMetadata): Member[] {
  return value.members.map((member) => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    // Records of version 0 know one timeout.
    rebalanceTimeoutMs: member.rebalanceTimeout === -1 ? member.sessionTimeout : member.rebalanceTimeout,
    sessionTimeoutMs: member.sessionTimeout,
    protocols: [{ name: value.protocol ?? '', metadata: ownBytes(member.subscription) }],
    assignment: ownBytes(member.assignment),
    isNew: false,
    joinTicket: null,
    syncTicket: null,
    deadlineMs: null,
  }));
}

/** What the leader is told of the members, itself included. */
export const joinedMembers = (members: Members, protocolName: string): JoinedMember[] =>
  [...members.all()].map((member) => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    metadata: metadataOf(member, protocolName),
  }));

/** As `ownBytes` of each, in one piece of memory: thousands of small ones would cost a second. */
export function ownEach(views: readonly Buffer[]): Buffer[] {
  const bytes = Buffer.allocUnsafeSlow(views.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  return views.map((view) => {
    const start = end;
    end += view.copy(bytes, start);
    return bytes.subarray(start, end);
  });
}

/** Bytes of a frame to keep: in memory of their own, as a slice of a pool would hold the whole of it for days. */
export function ownBytes(view: Buffer): Buffer {
  if (view.length === 0) return NO_BYTES;
  const bytes = Buffer.allocUnsafeSlow(view.length);
  view.copy(bytes);
  return bytes;
}
