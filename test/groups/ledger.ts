/** Who a partition belongs to: a static member keeps it under a new member id. */
type Owner = string;

/** A commit on its way: what was known when it was sent. */
export interface Sent {
  readonly owner: Owner;
  readonly memberId: string;
  readonly generation: number;
  readonly partitions: readonly number[];
  readonly offsets: readonly number[];
  /** Somebody had been told of a later generation, or that this member is another one's former self. */
  readonly isOutdated: boolean;
}

/** All that the members of one group were told, and what must hold of it: what does not is a line in `wrong`. */
export class Ledger {
  readonly wrong: string[] = [];
  /** The latest generation that anybody was told of, and the latest whose assignments were. */
  private generation = 0;
  private assignedGeneration = 0;
  /** Generation → partition → owner. */
  private readonly owners = new Map<number, Map<number, Owner>>();
  private readonly currentIds = new Map<Owner, string>();
  /** By partition: what was acknowledged must be there, what was sent may. */
  readonly acknowledged: number[];
  readonly sent: number[];
  commits = 0;
  refusals = 0;

  constructor(readonly partitions: number) {
    this.acknowledged = Array<number>(partitions).fill(0);
    this.sent = Array<number>(partitions).fill(0);
  }

  get generations(): number {
    return this.owners.size;
  }

  /** The broker is gone: of generations without an assignment nothing may be left. */
  crashed(): void {
    this.generation = this.assignedGeneration;
    this.currentIds.clear();
  }

  joined(owner: Owner, memberId: string, generation: number): void {
    this.generation = Math.max(this.generation, generation);
    this.currentIds.set(owner, memberId);
  }

  assigned(owner: Owner, generation: number, partitions: readonly number[]): void {
    this.generation = Math.max(this.generation, generation);
    this.assignedGeneration = Math.max(this.assignedGeneration, generation);
    const owners = this.owners.get(generation) ?? new Map<number, Owner>();
    this.owners.set(generation, owners);
    for (const partition of partitions) {
      const other = owners.get(partition);
      if (other !== undefined && other !== owner) {
        this.wrong.push(`generation ${generation}: partition ${partition} is both ${other}'s and ${owner}'s`);
      }
      owners.set(partition, owner);
    }
  }

  committing(owner: Owner, memberId: string, generation: number, positions: ReadonlyMap<number, number>): Sent {
    const [partitions, offsets] = [[...positions.keys()], [...positions.values()]];
    partitions.forEach((partition, at) => {
      this.sent[partition] = Math.max(this.sent[partition]!, offsets[at]!);
    });
    const isOutdated = generation < this.generation || (this.currentIds.get(owner) ?? memberId) !== memberId;
    return { owner, memberId, generation, partitions, offsets, isOutdated };
  }

  committed({ owner, memberId, generation, partitions, offsets, isOutdated }: Sent): void {
    this.commits++;
    if (isOutdated) this.wrong.push(`${memberId} of ${owner} committed in generation ${generation}, which was over`);
    partitions.forEach((partition, at) => {
      const known = this.owners.get(generation)?.get(partition);
      if (known !== owner) this.wrong.push(`${owner} committed ${partition} in ${generation}, which is ${known}'s`);
      this.acknowledged[partition] = Math.max(this.acknowledged[partition]!, offsets[at]!);
    });
  }

  /** What `fetched` has to find. */
  expectation(): readonly number[] {
    return [...this.acknowledged];
  }

  fetched(who: string, expected: readonly number[], found: ReadonlyMap<number, number>): void {
    for (const [partition, offset] of found) {
      const [least, most] = [expected[partition]!, this.sent[partition]!];
      if (Math.max(offset, 0) >= least && offset <= most) continue;
      this.wrong.push(`${who}: partition ${partition} is at ${offset}, acknowledged ${least}, sent ${most}`);
    }
  }
}
