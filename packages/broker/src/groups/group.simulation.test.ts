import type { ErrorName } from '@odradek/protocol/errors';
import { seeded } from '@odradek/protocol/testing/seeded';
import type { JoinAnswer, JoinRequest, SyncAnswer } from './group-types';
import { type Call, GroupWorld } from './testing/group-world';

/** Members that come, go, die and come back at random, and a log that fails now and then: what always holds. */

const INITIAL_DELAY_MS = 3000;
const MAX_REBALANCE_MS = 60_000;
const MAX_STORE_MS = 5000;
const MAX_SIZE = 6;
const NEW_MEMBER_MS = 300_000;

interface Client {
  readonly kind: 'dynamic' | 'static' | 'old';
  readonly instance: string | null;
  readonly version: number;
  readonly terms: Pick<JoinRequest, 'sessionTimeoutMs' | 'rebalanceTimeoutMs' | 'protocols'>;
  memberId: string;
  generation: number;
  join: Call<JoinAnswer> | null;
  sync: Call<SyncAnswer> | null;
  /** Has an assignment of its generation. */
  isAssigned: boolean;
}

/** `expect` is too slow to be asked a million times. */
function must(holds: boolean, promise: string): void {
  if (!holds) throw new Error(`broken: ${promise}`);
}

const generationIn = (assignment: Buffer): number => Number(assignment.toString().split(':')[0]);

class Simulation {
  readonly world = new GroupWorld({ initialRebalanceDelayMs: INITIAL_DELAY_MS, maxSize: MAX_SIZE }, false);
  readonly clients: Client[] = [];
  calls: Call<{ error: ErrorName }>[] = [];
  /** Who the coordinator told to lead a generation. */
  readonly leaders = new Map<number, string>();
  readonly protocols = new Map<number, string | null>();
  readonly storedGenerations = new Set<number>();
  readonly pastIdentities: { memberId: string; generation: number; instance: string | null }[] = [];
  stable = 0;

  constructor(readonly random: () => number) {}

  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  newClient(): void {
    const kind = this.pick(['dynamic', 'dynamic', 'static', 'old'] as const);
    const timeoutMs = this.pick([6000, 10_000, 30_000]);
    this.clients.push({
      kind,
      instance: kind === 'static' ? `instance-${this.below(3)}` : null,
      version: kind === 'old' ? 0 : this.pick([5, 9]),
      terms: {
        sessionTimeoutMs: timeoutMs,
        rebalanceTimeoutMs: kind === 'old' ? timeoutMs : this.pick([1000, 10_000, MAX_REBALANCE_MS]),
        protocols: this.pick([['range'], ['range', 'sticky'], ['sticky', 'range']]).map((name) => ({
          name,
          metadata: Buffer.from(`topics-${this.below(2)}`),
        })),
      },
      memberId: '',
      generation: -1,
      join: null,
      sync: null,
      isAssigned: false,
    });
  }

  step(): void {
    const { world } = this;
    const roll = this.below(100);
    if (this.clients.length < 8 && roll < 10) this.newClient();
    else if (roll < 30) this.pass(this.pick([1, 100, 1000, 4000]));
    else if (roll < 50 && world.persists.length > 0) this.store(this.below(world.persists.length));
    else if (this.clients.length > 0) this.act(this.pick(this.clients));
    this.check();
  }

  /** Lets time pass, but no record wait longer than a log lets its callers. */
  pass(durationMs: number): void {
    const { world } = this;
    const untilMs = world.nowMs + durationMs;
    while (world.nowMs < untilMs) {
      const oldest = Math.min(...world.persists.map(({ askedAtMs }) => askedAtMs + MAX_STORE_MS), untilMs);
      world.pass(Math.max(oldest - world.nowMs, 0));
      for (let index = world.persists.length - 1; index >= 0; index--) {
        if (world.persists[index]!.askedAtMs + MAX_STORE_MS <= world.nowMs) this.store(index);
      }
      this.check();
    }
  }

  store(index: number): void {
    const { value } = this.world.persists[index]!;
    const error = this.below(8) === 0 ? this.pick(['NOT_LEADER_OR_FOLLOWER', 'REQUEST_TIMED_OUT'] as const) : null;
    if (error === null) this.storedGenerations.add(value.generation);
    this.world.store(error, index);
  }

  act(client: Client): void {
    const roll = this.below(100);
    if (roll < 4) this.die(client);
    else if (roll < 8) this.leave(client);
    else if (client.join) this.maybeRepeatJoin(client);
    else if (client.sync) return;
    else if (client.generation < 0) this.sendJoin(client);
    else if (!client.isAssigned) this.sendSync(client);
    else this.live(client, roll);
  }

  live(client: Client, roll: number): void {
    const { memberId, generation, instance } = client;
    const error =
      roll < 60
        ? this.world.heartbeat(memberId, generation, instance)
        : this.world.group.checkCommit(
            { memberId, groupInstanceId: instance, generationId: generation, isTransactional: false },
            this.world.nowMs,
          );
    if (error === 'NONE') {
      expect(generation).toBe(this.world.group.generation);
      if (roll > 90) this.rejoin(client);
    } else if (error === 'FENCED_INSTANCE_ID') this.remove(client);
    else if (error === 'UNKNOWN_MEMBER_ID') this.forget(client);
    else this.rejoin(client);
  }

  /** A process that is gone; of a static member another may come with its instance id. */
  die(client: Client): void {
    this.remove(client);
  }

  remove(client: Client): void {
    this.remember(client);
    this.clients.splice(this.clients.indexOf(client), 1);
  }

  remember({ memberId, generation, instance }: Client): void {
    if (memberId !== '' && generation >= 0) this.pastIdentities.push({ memberId, generation, instance });
  }

  forget(client: Client): void {
    this.remember(client);
    Object.assign(client, { memberId: '', generation: -1, isAssigned: false });
  }

  rejoin(client: Client): void {
    this.remember(client);
    client.generation = -1;
    client.isAssigned = false;
    this.sendJoin(client);
  }

  leave(client: Client): void {
    if (client.memberId === '') return;
    this.world.leave(client.memberId, client.instance);
    this.remove(client);
  }

  maybeRepeatJoin(client: Client): void {
    if (this.below(10) === 0) this.sendJoin(client);
  }

  sendJoin(client: Client): void {
    const call = this.world.send({
      ...client.terms,
      memberId: client.memberId,
      groupInstanceId: client.instance,
      requireKnownMemberId: client.version >= 4 && client.instance === null,
      supportSkippingAssignment: client.version >= 9,
    });
    this.calls.push(call);
    client.join = call;
  }

  sendSync(client: Client): void {
    const { memberId, generation, instance } = client;
    const isLeader = this.leaders.get(generation) === memberId;
    const members = isLeader ? this.world.group.describe().members : [];
    const call = this.world.sendSync({
      memberId,
      generationId: generation,
      groupInstanceId: instance,
      assignments: members.map((member) => ({
        memberId: member.memberId,
        assignment: Buffer.from(`${generation}:${member.memberId}`),
      })),
    });
    this.calls.push(call);
    client.sync = call;
  }

  takeAnswers(): void {
    for (const client of [...this.clients]) {
      const joined = client.join?.answers[0];
      if (joined) {
        client.join = null;
        this.onJoined(client, joined);
      }
      const synced = client.sync?.answers[0];
      if (synced) {
        client.sync = null;
        this.onSynced(client, synced);
      }
    }
  }

  onJoined(client: Client, answer: JoinAnswer): void {
    if (answer.error === 'NONE') {
      const known = this.leaders.get(answer.generationId);
      const wasReplaced = client.instance !== null;
      if (answer.leader === answer.memberId && !answer.skipAssignment) {
        if (!wasReplaced && known !== undefined) expect(answer.memberId).toBe(known);
        this.leaders.set(answer.generationId, answer.memberId);
      }
      const protocol = this.protocols.get(answer.generationId) ?? answer.protocolName;
      expect(answer.protocolName).toBe(protocol);
      this.protocols.set(answer.generationId, protocol);
      client.memberId = answer.memberId;
      client.generation = answer.generationId;
      client.isAssigned = false;
    } else if (answer.error === 'MEMBER_ID_REQUIRED') client.memberId = answer.memberId;
    else if (answer.error === 'FENCED_INSTANCE_ID') this.remove(client);
    else if (answer.error === 'REBALANCE_IN_PROGRESS') return;
    else this.forget(client);
  }

  onSynced(client: Client, answer: SyncAnswer): void {
    if (answer.error === 'NONE') {
      // Durable first, visible second.
      expect(this.storedGenerations.has(client.generation)).toBe(true);
      expect(generationIn(answer.assignment)).toBe(client.generation);
      client.isAssigned = true;
      this.stable += 1;
    } else if (answer.error === 'FENCED_INSTANCE_ID') this.remove(client);
    else if (answer.error === 'UNKNOWN_MEMBER_ID') this.forget(client);
    else client.generation = -1;
  }

  check(): void {
    this.takeAnswers();
    const { group, nowMs } = this.world;
    const tooLate = nowMs - MAX_REBALANCE_MS - 2 * MAX_STORE_MS;
    must(
      this.waiting().every(({ sentAtMs }) => sentAtMs >= tooLate),
      'answered in time',
    );
    const { groupState, members } = group.describe();
    const dynamic = members.filter(({ groupInstanceId }) => groupInstanceId === null).length;
    must(groupState === 'PreparingRebalance' || dynamic <= MAX_SIZE, 'not over capacity');
    must(groupState === 'Empty' || group.nextDeadlineMs() !== null, 'members are watched');
    must(groupState !== 'Empty' || members.length === 0, 'empty');
    must(
      groupState !== 'Stable' || members.every((member) => generationIn(member.memberAssignment) === group.generation),
      'assigned',
    );
    const old = this.pastIdentities.length > 0 ? this.pick(this.pastIdentities) : null;
    if (old && old.generation < group.generation) this.checkFenced(old);
  }

  /** Who has no answer yet. */
  waiting(): Call<{ error: ErrorName }>[] {
    this.calls = this.calls.filter(({ answers }) => answers.length === 0);
    return this.calls;
  }

  /** Nobody of an old generation gets through. */
  checkFenced({ memberId, generation, instance }: { memberId: string; generation: number; instance: string | null }) {
    const { group, nowMs } = this.world;
    const committer = { memberId, groupInstanceId: instance, generationId: generation };
    must(group.checkCommit({ ...committer, isTransactional: false }, nowMs) !== 'NONE', 'no late commit');
    must(group.checkCommit({ ...committer, isTransactional: true }, nowMs) !== 'NONE', 'no late commit');
    const { error } = this.world.sync({ memberId, groupInstanceId: instance, generationId: generation });
    must(error !== 'NONE', 'no late sync');
  }

  /** All clients fall silent: the group must end up empty, and without a deadline. */
  end(): void {
    this.clients.length = 0;
    this.pass(2 * NEW_MEMBER_MS);
    expect(this.world.group.state).toBe('Empty');
    expect(this.world.group.nextDeadlineMs()).toBeNull();
    expect(this.waiting()).toEqual([]);
  }

  /** The partition moves away in the middle of it all: nobody is left without an answer. */
  unload(): void {
    const { world } = this;
    world.run(world.group.unload(world.nowMs));
    while (world.persists.length > 0) world.store();
    expect(this.waiting()).toEqual([]);
    expect(world.group.state).toBe('Dead');
    expect(world.group.nextDeadlineMs()).toBeNull();
    expect(world.heartbeat('any')).toBe('COORDINATOR_NOT_AVAILABLE');
  }
}

describe('a group under random members', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('holds its promises (seeds of %d)', (part) => {
    let stable = 0;
    for (let seed = part * 1000; seed < part * 1000 + 12; seed++) {
      const simulation = new Simulation(seeded(seed));
      for (let step = 0; step < 600; step++) simulation.step();
      stable += simulation.stable;
      if (seed % 2 === 0) simulation.end();
      else simulation.unload();
    }
    expect(stable).toBeGreaterThan(50);
  });
});
