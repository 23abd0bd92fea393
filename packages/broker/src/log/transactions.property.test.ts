import {
  baseOffsetAt,
  forEachBatch,
  isControlAt,
  isTransactionalAt,
  lastOffsetAt,
  producerIdAt,
} from '@odradek/protocol/records/batch';
import { buildEndTxnBatch, parseEndTxnMarker } from '@odradek/protocol/records/control';
import { readRecords } from '@odradek/protocol/records/record';
import fc from 'fast-check';
import type { PartitionLog } from './partition-log';
import { batch, fixture, START_MS } from './testing/fixture';

const PRODUCERS = [1, 2, 3, 4];
const NOBODY = 9;

type Step =
  | { readonly does: 'write'; readonly producerId: number; readonly count: number }
  | { readonly does: 'end'; readonly producerId: number; readonly isCommit: boolean }
  | { readonly does: 'replicate' | 'stop' | 'crash' | 'roll' }
  | { readonly does: 'cut'; readonly batches: number };

const producerId = fc.constantFrom(...PRODUCERS);
const steps = fc.array(
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({
        does: fc.constant('write' as const),
        producerId: fc.oneof({ weight: 4, arbitrary: producerId }, { weight: 1, arbitrary: fc.constant(NOBODY) }),
        count: fc.integer({ min: 1, max: 3 }),
      }),
    },
    { weight: 8, arbitrary: fc.record({ does: fc.constant('end' as const), producerId, isCommit: fc.boolean() }) },
    { weight: 3, arbitrary: fc.record({ does: fc.constantFrom('replicate', 'roll' as const) }) },
    { weight: 1, arbitrary: fc.record({ does: fc.constantFrom('stop', 'crash' as const) }) },
    { weight: 1, arbitrary: fc.record({ does: fc.constant('cut' as const), batches: fc.integer({ min: 1, max: 5 }) }) },
  ) as fc.Arbitrary<Step>,
  { minLength: 1, maxLength: 60, size: 'max' },
);

interface Written {
  readonly first: number;
  readonly last: number;
  readonly producerId: number;
  readonly marker: 'COMMIT' | 'ABORT' | null;
}

/** What must be true of a log, said as simply as it can be: from the batches that are in it. */
class Model {
  batches: Written[] = [];

  get end(): number {
    return (this.batches.at(-1)?.last ?? -1) + 1;
  }

  /** First offsets of open transactions, by producer. */
  open(): Map<number, number> {
    const open = new Map<number, number>();
    for (const { producerId: id, marker, first } of this.batches) {
      if (marker !== null) open.delete(id);
      else if (id !== NOBODY && !open.has(id)) open.set(id, first);
    }
    return open;
  }

  /** Offsets of records below `upTo` that count, from `from` on. */
  committed(from: number, upTo: number): number[] {
    return this.batches
      .filter((it) => it.marker === null && it.last >= from && it.first < upTo && this.counts(it))
      .flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, index) => first + index));
  }

  private counts({ producerId: id, last }: Written): boolean {
    if (id === NOBODY) return true;
    return this.batches.find((it) => it.producerId === id && it.marker && it.first > last)?.marker === 'COMMIT';
  }
}

/** What a consumer makes of what it is given (Fetcher's read_committed). */
function consume(log: PartitionLog, from: number, maxBytes: number): number[] {
  const offsets: number[] = [];
  let next = from;
  while (next < log.lastStableOffset) {
    const { slice, abortedTransactions } = log.read(next, { maxBytes, minOneMessage: true, isolation: 'committed' });
    const bytes = Buffer.alloc(slice.bytes);
    slice.readInto(bytes, 0);
    const aborted = [...abortedTransactions!].sort((a, b) => a.firstOffset - b.firstOffset);
    const active = new Set<number>();
    forEachBatch(bytes, (at) => {
      next = lastOffsetAt(bytes, at) + 1;
      while (aborted[0] !== undefined && aborted[0].firstOffset <= lastOffsetAt(bytes, at)) {
        active.add(aborted.shift()!.producerId);
      }
      if (isControlAt(bytes, at)) {
        const [record] = readRecords(bytes, at);
        if (parseEndTxnMarker(record!)?.type === 'ABORT') active.delete(producerIdAt(bytes, at));
        return;
      }
      if (isTransactionalAt(bytes, at) && active.has(producerIdAt(bytes, at))) return;
      for (let offset = baseOffsetAt(bytes, at); offset < next; offset++) offsets.push(offset);
    });
  }
  return offsets;
}

/** A leader's log that is written to, cut as a follower's, ended and read back. */
class Subject {
  readonly model = new Model();
  private readonly fixture = fixture();
  log = this.open(true);

  private open(hadCleanShutdown: boolean): PartitionLog {
    return this.fixture.open({ segmentBytes: 600, indexIntervalBytes: 1 }, { hadCleanShutdown });
  }

  async take(step: Step): Promise<void> {
    const { log, model } = this;
    switch (step.does) {
      case 'write':
        this.write(step.producerId, step.count);
        return;
      case 'end': {
        const { producerId: id, isCommit } = step;
        const type = isCommit ? 'COMMIT' : 'ABORT';
        const marker = { type, producerId: id, producerEpoch: 0, coordinatorEpoch: 0, timestamp: START_MS } as const;
        log.appendAsLeader(buildEndTxnBatch(marker), { leaderEpoch: 0, origin: 'coordinator' });
        model.batches.push({ first: model.end, last: model.end, producerId: id, marker: type });
        return;
      }
      case 'replicate':
        log.setHighWatermark(log.logEndOffset);
        return;
      case 'roll':
        log.roll();
        return;
      case 'cut': {
        const kept = model.batches.slice(0, -step.batches);
        const to = (kept.at(-1)?.last ?? -1) + 1;
        if (to < log.highWatermark) return;
        log.truncateTo(to);
        model.batches = kept;
        return;
      }
      case 'stop':
        await this.reopen(true);
        return;
      case 'crash':
        await this.reopen(false);
        return;
      default:
        step satisfies never;
    }
  }

  private async reopen(isClean: boolean): Promise<void> {
    const { highWatermark } = this.log;
    if (isClean) {
      await this.log.flush();
      this.log.close();
    } else this.log.abandon();
    this.log = this.open(isClean);
    this.log.setHighWatermark(highWatermark);
  }

  private write(id: number, count: number): void {
    const { log, model } = this;
    const append = { leaderEpoch: 0, origin: 'coordinator' } as const;
    const first = model.end;
    if (id === NOBODY) log.appendAsLeader(batch(count), append);
    else {
      const verificationGuard = log.startTransactionVerification(id, 0, 0);
      const init = { producerId: id, producerEpoch: 0, baseSequence: 0, isTransactional: true };
      log.appendAsLeader(batch(count, init), { ...append, verificationGuard });
    }
    model.batches.push({ first, last: first + count - 1, producerId: id, marker: null });
  }

  check(from: number, maxBytes: number): void {
    const { log, model } = this;
    expect(log.logEndOffset).toBe(model.end);
    const open = log.activeProducers().filter(({ currentTxnStartOffset }) => currentTxnStartOffset >= 0);
    expect(new Map(open.map((it) => [it.producerId, it.currentTxnStartOffset]))).toEqual(model.open());
    const firstOpen = Math.min(log.highWatermark, ...model.open().values());
    expect(log.lastStableOffset).toBeLessThanOrEqual(firstOpen);
    const start = from % (model.end + 1);
    expect(consume(log, start, maxBytes)).toEqual(model.committed(start, log.lastStableOffset));
    // What is replicated is stable as far as it is decided.
    if (log.highWatermark === model.end) expect(log.lastStableOffset).toBe(firstOpen);
  }
}

test('whoever reads what is committed gets all of it and nothing else, whatever is cut and read back', async () => {
  const property = fc.asyncProperty(steps, fc.nat(), fc.constantFrom(1, 200, 100_000), async (all, from, maxBytes) => {
    const subject = new Subject();
    for (const step of all) {
      await subject.take(step);
      subject.check(from, maxBytes);
    }
    await subject.take({ does: 'replicate' });
    subject.check(0, maxBytes);
  });
  await fc.assert(property, { numRuns: 60, seed: 6 });
});
