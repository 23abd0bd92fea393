import type { ErrorName } from '@odradek/protocol/errors';
import { dueDeadlines, nextDeadlineMs } from './deadlines';
import { membersOfRecord, recordOf } from './group-record';
import {
  type Committer,
  type Effect,
  type GroupDescription,
  type GroupMetadata,
  type GroupOverview,
  type GroupSettings,
  type GroupState,
  type HeartbeatRequest,
  type JoinRequest,
  joinError,
  type LeaveResult,
  type LeavingMember,
  type Rebalance,
  type SyncRequest,
  syncError,
  type Ticket,
} from './group-types';
import { joinGroup } from './join';
import { leaveGroup } from './leave';
import { metadataOf } from './members';
import { Rebalancer } from './rebalancer';
import { type Claimant, fencedText, refusalOf } from './refusal';
import { syncGroup } from './sync';

const NO_BYTES = Buffer.alloc(0);

/**
 * One group of the classic protocol (kafka.coordinator.group.GroupCoordinator): a deterministic function of what it was
 * told, and when. It answers nobody and writes nothing: it says what is to be done.
 */
export class Group {
  readonly #core: Rebalancer;
  #wakeAtMs: number | null = null;

  constructor(groupId: string, settings: GroupSettings, nowMs: number) {
    this.#core = new Rebalancer(groupId, settings, nowMs);
  }

  /** The group that a record tells of: Stable with members, else Empty. `loaded` is to follow. */
  static fromRecord(groupId: string, value: GroupMetadata, settings: GroupSettings, nowMs: number): Group {
    const group = new Group(groupId, settings, nowMs);
    const core = group.#core;
    core.generation = value.generation;
    core.protocolType = value.protocolType === '' ? null : value.protocolType;
    core.protocolName = value.protocol;
    core.currentStateTimestamp = value.currentStateTimestamp === -1 ? null : value.currentStateTimestamp;
    for (const member of membersOfRecord(value)) core.members.add(member);
    if (value.leader !== null && core.members.get(value.leader)) core.members.leaderId = value.leader;
    if (core.members.size > 0) core.state = 'Stable';
    core.computeSubscribedTopics();
    return group;
  }

  get groupId(): string {
    return this.#core.groupId;
  }

  get state(): GroupState {
    return this.#core.state;
  }

  get generation(): number {
    return this.#core.generation;
  }

  /** Null for a group that only keeps offsets, and before the first member. */
  get protocolType(): string | null {
    return this.#core.protocolType;
  }

  /** Null in groups loaded from records that lack it. */
  get currentStateTimestamp(): number | null {
    return this.#core.currentStateTimestamp;
  }

  /** Members, without those whose id is pending. */
  get size(): number {
    return this.#core.members.size;
  }

  /** The rebalance under way, or the last one since the group was loaded. */
  get lastRebalance(): Rebalance | null {
    return this.#core.lastRebalance;
  }

  /** What the members subscribe to; null where it cannot be known: no offset of a stable group may expire then. */
  get subscribedTopics(): ReadonlySet<string> | null {
    return this.#core.subscribedTopics;
  }

  /** Whether members subscribe to the topic; true where that cannot be known. */
  isSubscribedToTopic(topic: string): boolean {
    return this.#core.subscribedTopics?.has(topic) ?? true;
  }

  /** What is to be logged where `heartbeat` or `checkCommit` said FENCED_INSTANCE_ID: they leave nothing else to do. */
  fencedText(claimant: Claimant, operation: string): string {
    return fencedText(this.#core, claimant, operation);
  }

  /** To be called once the whole partition is loaded: sessions begin, and groups that are too large rebalance. */
  loaded(nowMs: number): Effect[] {
    const { members, settings } = this.#core;
    if (members.size > settings.maxSize) {
      const reason = `Freshly-loaded group is over capacity (${settings.maxSize}). Rebalancing in order to give a chance for consumers to commit offsets`;
      this.#core.rebalance(reason, '', nowMs);
    }
    for (const member of members.all()) this.#core.restartSession(member, nowMs);
    return this.#drain();
  }

  join(request: JoinRequest, ticket: Ticket, nowMs: number): Effect[] {
    joinGroup(this.#core, request, ticket, nowMs);
    return this.#drain();
  }

  sync(request: SyncRequest, ticket: Ticket, nowMs: number): Effect[] {
    syncGroup(this.#core, request, ticket, nowMs);
    return this.#drain();
  }

  heartbeat(request: HeartbeatRequest, nowMs: number): ErrorName {
    const core = this.#core;
    if (core.state === 'Dead') return 'COORDINATOR_NOT_AVAILABLE';
    const error = refusalOf(core, request);
    if (error !== null) return error;
    if (request.generationId !== core.generation) return 'ILLEGAL_GENERATION';
    this.#hear(request.memberId, nowMs);
    return core.state === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE';
  }

  /** An `error` of the whole request, or one result per member. */
  leave(
    leaving: readonly LeavingMember[],
    nowMs: number,
  ): { error: ErrorName; results: LeaveResult[]; effects: Effect[] } {
    if (this.state === 'Dead') return { error: 'COORDINATOR_NOT_AVAILABLE', results: [], effects: [] };
    const results = leaving.map((member) => leaveGroup(this.#core, member, nowMs));
    return { error: 'NONE', results, effects: this.#drain() };
  }

  /** The outcome of a `persist` effect: null, or the error of the append, as the log gave it. */
  persisted(token: number, error: ErrorName | null, nowMs: number): Effect[] {
    this.#core.effects.takeOutcome(token)?.(error, nowMs);
    return this.#drain();
  }

  /**
   * NONE, or why these offsets may not be committed (GroupCoordinator.validateOffsetCommit, doCommitOffsets). Counts as
   * a heartbeat, unless transactional.
   */
  checkCommit(committer: Committer, nowMs: number): ErrorName {
    const core = this.#core;
    const { memberId, groupInstanceId, generationId, isTransactional } = committer;
    if (core.state === 'Dead') return 'COORDINATOR_NOT_AVAILABLE';
    // Administrators, and consumers that assign their partitions themselves.
    if (generationId < 0 && core.state === 'Empty') return 'NONE';
    if (generationId < 0 && memberId === '' && groupInstanceId === null) {
      // Old producers say nothing of the member (KIP-447).
      return isTransactional ? 'NONE' : 'UNKNOWN_MEMBER_ID';
    }
    const error = refusalOf(core, committer);
    if (error !== null) return error;
    if (generationId !== core.generation) return 'ILLEGAL_GENERATION';
    if (isTransactional) return 'NONE';
    // The member knows of the new generation, but not yet what it may commit in it.
    if (core.state === 'CompletingRebalance') return 'REBALANCE_IN_PROGRESS';
    this.#hear(memberId, nowMs);
    return 'NONE';
  }

  /** Does all that was due at `heardUntilMs`: what members sent later than that may not have been heard yet. */
  tick(nowMs: number, heardUntilMs = nowMs): Effect[] {
    if (this.#wakeAtMs === null || this.#wakeAtMs > heardUntilMs) return [];
    for (const { expire } of dueDeadlines(this.#core, heardUntilMs)) expire(nowMs);
    return this.#drain();
  }

  /** When `tick` is to be called: never later than the next deadline, but maybe earlier. Null for never. */
  nextDeadlineMs(): number | null {
    return this.#wakeAtMs;
  }

  /** The partition has another leader: everyone who waits is told, and the group is Dead. */
  unload(nowMs: number): Effect[] {
    const core = this.#core;
    core.transitionTo('Dead', nowMs);
    for (const member of core.members.all()) {
      core.endJoin(member, joinError('NOT_COORDINATOR', member.memberId));
      core.endSync(member, syncError('NOT_COORDINATOR'));
    }
    return this.#drain();
  }

  /** An empty group was deleted, or has expired. Throws where it is not Empty. */
  die(nowMs: number): void {
    if (this.state !== 'Empty') throw new Error(`Group ${this.groupId} is ${this.state}, not Empty`);
    this.#core.transitionTo('Dead', nowMs);
    this.#drain();
  }

  /** Protocol, metadata and assignments are told of stable groups only. */
  describe(): GroupDescription {
    const { members, protocolName, protocolType, state } = this.#core;
    const isStable = state === 'Stable';
    return {
      groupState: state,
      protocolType: protocolType ?? '',
      protocolData: isStable ? protocolName! : '',
      members: [...members.all()].map((member) => ({
        memberId: member.memberId,
        groupInstanceId: member.groupInstanceId,
        clientId: member.clientId,
        clientHost: member.clientHost,
        memberMetadata: isStable ? metadataOf(member, protocolName!) : NO_BYTES,
        memberAssignment: isStable ? member.assignment : NO_BYTES,
      })),
    };
  }

  overview(): GroupOverview {
    return { groupId: this.groupId, protocolType: this.protocolType ?? '', groupState: this.state };
  }

  /** The group's record as it is now. */
  toRecord(): GroupMetadata {
    return recordOf(this.#core, ({ assignment }) => assignment);
  }

  /** Moves one member's deadline: the others need not be looked at. */
  #hear(memberId: string, nowMs: number): void {
    const member = this.#core.members.get(memberId)!;
    this.#core.restartSession(member, nowMs);
    if (member.deadlineMs !== null) this.#wakeAtMs = Math.min(this.#wakeAtMs ?? Infinity, member.deadlineMs);
  }

  #drain(): Effect[] {
    this.#wakeAtMs = this.state === 'Dead' ? null : nextDeadlineMs(this.#core);
    return this.#core.effects.drain();
  }
}
