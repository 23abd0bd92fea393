import { ERRORS, type ErrorName } from '@odradek/protocol/errors';
import { Effects, type Outcome } from './effects';
import { joinedMembers, recordOf } from './group-record';
import {
  type GroupSettings,
  type GroupState,
  type JoinAnswer,
  joinError,
  type Rebalance,
  type SyncAnswer,
  syncError,
  type Ticket,
} from './group-types';
import { type Member, Members, memberText, metadataOf, optionText, setText } from './members';
import { chooseProtocol } from './protocol-choice';
import { storeError } from './store-error';
import { topicsOfSubscriptions } from './subscribed-topics';

export const CONSUMER_PROTOCOL = 'consumer';

/**
 * Where nobody of an old generation came back the wait begins anew (GroupCoordinator.onCompleteJoin): not more often
 * than this, whatever timeout the members asked for.
 */
const LEAST_RENEWED_WAIT_MS = 1000;

const PREVIOUS: Readonly<Record<GroupState, readonly GroupState[]>> = {
  Empty: ['PreparingRebalance'],
  PreparingRebalance: ['Empty', 'CompletingRebalance', 'Stable'],
  CompletingRebalance: ['PreparingRebalance'],
  Stable: ['CompletingRebalance'],
  Dead: ['Empty', 'PreparingRebalance', 'CompletingRebalance', 'Stable', 'Dead'],
};

const NO_BYTES = Buffer.alloc(0);

/** The wait for members to join. */
export interface JoinPhase {
  readonly deadlineMs: number;
  /** From Empty: the wait lasts its time, and is prolonged while members come (KIP-134, InitialDelayedJoin). */
  readonly initial: { readonly delayMs: number; readonly remainingMs: number } | null;
}

/**
 * A group's state and what moves it from generation to generation: joins and assignments that are waited for, sessions
 * that end, records that are stored. `Group` is the protocol on top of it.
 */
export class Rebalancer {
  readonly members = new Members();
  readonly effects = new Effects();
  state: GroupState = 'Empty';
  currentStateTimestamp: number | null;
  generation = 0;
  protocolType: string | null = null;
  protocolName: string | null = null;
  subscribedTopics: ReadonlySet<string> | null = null;
  lastRebalance: Rebalance | null = null;
  joinPhase: JoinPhase | null = null;
  /** Until when every member has to ask for its assignment of this generation. */
  syncDeadlineMs: number | null = null;
  /** The generation that the leader has brought assignments for: they are being stored, or are. */
  assignedGeneration: number | null = null;
  /** KIP-134: someone joined since the initial delay began. */
  newMemberAdded = false;

  constructor(
    readonly groupId: string,
    readonly settings: GroupSettings,
    nowMs: number,
  ) {
    this.currentStateTimestamp = nowMs;
  }

  transitionTo(state: GroupState, nowMs: number): void {
    if (!PREVIOUS[state].includes(this.state)) {
      throw new Error(
        `Group ${this.groupId} should be in the ${PREVIOUS[state].join(',')} states before moving to ${state} state. Instead it is in ${this.state} state`,
      );
    }
    this.state = state;
    this.currentStateTimestamp = nowMs;
  }

  // Who waits

  /**
   * Lets a request wait for the rebalance. One that waited before in the member's name was given up by its client, and
   * would keep its connection busy for good.
   */
  awaitJoin(member: Member, ticket: Ticket): void {
    this.endJoin(member, joinError('REBALANCE_IN_PROGRESS', member.memberId));
    this.members.awaitJoin(member, ticket);
  }

  /** Lets a request wait for its assignment. */
  awaitSync(member: Member, ticket: Ticket): void {
    this.endSync(member, syncError('REBALANCE_IN_PROGRESS'));
    member.syncTicket = ticket;
  }

  /** Answers whoever waits for the rebalance in the member's name. */
  endJoin(member: Member, answer: JoinAnswer): void {
    if (member.joinTicket === null) return;
    this.effects.answerJoin(member.joinTicket, answer);
    this.members.awaitJoin(member, null);
  }

  /** Answers whoever waits for an assignment in the member's name; whether there was anyone. */
  endSync(member: Member, answer: SyncAnswer): boolean {
    if (member.syncTicket === null) return false;
    this.effects.answerSync(member.syncTicket, answer);
    member.syncTicket = null;
    return true;
  }

  /** The current generation as one member is told of it. */
  generationFor(memberId: string, leader: string, skipAssignment = false): JoinAnswer {
    const { generation, protocolType, protocolName } = this;
    const members = memberId === leader ? joinedMembers(this.members, protocolName!) : [];
    return {
      error: 'NONE',
      generationId: generation,
      protocolType,
      protocolName,
      leader,
      skipAssignment,
      memberId,
      members,
    };
  }

  assignmentFor(member: Member): SyncAnswer {
    const { protocolType, protocolName } = this;
    return { error: 'NONE', protocolType, protocolName, assignment: member.assignment };
  }

  // Sessions

  /** The member was heard of: it has its session timeout from now on, or `timeoutMs`. */
  restartSession(member: Member, nowMs: number, timeoutMs = member.sessionTimeoutMs): void {
    member.deadlineMs = isKeptAlive(member) ? null : nowMs + timeoutMs;
  }

  /** A member's session is over. One whose request waits cannot send heartbeats: it starts anew with the answer. */
  expireSession(member: Member, nowMs: number): void {
    if (isKeptAlive(member)) {
      member.deadlineMs = null;
      return;
    }
    const { memberId } = member;
    this.effects.log('info', `Member ${memberId} in group ${this.groupId} has failed, removing it from the group`);
    this.removeMember(member, `removing member ${memberId} on heartbeat expiration`, nowMs);
  }

  /** Takes a member out, telling whoever waits in its name to begin anew, and rebalances. */
  removeMember(member: Member, reason: string, nowMs: number): void {
    this.endJoin(member, joinError('UNKNOWN_MEMBER_ID', ''));
    this.endSync(member, syncError('UNKNOWN_MEMBER_ID'));
    this.members.remove(member.memberId);
    this.rebalance(reason, member.memberId, nowMs);
    this.completeJoinIfAllJoined(nowMs);
  }

  // The first half: who is in the next generation?

  /** Begins a rebalance, unless one is being prepared. */
  rebalance(reason: string, memberId: string, nowMs: number): void {
    if (!PREVIOUS.PreparingRebalance.includes(this.state)) return;
    if (this.state === 'CompletingRebalance') this.#failAssignment('REBALANCE_IN_PROGRESS', nowMs);
    this.members.owingSync.clear();
    this.syncDeadlineMs = null;
    this.joinPhase = this.state === 'Empty' ? this.#initialDelay(nowMs) : this.#delayedJoin(nowMs, 0);
    // A rebalance that has to begin again lasts from its first beginning.
    const atMs = this.lastRebalance?.durationMs === null ? this.lastRebalance.atMs : nowMs;
    this.lastRebalance = { reason, memberId, atMs, durationMs: null };
    this.transitionTo('PreparingRebalance', nowMs);
    this.effects.log(
      'info',
      `Preparing to rebalance group ${this.groupId} in state ${this.state} with old generation ${this.generation} (${this.#place}) (reason: ${reason})`,
    );
    this.completeJoinIfAllJoined(nowMs);
  }

  get #place(): string {
    return `__consumer_offsets-${this.settings.partition}`;
  }

  #initialDelay(nowMs: number): JoinPhase {
    const delayMs = this.settings.initialRebalanceDelayMs;
    const remainingMs = Math.max(this.members.rebalanceTimeoutMs - delayMs, 0);
    return { deadlineMs: nowMs + delayMs, initial: { delayMs, remainingMs } };
  }

  #delayedJoin(nowMs: number, leastMs: number): JoinPhase {
    return { deadlineMs: nowMs + Math.max(this.members.rebalanceTimeoutMs, leastMs), initial: null };
  }

  completeJoinIfAllJoined(nowMs: number): void {
    if (this.state !== 'PreparingRebalance' || this.joinPhase!.initial) return;
    if (this.members.haveAllJoined) this.#completeJoin(nowMs);
  }

  /** The time to join is over, or may be prolonged. */
  expireJoinPhase({ initial }: JoinPhase, nowMs: number): void {
    if (!initial || !this.newMemberAdded || initial.remainingMs === 0) {
      this.#completeJoin(nowMs);
      return;
    }
    this.newMemberAdded = false;
    const delayMs = Math.min(this.settings.initialRebalanceDelayMs, initial.remainingMs);
    const remainingMs = Math.max(initial.remainingMs - initial.delayMs, 0);
    this.joinPhase = { deadlineMs: nowMs + delayMs, initial: { delayMs, remainingMs } };
  }

  #completeJoin(nowMs: number): void {
    const { members, effects } = this;
    this.#removeAbsentMembers();
    if (members.size > 0 && !this.#hasJoinedLeader()) {
      effects.log('error', `Group ${this.groupId} could not complete rebalance because no members rejoined`);
      this.joinPhase = this.#delayedJoin(nowMs, LEAST_RENEWED_WAIT_MS);
      return;
    }
    this.joinPhase = null;
    // An int32, as Java has it.
    this.generation = (this.generation + 1) | 0;
    if (members.size === 0) this.#becomeEmpty(nowMs);
    else this.#beginGeneration(nowMs);
  }

  /** Dynamic members that did not come back are gone; static ones have their session timeout (KIP-345). */
  #removeAbsentMembers(): void {
    const isAbsent = (member: Member): boolean => member.joinTicket === null && member.groupInstanceId === null;
    const absent = [...this.members.all()].filter(isAbsent).map(({ memberId }) => memberId);
    if (absent.length === 0) return;
    this.effects.log('info', `Group ${this.groupId} removed dynamic members who haven't joined: ${setText(absent)}`);
    for (const memberId of absent) this.members.remove(memberId);
  }

  /** Whether the leader joined; where it did not, another who did leads from now on. */
  #hasJoinedLeader(): boolean {
    const { members, effects } = this;
    const leader = members.get(members.leaderId!)!;
    if (leader.joinTicket !== null) return true;
    const who = `Group leader [member.id: ${leader.memberId}, group.instance.id: ${optionText(leader.groupInstanceId)}]`;
    const successor = [...members.all()].find((member) => member.joinTicket !== null);
    if (!successor) {
      effects.log(
        'info',
        `${who} failed to join before rebalance timeout, and the group couldn't proceed to next generation because no member joined.`,
      );
      return false;
    }
    members.leaderId = successor.memberId;
    effects.log(
      'info',
      `${who} failed to join before rebalance timeout, while new leader ${memberText(successor)} was elected.`,
    );
    return true;
  }

  #becomeEmpty(nowMs: number): void {
    this.protocolName = null;
    this.computeSubscribedTopics();
    this.transitionTo('Empty', nowMs);
    this.effects.log('info', `Group ${this.groupId} with generation ${this.generation} is now empty (${this.#place})`);
    // Should this record be lost, the last generation comes back after a restart, and times out.
    this.persist(new Map(), (error) => {
      if (error === null) return;
      this.effects.log('warn', `Failed to write empty metadata for group ${this.groupId}: ${ERRORS[error].message}`);
    });
    this.#endRebalance(nowMs);
  }

  #beginGeneration(nowMs: number): void {
    const { members } = this;
    this.protocolName = chooseProtocol(members.all(), (name) => members.isSupportedByAll(name));
    this.computeSubscribedTopics();
    this.transitionTo('CompletingRebalance', nowMs);
    this.effects.log(
      'info',
      `Stabilized group ${this.groupId} generation ${this.generation} (${this.#place}) with ${members.size} members`,
    );
    for (const member of members.all()) {
      this.endJoin(member, this.generationFor(member.memberId, members.leaderId!));
      member.isNew = false;
      this.restartSession(member, nowMs);
      members.owingSync.add(member.memberId);
    }
    this.syncDeadlineMs = nowMs + members.rebalanceTimeoutMs;
  }

  // The second half: who does what in it?

  /** Whoever has not asked for its assignment in time is removed (KAFKA-12890). */
  expireSyncPhase(nowMs: number): void {
    this.syncDeadlineMs = null;
    const late = [...this.members.owingSync];
    if (late.length === 0) return;
    for (const memberId of late) this.members.remove(memberId);
    const ids = setText(late);
    this.effects.log('debug', `Group ${this.groupId} removed members who haven't sent their sync request: ${ids}`);
    this.rebalance(`Removing ${ids} on pending sync request expiration`, late[0]!, nowMs);
  }

  /** Stores what the leader assigned; all are told once it is committed. */
  storeAssignment(leaderId: string, assignments: ReadonlyMap<string, Buffer>): void {
    const { generation } = this;
    this.assignedGeneration = generation;
    this.persist(assignments, (error, nowMs) => {
      // Another rebalance has begun meanwhile: this assignment is nobody's any more.
      if (this.state !== 'CompletingRebalance' || this.generation !== generation) return;
      if (error === null) {
        this.#becomeStable(assignments, nowMs);
        return;
      }
      this.#failAssignment(error, nowMs);
      const reason = `Error ${error} when storing group assignment during SyncGroup (member: ${leaderId})`;
      this.rebalance(reason, leaderId, nowMs);
    });
  }

  #becomeStable(assignments: ReadonlyMap<string, Buffer>, nowMs: number): void {
    this.transitionTo('Stable', nowMs);
    for (const member of this.members.all()) {
      member.assignment = assignments.get(member.memberId) ?? NO_BYTES;
      if (member.assignment.length === 0) {
        this.effects.log(
          'warn',
          `Sending empty assignment to member ${member.memberId} of ${this.groupId} for generation ${this.generation} with no errors`,
        );
      }
      if (this.endSync(member, this.assignmentFor(member))) this.restartSession(member, nowMs);
    }
    this.#endRebalance(nowMs);
  }

  #failAssignment(error: ErrorName, nowMs: number): void {
    for (const member of this.members.all()) {
      member.assignment = NO_BYTES;
      if (this.endSync(member, syncError(error))) this.restartSession(member, nowMs);
    }
  }

  #endRebalance(nowMs: number): void {
    const rebalance = { ...this.lastRebalance!, durationMs: nowMs - this.lastRebalance!.atMs };
    this.lastRebalance = rebalance;
    this.effects.rebalanced(this.groupId, this.generation, this.members.size, rebalance);
  }

  /** Stores the group's record with these assignments, and tells `outcome` unless the group is Dead by then. */
  persist(assignments: ReadonlyMap<string, Buffer>, outcome: Outcome): void {
    const record = recordOf(this, ({ memberId }) => assignments.get(memberId));
    this.effects.persist(record, (error, nowMs) => {
      if (this.state !== 'Dead') outcome(error && storeError(error), nowMs);
    });
  }

  computeSubscribedTopics(): void {
    const { members, protocolType, protocolName } = this;
    this.subscribedTopics = null;
    if (protocolType !== CONSUMER_PROTOCOL || (members.size > 0 && protocolName === null)) return;
    const subscriptions = [...members.all()].map((member) => metadataOf(member, protocolName!));
    this.subscribedTopics = topicsOfSubscriptions(subscriptions);
    if (this.subscribedTopics) return;
    this.effects.log(
      'warn',
      `Failed to parse Consumer Protocol ${CONSUMER_PROTOCOL}:${protocolName} of group ${this.groupId}. Consumer group coordinator is not aware of the subscribed topics.`,
    );
  }
}

/** New members are watched even while they wait: their clients may be gone, and nobody would notice. */
const isKeptAlive = (member: Member): boolean =>
  !member.isNew && (member.joinTicket !== null || member.syncTicket !== null);
