import { sleep } from '@odradek/broker/env/clock';
import { errorName } from '@odradek/protocol/errors';
import { Heartbeat } from '@odradek/protocol/messages/heartbeat';
import { JoinGroup } from '@odradek/protocol/messages/join-group';
import { LeaveGroup } from '@odradek/protocol/messages/leave-group';
import { OffsetCommit } from '@odradek/protocol/messages/offset-commit';
import { SyncGroup } from '@odradek/protocol/messages/sync-group';
import type { Api, RequestInit, ResponseOf } from '@odradek/protocol/schema/api';
import type { Fields } from '@odradek/protocol/schema/fields';
import { share, subscription } from '../support/assignor';
import { keyOf, SimulatedClient, type TopicPartition } from './client';
import type { SimulatedCluster } from './cluster';
import { CoordinatorOf, committedOffsets } from './coordinators';
import type { GroupLedger } from './group-ledger';

const JOIN_VERSION = 9;
const SYNC_VERSION = 5;
const HEARTBEAT_VERSION = 4;
const COMMIT_VERSION = 9;
const LEAVE_VERSION = 5;

const PROTOCOL = 'roundrobin';
/** Kafka's least session. */
export const SESSION_TIMEOUT_MS = 6_000;
const REBALANCE_TIMEOUT_MS = 6_000;
const MAX_BEAT_PAUSE_MS = 1_000;

/** Whoever is told one of these asks another broker, or the same one later. */
const NOT_YET: ReadonlySet<string> = new Set([
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
  'REQUEST_TIMED_OUT',
  'UNKNOWN_TOPIC_OR_PARTITION',
]);
/** Ways to lose one's place: join again. */
const OUSTED: ReadonlySet<string> = new Set([
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'REBALANCE_IN_PROGRESS',
  'FENCED_INSTANCE_ID',
]);

export interface MemberOptions {
  readonly ledger: GroupLedger;
  readonly partitions: readonly TopicPartition[];
  readonly groupInstanceId: string | null;
}

/** A consumer in a group: joins, commits what it is assigned, and tells the ledger what it was told. */
export class Member {
  /** Of its generation: what it commits next; null while it has no part in one. */
  positions: Map<number, number> | null = null;
  generation = -1;
  private memberId = '';
  private isOver = false;
  private isFormer = false;
  private silentUntilMs = 0;
  private readonly client: SimulatedClient;
  private readonly coordinator: CoordinatorOf;

  constructor(
    cluster: SimulatedCluster,
    readonly name: string,
    private readonly options: MemberOptions,
  ) {
    this.client = new SimulatedClient(cluster, name);
    this.coordinator = new CoordinatorOf(this.client, 'group', options.ledger.groupId);
  }

  async run(): Promise<void> {
    while (!this.isOver) {
      await this.takePart();
      this.positions = null;
    }
    this.client.close();
  }

  /** Without a word. */
  die(): void {
    this.isOver = true;
  }

  /** Says nothing from its next request on. */
  pause(durationMs: number): void {
    this.silentUntilMs = this.client.process.monotonicMs() + durationMs;
  }

  /** Another one has its place now, under the same instance id if it has one: it is to find that out. */
  retire(silentMs: number): void {
    this.isFormer = true;
    this.pause(silentMs);
  }

  async leave(): Promise<void> {
    const { memberId, groupInstanceId } = { ...this.options, memberId: this.memberId };
    this.isOver = true;
    const coordinator = memberId === '' ? null : await this.coordinator.find();
    if (coordinator === null) return;
    const members = [{ memberId, groupInstanceId, reason: 'leaving' }];
    const request = { groupId: this.options.ledger.groupId, members };
    await this.client.ask(coordinator, LeaveGroup, LEAVE_VERSION, request).catch(() => null);
  }

  private get owner(): string {
    return this.options.groupInstanceId ?? this.memberId;
  }

  private async takePart(): Promise<void> {
    if (!(await this.join())) return;
    if (!(await this.sync())) return;
    if (!(await this.fetchPositions())) return;
    while (!this.isOver) {
      if (!(await this.commit()) || !(await this.beat())) return;
      await sleep(this.client.process, this.client.random.between(0, MAX_BEAT_PAUSE_MS));
    }
  }

  /** Null where nobody answers: what became of the request is not known. */
  private async ask<A extends Api<Fields, Fields>>(
    api: A,
    version: number,
    request: RequestInit<A>,
  ): Promise<ResponseOf<A> | null> {
    const silentMs = this.silentUntilMs - this.client.process.monotonicMs();
    if (silentMs > 0) await sleep(this.client.process, silentMs);
    const coordinator = await this.coordinator.find();
    if (coordinator === null) return null;
    const answer = await this.client.ask(coordinator, api, version, request).catch(() => null);
    if (answer === null) this.coordinator.forget();
    return answer;
  }

  /** What an answer means: to go on, or not; anything unheard-of is wrong. */
  private async goesOn(request: string, errorCode: number | undefined): Promise<boolean> {
    const error = errorCode === undefined ? 'NOT_COORDINATOR' : errorName(errorCode);
    if (error === 'NONE') return true;
    if (error === 'UNKNOWN_MEMBER_ID' || error === 'FENCED_INSTANCE_ID') this.memberId = '';
    if (this.isFormer && this.memberId === '') this.isOver = true;
    else if (NOT_YET.has(error)) {
      this.coordinator.forget();
      await this.client.backOff();
    } else if (!OUSTED.has(error)) this.options.ledger.wrong.push(`${this.name}: ${request} is answered ${error}`);
    return false;
  }

  private async join(): Promise<boolean> {
    const { ledger, groupInstanceId } = this.options;
    const request = {
      groupId: ledger.groupId,
      groupInstanceId,
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS,
      protocolType: 'consumer',
      protocols: [{ name: PROTOCOL, metadata: subscription(this.options.partitions[0]!.topic) }],
    };
    let joined = await this.ask(JoinGroup, JOIN_VERSION, { ...request, memberId: this.memberId });
    if (joined !== null && errorName(joined.errorCode) === 'MEMBER_ID_REQUIRED') {
      this.memberId = joined.memberId;
      joined = await this.ask(JoinGroup, JOIN_VERSION, { ...request, memberId: this.memberId });
    }
    if (!(await this.goesOn('JoinGroup', joined?.errorCode))) return false;
    const { memberId, generationId, leader, skipAssignment, members } = joined!;
    this.memberId = memberId;
    this.generation = generationId;
    const leads = leader === memberId && !skipAssignment;
    this.shares = leads
      ? share(
          members.map((member) => member.memberId),
          ledger.partitions,
        )
      : [];
    return true;
  }

  /** What a leader gives out. */
  private shares: ReturnType<typeof share> = [];

  private async sync(): Promise<boolean> {
    const { ledger } = this.options;
    const protocol = { protocolType: 'consumer', protocolName: PROTOCOL };
    const request = { ...this.identity(), ...protocol, assignments: this.shares };
    const answer = await this.ask(SyncGroup, SYNC_VERSION, request);
    if (!(await this.goesOn('SyncGroup', answer?.errorCode))) return false;
    const own = JSON.parse(String(answer!.assignment)) as number[];
    ledger.assigned(this.owner, this.memberId, this.generation, own);
    this.positions = new Map(own.map((partition) => [partition, 0]));
    return true;
  }

  private async fetchPositions(): Promise<boolean> {
    const { ledger, partitions } = this.options;
    const positions = this.positions!;
    if (positions.size === 0) return true;
    const own = partitions.filter(({ partition }) => positions.has(partition));
    const expected = ledger.expectation();
    const coordinator = await this.coordinator.find();
    const { groupId } = ledger;
    const found = coordinator === null ? null : await committedOffsets(this.client, coordinator, groupId, own);
    if (found === null) return this.goesOn('OffsetFetch', undefined);
    for (const place of own) positions.set(place.partition, found.get(keyOf(place))!);
    // A coordinator that was deposed meanwhile remembers what was so in this member's generation.
    if (!ledger.isOutdated(this.owner, this.memberId, this.generation)) ledger.found(this.owner, expected, positions);
    return true;
  }

  private async commit(): Promise<boolean> {
    const positions = this.positions!;
    if (positions.size === 0) return true;
    const { ledger, partitions } = this.options;
    for (const [partition, offset] of positions) positions.set(partition, offset + 1);
    const sent = ledger.sending(this.owner, this.memberId, this.generation, new Map(positions));
    const { groupId, groupInstanceId, memberId, generationId } = this.identity();
    const offsets = [...positions].map(([partitionIndex, committedOffset]) => ({
      partitionIndex,
      committedOffset,
      committedMetadata: '',
    }));
    const request = { groupId, groupInstanceId, memberId, generationIdOrMemberEpoch: generationId };
    const topics = [{ name: partitions[0]!.topic, partitions: offsets }];
    const answer = await this.ask(OffsetCommit, COMMIT_VERSION, { ...request, topics });
    const errorCode = answer?.topics[0]?.partitions[0]?.errorCode;
    if (errorCode === 0) ledger.accepted(sent);
    else if (errorCode !== undefined && OUSTED.has(errorName(errorCode))) ledger.refused(sent);
    return this.goesOn('OffsetCommit', errorCode);
  }

  private async beat(): Promise<boolean> {
    return this.goesOn('Heartbeat', (await this.ask(Heartbeat, HEARTBEAT_VERSION, this.identity()))?.errorCode);
  }

  private identity() {
    const { memberId, generation: generationId } = this;
    return {
      groupId: this.options.ledger.groupId,
      groupInstanceId: this.options.groupInstanceId,
      memberId,
      generationId,
    };
  }
}
