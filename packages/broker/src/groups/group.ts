import type { ErrorName } from '@odradek/protocol/errors';
import type {
  Committer,
  Effect,
  GroupDescription,
  GroupMetadata,
  GroupOverview,
  GroupSettings,
  GroupState,
  HeartbeatRequest,
  JoinRequest,
  LeaveResult,
  LeavingMember,
  Rebalance,
  SyncRequest,
  Ticket,
} from './group-types';

/**
 * One group of the classic protocol (kafka.coordinator.group.GroupCoordinator and GroupMetadata): a deterministic
 * function of what it was told and when. It answers nobody and writes nothing: it says what is to be done.
 */
export interface GroupCore {
  readonly groupId: string;
  readonly state: GroupState;
  readonly generation: number;
  /** Null for a group that only keeps offsets, and before the first member. */
  readonly protocolType: string | null;
  /** Null in groups loaded from records without it. */
  readonly currentStateTimestamp: number | null;
  /** Members, without those whose id is pending. */
  readonly size: number;
  readonly lastRebalance: Rebalance | null;

  /** To be called once the whole partition is loaded: heartbeats start, groups over capacity rebalance. */
  loaded(nowMs: number): Effect[];
  join(request: JoinRequest, ticket: Ticket, nowMs: number): Effect[];
  sync(request: SyncRequest, ticket: Ticket, nowMs: number): Effect[];
  heartbeat(request: HeartbeatRequest, nowMs: number): ErrorName;
  leave(
    members: readonly LeavingMember[],
    nowMs: number,
  ): { error: ErrorName; results: LeaveResult[]; effects: Effect[] };
  /** The outcome of a `persist` effect: null, or the error of the append, as the log gave it. */
  persisted(token: number, error: ErrorName | null, nowMs: number): Effect[];
  /** Does all that is due at `nowMs`. */
  tick(nowMs: number): Effect[];
  /** When `tick` is due at the latest; null for never. It is never too late, but may be too early. */
  nextDeadlineMs(): number | null;
  /** The partition has a new leader: everyone who waits is told, and the group is Dead. */
  unload(nowMs: number): Effect[];
  /** An empty group was deleted or has expired. Throws where it is not Empty. */
  die(nowMs: number): void;
  /** NONE, or why these offsets may not be committed. Counts as a heartbeat, unless transactional. */
  checkCommit(committer: Committer, nowMs: number): ErrorName;
  /** Whether members are known to subscribe to the topic; true where that cannot be known (GroupMetadata.isSubscribedToTopic). */
  isSubscribedToTopic(topic: string): boolean;
  /** Null where it cannot be known: no offsets of a stable group may expire then. */
  readonly subscribedTopics: ReadonlySet<string> | null;
  describe(): GroupDescription;
  overview(): GroupOverview;
  /** The group's record as it is now. */
  toRecord(): GroupMetadata;
}

/**
 * Made by `new Group(groupId, settings, nowMs)`, or by `Group.fromRecord(groupId, value, settings, nowMs)`: Stable with
 * members, Empty without.
 */
export interface GroupMaker {
  new (groupId: string, settings: GroupSettings, nowMs: number): GroupCore;
  fromRecord(groupId: string, value: GroupMetadata, settings: GroupSettings, nowMs: number): GroupCore;
}
