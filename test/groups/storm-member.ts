import { setTimeout as sleep } from 'node:timers/promises';
import { type PeerConnection, PeerDisconnectedError } from '@odradek/broker/cluster/peer-connection';
import { Heartbeat } from '@odradek/protocol/messages/heartbeat';
import { JoinGroup } from '@odradek/protocol/messages/join-group';
import { LeaveGroup } from '@odradek/protocol/messages/leave-group';
import { OffsetCommit } from '@odradek/protocol/messages/offset-commit';
import { OffsetFetch } from '@odradek/protocol/messages/offset-fetch';
import { SyncGroup } from '@odradek/protocol/messages/sync-group';
import { share, subscription } from '../support/assignor';
import type { Ledger } from './ledger';

const LIMIT = { timeoutMs: 60_000 };
const NONE = 0;
const NOT_COORDINATOR = 16;
const ILLEGAL_GENERATION = 22;
const UNKNOWN_MEMBER_ID = 25;
const REBALANCE_IN_PROGRESS = 27;
const MEMBER_ID_REQUIRED = 79;
const FENCED_INSTANCE_ID = 82;
/** COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR, UNKNOWN_TOPIC_OR_PARTITION: ask again. */
const NOT_YET: ReadonlySet<number> = new Set([14, 15, NOT_COORDINATOR, 3]);
/** A member loses its place in these ways, and joins again. */
const OUSTED: ReadonlySet<number> = new Set([ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID, REBALANCE_IN_PROGRESS]);

/** Between a commit with its heartbeat and the next ones, in parts of the session. */
const SHORTEST_PAUSE = 0.02;
export const LONGEST_PAUSE = 0.1;

export interface Storm {
  /** To the group's coordinator. */
  readonly connect: () => Promise<PeerConnection>;
  readonly groupId: string;
  readonly topic: string;
  readonly ledger: Ledger;
  readonly random: () => number;
}

export interface Terms {
  /** Joins as version 0 did: no id is given out before, one timeout for all. */
  readonly isOld: boolean;
  readonly groupInstanceId: string | null;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
}

/**
 * A consumer of a group of many: joins, commits what it is assigned, and tells the ledger what it was told. Whatever
 * ousts it, it comes back, until it is told to leave, or dies.
 */
export class StormMember {
  memberId = '';
  generation = -1;
  /** Of the current generation: what it commits next; null while it has no part in one. */
  positions: Map<number, number> | null = null;
  /** In its current generation. */
  commits = 0;
  isOver = false;
  private peer: PeerConnection | null = null;
  private isFormer = false;
  private silence: Promise<void> | null = null;
  readonly life: Promise<void>;

  constructor(
    private readonly storm: Storm,
    readonly terms: Terms,
  ) {
    this.life = this.live();
  }

  private get owner(): string {
    return this.terms.groupInstanceId ?? this.memberId;
  }

  get isSilent(): boolean {
    return this.silence !== null;
  }

  get isConnected(): boolean {
    return this.peer?.isGone === false;
  }

  /** Without a word. */
  die(): void {
    this.isOver = true;
    this.peer?.close();
  }

  /** Says nothing from its next request on; its connection stays. */
  pause(durationMs: number): void {
    if (this.silence !== null) return;
    this.silence = sleep(durationMs).then(() => {
      this.silence = null;
    });
  }

  /** Another process takes its place under its group instance id while it is silent: it is to notice, and to end. */
  replace(silentMs: number): StormMember {
    this.isFormer = true;
    this.pause(silentMs);
    return new StormMember(this.storm, this.terms);
  }

  /** Leaves on a connection of its own: its own one may be waiting for an answer. Where the broker is gone it dies. */
  async leave(): Promise<void> {
    const { memberId } = this;
    this.isOver = true;
    try {
      if (memberId !== '') await this.sayGoodbye(memberId);
    } catch (error) {
      if (!(error instanceof PeerDisconnectedError)) throw error;
    }
    this.peer?.close();
  }

  private async sayGoodbye(memberId: string): Promise<void> {
    const peer = await this.storm.connect();
    const members = [{ memberId, groupInstanceId: this.terms.groupInstanceId, reason: 'leaving' }];
    await peer.send(LeaveGroup, 5, { groupId: this.storm.groupId, members }, LIMIT);
    peer.close();
  }

  private async live(): Promise<void> {
    while (!this.isOver) {
      try {
        if (this.peer?.isGone !== false) this.peer = await this.storm.connect();
        await this.takePart(this.peer);
      } catch (error) {
        if (!(error instanceof PeerDisconnectedError)) throw error;
        // Dead, or the broker is: it is sought until it is back.
        this.positions = null;
        await sleep(50);
      }
    }
    this.peer?.close();
  }

  private async takePart(peer: PeerConnection): Promise<void> {
    if (!(await this.join(peer))) return;
    if (!(await this.fetchPositions(peer))) return;
    if (this.storm.random() < 0.2) await this.commitTooLate(peer);
    this.commits = 0;
    while (!this.isOver) {
      if (!(await this.commit(peer)) || !(await this.beat(peer))) break;
      this.commits++;
      const pause = SHORTEST_PAUSE + (LONGEST_PAUSE - SHORTEST_PAUSE) * this.storm.random();
      await sleep(this.terms.sessionTimeoutMs * pause);
    }
    this.positions = null;
  }

  /** What an answer means: to go on, or not; anything unheard-of is wrong. */
  private async goesOn(request: string, errorCode: number): Promise<boolean> {
    if (errorCode === NONE) return true;
    if (errorCode === UNKNOWN_MEMBER_ID) this.memberId = '';
    // Whoever is it now is to be found again.
    if (errorCode === NOT_COORDINATOR) this.peer?.close();
    const isFenced = errorCode === FENCED_INSTANCE_ID && this.terms.groupInstanceId !== null;
    if (isFenced || (this.isFormer && this.memberId === '')) this.isOver = true;
    else if (NOT_YET.has(errorCode)) await sleep(20);
    else if (!OUSTED.has(errorCode) && !this.isOver) this.storm.ledger.wrong.push(`${request}: error ${errorCode}`);
    return false;
  }

  private async join(peer: PeerConnection): Promise<boolean> {
    await this.silence;
    const { groupId, ledger, topic } = this.storm;
    const { isOld, groupInstanceId, sessionTimeoutMs, rebalanceTimeoutMs } = this.terms;
    const request = {
      groupId,
      groupInstanceId,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      protocolType: 'consumer',
      protocols: [{ name: 'roundrobin', metadata: subscription(topic) }],
    };
    const version = isOld ? 0 : 9;
    let joined = await peer.send(JoinGroup, version, { ...request, memberId: this.memberId }, LIMIT);
    if (joined.errorCode === MEMBER_ID_REQUIRED) {
      this.memberId = joined.memberId;
      joined = await peer.send(JoinGroup, version, { ...request, memberId: this.memberId }, LIMIT);
    }
    if (!(await this.goesOn('JoinGroup', joined.errorCode))) return false;
    this.memberId = joined.memberId;
    this.generation = joined.generationId;
    ledger.joined(this.owner, this.memberId, this.generation);

    await this.silence;
    const leads = joined.leader === joined.memberId && !joined.skipAssignment;
    const ids = joined.members.map(({ memberId }) => memberId);
    const { errorCode, assignment } = await peer.send(
      SyncGroup,
      isOld ? 0 : 4,
      { ...this.identity(), assignments: leads ? share(ids, ledger.partitions) : [] },
      LIMIT,
    );
    if (!(await this.goesOn('SyncGroup', errorCode))) return false;
    const partitions = JSON.parse(assignment.toString()) as number[];
    ledger.assigned(this.owner, this.generation, partitions);
    this.positions = new Map(partitions.map((partition) => [partition, 0]));
    return true;
  }

  private async fetchPositions(peer: PeerConnection): Promise<boolean> {
    await this.silence;
    const { groupId, topic, ledger } = this.storm;
    const partitionIndexes = [...this.positions!.keys()];
    const expected = ledger.expectation();
    const topics = [{ name: topic, partitionIndexes }];
    const answer = await peer.send(OffsetFetch, 5, { groupId, topics }, LIMIT);
    if (!(await this.goesOn('OffsetFetch', answer.errorCode))) return false;
    const found = answer.topics.flatMap(({ partitions }) =>
      partitions.map(({ partitionIndex, committedOffset }) => [partitionIndex, committedOffset] as const),
    );
    ledger.fetched(this.owner, expected, new Map(found));
    for (const [partition, offset] of found) this.positions!.set(partition, Math.max(offset, 0));
    return true;
  }

  private async commit(peer: PeerConnection): Promise<boolean> {
    await this.silence;
    const positions = this.positions!;
    for (const [partition, offset] of positions) positions.set(partition, offset + 1);
    return this.goesOn('OffsetCommit', await this.sendCommit(peer, this.generation, positions));
  }

  /** What the member has read in the generation before, where nobody may hear of it any more. */
  private async commitTooLate(peer: PeerConnection): Promise<void> {
    await this.silence;
    await this.sendCommit(peer, this.generation - 1, new Map([[0, 0]]));
  }

  private async sendCommit(
    peer: PeerConnection,
    generation: number,
    positions: ReadonlyMap<number, number>,
  ): Promise<number> {
    const { groupId, topic, ledger } = this.storm;
    const { memberId } = this;
    const sent = ledger.committing(this.owner, memberId, generation, positions);
    const partitions = [...positions].map(([partitionIndex, committedOffset]) => ({
      partitionIndex,
      committedOffset,
      committedMetadata: '',
    }));
    const { groupInstanceId } = this.terms;
    const request = { groupId, groupInstanceId, memberId, generationIdOrMemberEpoch: generation };
    const topics = [{ name: topic, partitions }];
    const answer = await peer.send(OffsetCommit, this.terms.isOld ? 1 : 8, { ...request, topics }, LIMIT);
    const errors = new Set(answer.topics.flatMap((it) => it.partitions.map(({ errorCode }) => errorCode)));
    if (errors.size > 1) ledger.wrong.push(`one commit, errors ${[...errors]}`);
    const [errorCode = NONE] = errors;
    if (errorCode === NONE) ledger.committed(sent);
    else ledger.refusals++;
    return errorCode;
  }

  private async beat(peer: PeerConnection): Promise<boolean> {
    await this.silence;
    const { errorCode } = await peer.send(Heartbeat, this.terms.isOld ? 0 : 4, this.identity(), LIMIT);
    return this.goesOn('Heartbeat', errorCode);
  }

  private identity() {
    const { memberId, generation: generationId } = this;
    return { groupId: this.storm.groupId, groupInstanceId: this.terms.groupInstanceId, memberId, generationId };
  }
}
