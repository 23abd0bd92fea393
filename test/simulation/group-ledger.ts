/** Who a partition belongs to: a static member keeps it under a new member id. */
type Owner = string;

/** A commit on its way: what was known when it was sent. */
export interface SentCommit {
  readonly owner: Owner;
  readonly memberId: string;
  readonly generation: number;
  readonly positions: ReadonlyMap<number, number>;
  /** Members had been given assignments of a later generation, or this member's place had been given to another one. */
  readonly isOutdated: boolean;
}

interface Offsets {
  /** The largest that was acknowledged; 0 for none. */
  acknowledged: number;
  sent: number;
  /** Those whose commits nobody answered: they may take effect at any time after. */
  readonly unknown: Set<number>;
}

/**
 * What the members of one group were told, and what must hold of it whatever happens to its coordinators: an assignment is
 * known to all of them before any member hears of it. (A generation that nobody has assignments of may be forgotten.)
 */
export class GroupLedger {
  readonly wrong: string[] = [];
  /** The latest generation that anybody has assignments of. */
  generation = 0;
  acceptedCommits = 0;
  private readonly owners = new Map<number, Map<number, Owner>>();
  private readonly memberIds = new Map<Owner, string>();
  private readonly offsets: readonly Offsets[];

  constructor(
    readonly groupId: string,
    readonly partitions: number,
  ) {
    this.offsets = Array.from({ length: partitions }, () => ({ acknowledged: 0, sent: 0, unknown: new Set<number>() }));
  }

  get generations(): number {
    return this.owners.size;
  }

  assigned(owner: Owner, memberId: string, generation: number, partitions: readonly number[]): void {
    this.generation = Math.max(this.generation, generation);
    this.memberIds.set(owner, memberId);
    const owners = this.owners.get(generation) ?? new Map<number, Owner>();
    this.owners.set(generation, owners);
    for (const partition of partitions) {
      const other = owners.get(partition);
      if (other !== undefined && other !== owner) {
        this.says(`generation ${generation}: partition ${partition} is both ${other}'s and ${owner}'s`);
      }
      owners.set(partition, owner);
    }
  }

  sending(owner: Owner, memberId: string, generation: number, positions: ReadonlyMap<number, number>): SentCommit {
    for (const [partition, offset] of positions) {
      const offsets = this.offsets[partition]!;
      offsets.sent = Math.max(offsets.sent, offset);
      offsets.unknown.add(offset);
    }
    return { owner, memberId, generation, positions, isOutdated: this.isOutdated(owner, memberId, generation) };
  }

  accepted({ owner, memberId, generation, positions, isOutdated }: SentCommit): void {
    this.acceptedCommits++;
    if (isOutdated) this.says(`${memberId} of ${owner} committed in generation ${generation}, which was over`);
    for (const [partition, offset] of positions) {
      const known = this.owners.get(generation)?.get(partition);
      if (known !== owner) this.says(`${owner} committed ${partition} in generation ${generation}: it is ${known}'s`);
      const offsets = this.offsets[partition]!;
      offsets.unknown.delete(offset);
      offsets.acknowledged = Math.max(offsets.acknowledged, offset);
    }
  }

  /** The coordinator says that it did not take the commit. */
  refused({ positions }: SentCommit): void {
    for (const [partition, offset] of positions) this.offsets[partition]!.unknown.delete(offset);
  }

  /** What a question for offsets that is sent now has to find at least. */
  expectation(): readonly number[] {
    return this.offsets.map(({ acknowledged }) => acknowledged);
  }

  found(who: string, expected: readonly number[], found: ReadonlyMap<number, number>): void {
    for (const [partition, offset] of found) {
      const { sent, unknown } = this.offsets[partition]!;
      if ((offset >= expected[partition]! && offset <= sent) || unknown.has(offset)) continue;
      this.says(
        `${who} finds partition ${partition} at ${offset}: acknowledged ${expected[partition]}, sent up to ${sent}`,
      );
    }
  }

  /** Whether a member's generation or its id is one of the past, as all may know. */
  isOutdated(owner: Owner, memberId: string, generation: number): boolean {
    return generation < this.generation || (this.memberIds.get(owner) ?? memberId) !== memberId;
  }

  private says(what: string): void {
    this.wrong.push(`group ${this.groupId}: ${what}`);
  }
}
