import { sleep } from '@odradek/broker/env/clock';
import type { SimulatedProcess } from '@odradek/broker/env/simulation/clock';
import type { SeededRandom } from '@odradek/broker/env/simulation/random';
import { keyOf, SimulatedClient, type TopicPartition } from './client';
import type { SimulatedCluster } from './cluster';
import { CoordinatorOf, committedOffsets } from './coordinators';
import { GroupLedger } from './group-ledger';
import { Member, SESSION_TIMEOUT_MS } from './member';

const MEMBERS = 3;
const MAX_CALM_MS = 8_000;
/** Some of whom fall silent lose their places by it. */
const MAX_SILENCE_MS = 2 * SESSION_TIMEOUT_MS;

/** A group whose members come and go; one of them is a static member, who comes back as the same. */
export class Membership {
  readonly ledger: GroupLedger;
  private readonly process: SimulatedProcess;
  private readonly random: SeededRandom;
  private readonly members: Member[] = [];
  private readonly lives: Promise<void>[] = [];
  private born = 0;
  private isCalm = false;

  constructor(
    private readonly cluster: SimulatedCluster,
    groupId: string,
    private readonly partitions: readonly TopicPartition[],
  ) {
    this.ledger = new GroupLedger(groupId, partitions.length);
    this.process = cluster.time.process(groupId);
    this.random = cluster.random.fork();
  }

  /** Ends when it is told to calm down. */
  async run(): Promise<void> {
    for (let place = 0; place < MEMBERS; place++) this.enter(place);
    while (!this.isCalm) {
      await sleep(this.process, this.random.between(0, MAX_CALM_MS));
      if (!this.isCalm) await this.meddle(this.random.below(MEMBERS));
    }
  }

  /** From now on nobody leaves any more. */
  calm(): void {
    this.isCalm = true;
  }

  /** Why the group is not whole; null where it is. */
  ailment(): string | null {
    const { groupId, generation, partitions } = this.ledger;
    const taken = new Set<number>();
    for (const { name, positions, generation: own } of this.members) {
      if (positions === null) return `${name} has no part in group ${groupId}`;
      if (own !== generation) return `${name} is in generation ${own} of group ${groupId}, not in ${generation}`;
      for (const partition of positions.keys()) taken.add(partition);
    }
    return taken.size < partitions ? `${partitions - taken.size} partitions are nobody's in group ${groupId}` : null;
  }

  async stop(): Promise<void> {
    for (const member of this.members) member.die();
    await Promise.all(this.lives);
  }

  /** What the coordinator says in the end; false where that cannot be had yet. */
  async judge(): Promise<boolean> {
    const client = new SimulatedClient(this.cluster, `judge of ${this.ledger.groupId}`);
    const coordinator = await new CoordinatorOf(client, 'group', this.ledger.groupId).find();
    const expected = this.ledger.expectation();
    const found =
      coordinator === null ? null : await committedOffsets(client, coordinator, this.ledger.groupId, this.partitions);
    client.close();
    if (found === null) return false;
    const offsets = this.partitions.map((place) => [place.partition, found.get(keyOf(place))!] as const);
    this.ledger.found('the end', expected, new Map(offsets));
    return true;
  }

  private enter(place: number): void {
    const { groupId } = this.ledger;
    const groupInstanceId = place === 0 ? `${groupId}-static` : null;
    const name = `${groupId}-member-${this.born++}`;
    const options = { ledger: this.ledger, partitions: this.partitions, groupInstanceId };
    const member = new Member(this.cluster, name, options);
    this.members[place] = member;
    this.lives.push(member.run());
  }

  private async meddle(place: number): Promise<void> {
    const member = this.members[place]!;
    switch (this.random.pick(['die', 'leave', 'pause', 'replace'] as const)) {
      case 'die':
        member.die();
        break;
      case 'leave':
        await member.leave();
        break;
      case 'pause':
        member.pause(this.random.between(0, MAX_SILENCE_MS));
        return;
      case 'replace':
        // What lives on is a zombie: a static one is to be fenced, any other is one more member for a while.
        member.retire(this.random.between(0, MAX_SILENCE_MS));
        this.enter(place);
        if (place !== 0) void sleep(this.process, MAX_SILENCE_MS).then(() => member.die());
        return;
    }
    await sleep(this.process, this.random.between(0, MAX_CALM_MS));
    this.enter(place);
  }
}
