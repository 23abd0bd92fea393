import { forEachBatch, lastOffsetAt } from '@odradek/protocol/records/batch';
import { seededBelow } from '@odradek/protocol/testing/seeded';
import { batch } from '../log/testing/fixture';
import { bytesOf, TestReplicas } from './testing/replicas';

const SEEDS = 10;
const STEPS = 80;
const REPLICAS = 3;

/** Three replicas whose leaders change, whose processes end and whose followers fetch, as chance wants it. */
class Story {
  readonly world: TestReplicas;
  private readonly below: (limit: number) => number;
  private leader = 0;
  private sequence = 0;
  /** The batches that were below a leader's high watermark once, by the offsets that they end before. */
  readonly committed = new Map<number, string>();

  constructor(
    seed: number,
    truncatesOnFetch: boolean,
    private readonly isClean: boolean,
  ) {
    this.below = seededBelow(seed);
    // Small answers, so that followers are mid-way when something happens, and segments that roll.
    this.world = new TestReplicas({
      replicas: REPLICAS,
      truncatesOnFetch,
      partitionMaxBytes: 400,
      config: { segmentBytes: 1200, indexIntervalBytes: 200 },
    });
    this.world.elect(0);
  }

  async run(): Promise<void> {
    for (let step = 0; step < STEPS; step++) {
      await this.step();
      this.note();
    }
    // What is written last is in every log in the end, and no epoch is without records.
    this.produce();
    await this.world.converge();
    this.note();
  }

  private async step(): Promise<void> {
    const chance = this.below(100);
    if (chance < 40) this.produce();
    else if (chance < 85) await this.world.replica(this.below(REPLICAS)).fetch();
    else if (chance < 95) this.elect();
    else this.restart();
  }

  private produce(): void {
    const records = batch(1 + this.below(3), { bytes: 1 + this.below(150), timestamp: 1000 + this.sequence++ });
    this.world.replica(this.leader).partition.appendAsLeader(records, 1, { origin: 'client' });
  }

  /** All are in sync for all that was acknowledged, so that any may lead; uncleanly, one that counts alone. */
  private elect(): void {
    this.leader = this.below(REPLICAS);
    if (this.isClean) this.world.elect(this.leader);
    else this.world.elect(this.leader, [this.leader], this.below(2) === 0 ? [] : undefined);
  }

  /** A process ends and begins anew; another replica, or the same, leads from then on. */
  private restart(): void {
    const replica = this.world.replica(this.below(REPLICAS));
    replica.restart(this.below(replica.log.highWatermark + 1));
    this.elect();
  }

  private note(): void {
    const leader = this.world.replica(this.leader);
    const { highWatermark } = leader.log;
    for (const [endOffset, bytes] of batchesOf(bytesOf(leader))) {
      if (endOffset <= highWatermark) this.committed.set(endOffset, bytes);
    }
  }
}

function batchesOf(log: Buffer): Map<number, string> {
  const batches = new Map<number, string>();
  forEachBatch(log, (at, size) => batches.set(lastOffsetAt(log, at) + 1, log.toString('latin1', at, at + size)));
  return batches;
}

const seeds = Array.from({ length: SEEDS }, (_, index) => index + 1);

test.each([true, false])(
  'logs become their leader’s, and keep what was acknowledged; told in answers: %s',
  async (told) => {
    for (const seed of seeds) {
      const story = new Story(seed, told, true);
      await story.run();
      const [first, ...others] = story.world.all.map(bytesOf);
      for (const other of others) expect({ seed, isEqual: other.equals(first!) }).toEqual({ seed, isEqual: true });
      const kept = batchesOf(first!);
      for (const [endOffset, bytes] of story.committed) {
        expect({ seed, endOffset, isKept: kept.get(endOffset) === bytes }).toEqual({ seed, endOffset, isKept: true });
      }
      expect(story.world.all.flatMap(({ loggers }) => loggers.messages('error'))).toEqual([]);
    }
  },
);

test.each([true, false])(
  'logs become their leader’s after unclean elections, too; told in answers: %s',
  async (told) => {
    for (const seed of seeds) {
      const story = new Story(seed, told, false);
      await story.run();
      story.world.elect(0, [0]);
      await story.world.converge();
      const [first, ...others] = story.world.all.map(bytesOf);
      for (const other of others) expect({ seed, isEqual: other.equals(first!) }).toEqual({ seed, isEqual: true });
      expect(story.world.all.flatMap(({ loggers }) => loggers.messages('error'))).toEqual([]);
    }
  },
);
