import { KafkaError } from '@odradek/protocol/errors';
import { addToSequence } from '@odradek/protocol/records/batch';
import fc from 'fast-check';
import type { PartitionLog } from './partition-log';
import { append, batch, type Fixture, fixture } from './testing/fixture';

const EXPIRATION_MS = 1_000;
const REMEMBERED = 5;
const MAX_SEQUENCE = 0x7fffffff;

type Outcome = 'appended' | 'duplicate' | 'INVALID_PRODUCER_EPOCH' | 'OUT_OF_ORDER_SEQUENCE_NUMBER';

interface Written {
  readonly producerId: number;
  readonly epoch: number;
  readonly first: number;
  readonly count: number;
  readonly offset: number;
}

/** What a producer does: the batch `back` before its next one, or one ahead, in its epoch or another. */
interface Send {
  readonly does: 'send';
  readonly producerId: number;
  readonly back: number;
  readonly epochChange: number;
  readonly count: number;
}

type Step =
  | Send
  | { readonly does: 'stop' | 'crash' | 'expire' | 'roll' }
  | { readonly does: 'cut'; readonly batches: number };

const steps = fc.array(
  fc.oneof(
    {
      weight: 25,
      arbitrary: fc.record({
        does: fc.constant('send' as const),
        producerId: fc.constantFrom(1, 2, 3),
        back: fc.oneof(
          { weight: 3, arbitrary: fc.constant(0) },
          { weight: 2, arbitrary: fc.integer({ min: -1, max: 7 }) },
        ),
        epochChange: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, 1, -1),
        count: fc.integer({ min: 1, max: 3 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ does: fc.constantFrom('stop', 'crash', 'expire', 'roll' as const) }) },
    { weight: 1, arbitrary: fc.record({ does: fc.constant('cut' as const), batches: fc.integer({ min: 1, max: 4 }) }) },
  ) as fc.Arbitrary<Step>,
  { minLength: 1, maxLength: 80, size: 'max' },
);

/**
 * What must be known of producers, said as simply as it can be: from the batches that are in the log. A reload may
 * forget all but a producer's last batch, and may bring back who was forgotten.
 */
class Model {
  written: Written[] = [];
  /** Batches of a producer that are surely remembered; of one that is not here nothing may be known. */
  private readonly sure = new Map<number, number>();
  private readonly maybeForgotten = new Set<number>();

  private of(producerId: number): Written[] {
    return this.written.filter((batch) => batch.producerId === producerId);
  }

  /** The batch that a step means. */
  meant({ producerId, back, epochChange, count }: Send): Omit<Written, 'offset'> {
    const own = this.of(producerId);
    const last = own.at(-1);
    const epoch = Math.max(0, (last?.epoch ?? 0) + epochChange);
    const earlier = back > 0 ? own.at(-back) : undefined;
    if (earlier !== undefined) return { ...earlier, epoch: Math.max(0, earlier.epoch + epochChange) };
    const next = last === undefined ? MAX_SEQUENCE - 2 : addToSequence(last.first, last.count);
    const first = epochChange > 0 ? Math.max(0, -back) : addToSequence(next, back < 0 ? 1 : 0);
    return { producerId, epoch, first, count };
  }

  /** All that may be answered. */
  allowed(batch: Omit<Written, 'offset'>): Outcome[] {
    const { producerId } = batch;
    if (!this.sure.has(producerId)) return ['appended'];
    const known = this.outcomesIfKnown(batch);
    return this.maybeForgotten.has(producerId) ? ['appended', ...known] : known;
  }

  private outcomesIfKnown({ producerId, epoch, first, count }: Omit<Written, 'offset'>): Outcome[] {
    const own = this.of(producerId);
    const last = own.at(-1)!;
    const remembered = own.slice(-REMEMBERED).filter((batch) => batch.epoch === last.epoch);
    const place = remembered.findLastIndex((batch) => batch.first === first && batch.count === count);
    const refusal = this.refusal(last, epoch, first);
    if (epoch !== last.epoch || place < 0) return [refusal ?? 'appended'];
    const isSure = remembered.length - place <= this.sure.get(producerId)!;
    return isSure ? ['duplicate'] : ['duplicate', refusal ?? 'appended'];
  }

  private refusal(last: Written, epoch: number, first: number): Outcome | null {
    if (epoch < last.epoch) return 'INVALID_PRODUCER_EPOCH';
    const next = epoch > last.epoch ? 0 : addToSequence(last.first, last.count);
    return first === next ? null : 'OUT_OF_ORDER_SEQUENCE_NUMBER';
  }

  appended(batch: Written): void {
    this.written.push(batch);
    const { producerId } = batch;
    const known = this.maybeForgotten.delete(producerId) ? 0 : (this.sure.get(producerId) ?? 0);
    this.sure.set(producerId, Math.min(known + 1, REMEMBERED));
  }

  /** Everything that is known comes from the files. */
  reloaded(): void {
    for (const producerId of new Set(this.written.map((batch) => batch.producerId))) {
      if (!this.sure.has(producerId)) this.maybeForgotten.add(producerId);
      this.sure.set(producerId, 1);
    }
  }

  cut(batches: number): void {
    this.written.splice(-batches);
    for (const producerId of [...this.sure.keys()]) {
      if (this.of(producerId).length > 0) continue;
      this.sure.delete(producerId);
      this.maybeForgotten.delete(producerId);
    }
    this.reloaded();
  }

  expired(): void {
    this.sure.clear();
    this.maybeForgotten.clear();
  }
}

function outcomeOf(log: PartitionLog, { producerId, epoch, first, count }: Omit<Written, 'offset'>, nowMs: number) {
  const records = batch(count, { producerId, producerEpoch: epoch, baseSequence: first, timestamp: nowMs });
  try {
    const info = append(log, records);
    return { outcome: (info.duplicate ? 'duplicate' : 'appended') as Outcome, offset: info.firstOffset };
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    return { outcome: error.error as Outcome, offset: -1 };
  }
}

async function run(all: readonly Step[]): Promise<void> {
  const f: Fixture = fixture();
  const producerStateConfig = { producerIdExpirationMs: EXPIRATION_MS, transactionVerificationEnable: true };
  const open = (hadCleanShutdown: boolean) => f.open({ segmentBytes: 700 }, { hadCleanShutdown, producerStateConfig });
  const model = new Model();
  let log = open(true);
  for (const step of all) {
    switch (step.does) {
      case 'send': {
        const meant = model.meant(step);
        const { outcome, offset } = outcomeOf(log, meant, f.clock.nowMs());
        expect(model.allowed(meant)).toContain(outcome);
        if (outcome === 'appended') model.appended({ ...meant, offset });
        if (outcome === 'duplicate') expect(model.written).toContainEqual({ ...meant, offset });
        break;
      }
      case 'stop':
        log.close();
        log = open(true);
        model.reloaded();
        break;
      case 'crash':
        log.abandon();
        log = open(false);
        model.reloaded();
        break;
      case 'roll':
        log.roll();
        break;
      case 'expire':
        await f.clock.advance(EXPIRATION_MS * 2);
        log.removeExpiredProducers();
        model.expired();
        break;
      case 'cut':
        log.truncateTo(model.written.at(-step.batches)?.offset ?? 0);
        model.cut(step.batches);
        break;
    }
    const last = model.written.at(-1);
    expect(log.logEndOffset).toBe(last === undefined ? 0 : last.offset + last.count);
  }
}

test('no batch is taken twice or out of order, whatever is forgotten, cut and read again', async () => {
  await fc.assert(fc.asyncProperty(steps, run), { numRuns: 40, seed: 1 });
});
