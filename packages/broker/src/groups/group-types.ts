import type { ErrorName } from '@odradek/protocol/errors';
import type { MessageOf } from '@odradek/protocol/schema/api';
import type { GroupMetadataValue } from '@odradek/protocol/stored/group-metadata';

/** The words that go into requests and answers of the group protocol, and what a group wants done. */

/**
 * - `Empty`: no members; may have offsets. → PreparingRebalance, Dead
 * - `PreparingRebalance`: waits for members to join. → CompletingRebalance, Empty, Dead
 * - `CompletingRebalance`: waits for the leader's assignment. → Stable, PreparingRebalance, Dead
 * - `Stable`: every member may fetch its assignment. → PreparingRebalance, Dead
 * - `Dead`: unloaded or deleted; final.
 */
export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead';

/** What one group needs to know of the broker. */
export interface GroupSettings {
  /** The partition of `__consumer_offsets` that the group lives in: for log lines only. */
  readonly partition: number;
  /** group.initial.rebalance.delay.ms */
  readonly initialRebalanceDelayMs: number;
  /** group.max.size */
  readonly maxSize: number;
}

/** What waits for an answer; whoever calls knows what it is. */
export type Ticket = NonNullable<unknown>;

export interface ProtocolMetadata {
  readonly name: string;
  readonly metadata: Buffer;
}

/** A JoinGroup request of any version, its session timeout already found valid. Byte views are copied where they are kept. */
export interface JoinRequest {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly sessionTimeoutMs: number;
  /** The session timeout in version 0. */
  readonly rebalanceTimeoutMs: number;
  readonly protocolType: string;
  readonly protocols: readonly ProtocolMetadata[];
  readonly reason: string | null;
  /** KIP-394: version 4 and later, without a group instance id. */
  readonly requireKnownMemberId: boolean;
  /** KIP-814: version 9 and later. */
  readonly supportSkippingAssignment: boolean;
  /** The random part of the member id, should one be made (`memberIdSuffix`). */
  readonly memberIdSuffix: string;
}

export interface JoinedMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly metadata: Buffer;
}

/** As the newest version has it; older ones have '' where a name is null. */
export interface JoinAnswer {
  readonly error: ErrorName;
  readonly generationId: number;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly leader: string;
  readonly skipAssignment: boolean;
  readonly memberId: string;
  readonly members: readonly JoinedMember[];
}

export interface SyncRequest {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly generationId: number;
  /** Null before version 5. */
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[];
}

export interface SyncAnswer {
  readonly error: ErrorName;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly assignment: Buffer;
}

export interface HeartbeatRequest {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly generationId: number;
}

export interface LeavingMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly reason: string | null;
}

export interface LeaveResult {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly error: ErrorName;
}

/** Who commits offsets: generation -1, member '' and instance null where the request says nothing of them. */
export interface Committer {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly generationId: number;
  /** TxnOffsetCommit: neither a heartbeat nor refused while the group completes its rebalance. */
  readonly isTransactional: boolean;
}

export interface MemberDescription {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly memberMetadata: Buffer;
  readonly memberAssignment: Buffer;
}

/** Protocol, metadata and assignments are told of stable groups only. */
export interface GroupDescription {
  readonly groupState: GroupState;
  readonly protocolType: string;
  readonly protocolData: string;
  readonly members: readonly MemberDescription[];
}

export interface GroupOverview {
  readonly groupId: string;
  readonly protocolType: string;
  readonly groupState: GroupState;
}

/** The rebalance under way, or the last one. */
export interface Rebalance {
  readonly reason: string;
  /** Whose request, failure or leaving began it; '' where no single member did. */
  readonly memberId: string;
  readonly atMs: number;
  /** Null until the group is stable, or empty. */
  readonly durationMs: number | null;
}

export type GroupMetadata = MessageOf<typeof GroupMetadataValue>;

/** What a group wants done, in this order. */
export type Effect =
  /** Exactly one answer for every ticket. */
  | { readonly type: 'answer-join'; readonly ticket: Ticket; readonly answer: JoinAnswer }
  | { readonly type: 'answer-sync'; readonly ticket: Ticket; readonly answer: SyncAnswer }
  /** Append the group's record and call `persisted` with the token once it is committed, or has failed. */
  | { readonly type: 'persist'; readonly token: number; readonly value: GroupMetadata }
  | { readonly type: 'log'; readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly message: string }
  /** A rebalance is over: the group is stable, or empty. */
  | {
      readonly type: 'rebalanced';
      readonly group: string;
      readonly generation: number;
      readonly memberId: string;
      readonly reason: string;
      readonly durationMs: number;
      readonly members: number;
    };

const NO_BYTES = Buffer.alloc(0);

/** JoinGroupResult of an error: generation -1, no names, no leader. `memberId` is echoed or '', as the error has it. */
export function joinError(error: ErrorName, memberId: string): JoinAnswer {
  return {
    error,
    generationId: -1,
    protocolType: null,
    protocolName: null,
    leader: '',
    skipAssignment: false,
    memberId,
    members: [],
  };
}

export function syncError(error: ErrorName): SyncAnswer {
  return { error, protocolType: null, protocolName: null, assignment: NO_BYTES };
}
