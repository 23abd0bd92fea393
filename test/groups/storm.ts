import { setTimeout as sleep } from 'node:timers/promises';
import { type PeerConnection, PeerDisconnectedError } from '@odradek/broker/cluster/peer-connection';
import { DescribeGroups } from '@odradek/protocol/messages/describe-groups';
import { OffsetFetch } from '@odradek/protocol/messages/offset-fetch';
import { seeded } from '@odradek/protocol/testing/seeded';
import { until } from '../support/until';
import type { Coordinator } from './coordinator';
import { Ledger } from './ledger';
import { LONGEST_PAUSE, StormMember, type Terms } from './storm-member';

const LIMIT = { timeoutMs: 20_000 };
const NONE = 0;
const NOT_COORDINATOR = 16;
const SESSION_MS = { least: 1000, most: 2000 };
/** Longer than a rebalance: whoever is silent is in generations that it does not know of. */
const STATIC_SESSION_MS = { least: 2000, most: 5000 };
const REBALANCE_TIMEOUT_MS = 3000;
/**
 * A death is noticed when its session ends. Where it happens in a rebalance this begins with the generation, in which
 * the dead is waited for once more; then the others have one rebalance to make, of which they hear with their next
 * heartbeat, and two commits.
 */
const SETTLING_MS = STATIC_SESSION_MS.most + 2 * REBALANCE_TIMEOUT_MS + 3 * LONGEST_PAUSE * STATIC_SESSION_MS.most;
/** A group that does not settle at all. */
const NEVER_MS = 60_000;
const POLL_MS = 50;
/** Where a question takes longer, the broker or this process stood still: sessions may have ended that need not have. */
const PROMPT_MS = 300;

export interface StormOptions {
  readonly coordinator: Coordinator;
  readonly groupId: string;
  readonly topic: string;
  readonly partitions: number;
  readonly members: number;
  readonly seed: number;
}

/** Members of one group that come, go, die and come back at random, and somebody who watches. */
export class Storm {
  readonly ledger: Ledger;
  /** Who is to be a member once the group has settled. */
  members: StormMember[] = [];
  readonly settledMs: number[] = [];
  private readonly all: StormMember[] = [];
  private readonly random: () => number;
  private watcher: PeerConnection | null = null;
  private nextInstance = 0;
  /** While this is pending nobody gets a connection. */
  private gate: Promise<void> = Promise.resolve();

  constructor(private readonly options: StormOptions) {
    this.ledger = new Ledger(options.partitions);
    this.random = seeded(options.seed);
  }

  /** Makes the topic and the coordinator where they are not there. */
  async open(): Promise<void> {
    const { coordinator, topic, partitions } = this.options;
    await coordinator.ensureTopic(topic, partitions);
    await until(async () => (await this.describe()).errorCode === NONE);
  }

  close(): void {
    this.watcher?.close();
    for (const member of this.all) member.die();
  }

  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  join(): void {
    const { members } = this;
    const kind = this.below(10);
    const isStatic = kind >= 7;
    const { least, most } = isStatic ? STATIC_SESSION_MS : SESSION_MS;
    const terms: Terms = {
      isOld: kind < 2,
      groupInstanceId: isStatic ? `instance-${this.nextInstance++}` : null,
      sessionTimeoutMs: least + this.below(most - least),
      rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS,
    };
    const { ledger, random } = this;
    const storm = { ...this.options, ledger, random, connect: () => this.connect() };
    members.push(this.keep(new StormMember(storm, terms)));
  }

  private keep(member: StormMember): StormMember {
    this.all.push(member);
    return member;
  }

  /** One change at random. */
  async change(): Promise<void> {
    const { members } = this;
    if (members.length < this.options.members && this.below(2) === 0) return this.join();
    const at = this.below(members.length);
    const member = members[at];
    if (member === undefined) return;
    const silentMs = this.below(STATIC_SESSION_MS.most);
    const kind = this.below(10);
    if (kind === 0 && member.terms.groupInstanceId !== null && member.positions !== null) {
      members[at] = this.keep(member.replace(silentMs));
    } else if (kind <= 2) {
      member.pause(silentMs);
    } else {
      members.splice(at, 1);
      if (kind <= 5) member.die();
      else await member.leave();
    }
  }

  /** Changes for a while, at random distances. */
  async rage(durationMs: number): Promise<void> {
    const endMs = performance.now() + durationMs;
    const pauseMs = 20 + this.below(400);
    while (performance.now() < endMs) {
      await this.change();
      await sleep(this.below(pauseMs));
    }
  }

  /**
   * Waits until exactly the living are members and have their parts, and all of them commit; notes how long it took
   * since the last of them fell silent, of their own will or because nobody was served.
   */
  async settle(): Promise<void> {
    await until(() => this.members.every(({ isSilent }) => !isSilent));
    let sinceMs = performance.now();
    const neverMs = sinceMs + NEVER_MS;
    for (let askedMs = sinceMs; !(await this.isSettled()); askedMs = performance.now()) {
      if (askedMs > neverMs) throw new Error(await this.unsettled());
      await sleep(POLL_MS);
      if (performance.now() - askedMs > POLL_MS + PROMPT_MS) sinceMs = performance.now();
    }
    const tookMs = performance.now() - sinceMs;
    this.settledMs.push(Math.round(tookMs));
    if (tookMs > SETTLING_MS) this.ledger.wrong.push(`settled after ${tookMs} ms`);
    await this.look();
  }

  private async isSettled(): Promise<boolean> {
    const { groupState, members: known } = await this.describe();
    this.members = this.members.filter(({ isOver }) => !isOver);
    const { members } = this;
    const [first] = members;
    const share = ({ positions, generation, commits }: StormMember): boolean =>
      positions !== null && generation === first!.generation && commits > 1;
    if (!members.every(share)) return false;
    const ids = (all: readonly { memberId: string }[]) => all.map(({ memberId }) => memberId).toSorted();
    if (groupState !== 'Stable' || ids(known).join() !== ids(members).join()) return false;
    const parts = members.reduce((sum, { positions }) => sum + (positions?.size ?? 0), 0);
    return parts === this.options.partitions;
  }

  private async unsettled(): Promise<string> {
    const { groupState, members: known } = await this.describe();
    const own = this.members.map(({ memberId, generation, positions }) => [memberId, generation, positions?.size]);
    const ids = known.map(({ memberId }) => memberId);
    return `not settled: ${groupState}, knows ${JSON.stringify(ids)}, members ${JSON.stringify(own)}`;
  }

  /** Everyone goes: half of them say so. */
  async disperse(): Promise<void> {
    const members = this.members.splice(0);
    await Promise.all(members.map((member, at) => (at % 2 === 0 ? member.leave() : member.die())));
    for (const member of this.all) member.die();
    await Promise.all(this.all.map(({ life }) => life));
    await until(async () => (await this.describe()).groupState === 'Empty');
  }

  /** kill -9 of the coordinator. What `kill` of the coordinator says. */
  async crash<T>(kill: () => Promise<T>): Promise<T> {
    const { coordinator } = this.options;
    let open = (): void => {};
    this.gate = new Promise((resolve) => {
      open = resolve;
    });
    const killed = await kill();
    this.watcher?.close();
    // What was on its way has arrived by then.
    await until(() => this.all.every(({ isConnected }) => !isConnected));
    this.ledger.crashed();
    await coordinator.recover();
    open();
    await until(async () => (await this.describe()).errorCode === NONE);
    return killed;
  }

  private async connect(): Promise<PeerConnection> {
    await this.gate;
    return this.options.coordinator.connect();
  }

  /** Asks whoever is the coordinator. */
  async describe() {
    for (const neverMs = performance.now() + NEVER_MS; ; ) {
      try {
        if (this.watcher?.isGone !== false) this.watcher = await this.connect();
        const { groups } = await this.watcher.send(DescribeGroups, 5, { groups: [this.options.groupId] }, LIMIT);
        if (groups[0]!.errorCode !== NOT_COORDINATOR) return groups[0]!;
        this.watcher.close();
      } catch (error) {
        if (!(error instanceof PeerDisconnectedError)) throw error;
      }
      if (performance.now() > neverMs) throw new Error('nobody coordinates the group');
      await sleep(POLL_MS);
    }
  }

  /** Reads all committed offsets as anybody can. */
  async look(): Promise<void> {
    const { groupId, topic, partitions } = this.options;
    const expected = this.ledger.expectation();
    const partitionIndexes = Array.from({ length: partitions }, (_, index) => index);
    const topics = [{ name: topic, partitionIndexes }];
    const answer = await this.watcher!.send(OffsetFetch, 5, { groupId, topics }, LIMIT);
    if (answer.errorCode !== NONE) return;
    const found = answer.topics[0]!.partitions.map((it) => [it.partitionIndex, it.committedOffset] as const);
    this.ledger.fetched('anybody', expected, new Map(found));
  }
}
