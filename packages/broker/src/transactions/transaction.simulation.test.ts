import type { ErrorName } from '@odradek/protocol/errors';
import { SeededRandom } from '../env/simulation/random';
import { CoreWorld, PLACE } from './testing/core-world';
import { Transaction } from './transaction';
import type { InitProducerIdAnswer, ProducerIdAndEpoch, TransactionMetadata } from './transaction-types';

/**
 * Producers of one transactional id that begin, write, end, hang and come again, on coordinators that lose their log's
 * leadership, with records whose fate nobody knows: what always holds.
 */

const STEPS = 400;

/** `expect` is too slow to be asked a million times. */
function must(holds: boolean, promise: string): void {
  if (!holds) throw new Error(`broken: ${promise}`);
}

interface Call<Answer> {
  readonly answers: Answer[];
  readonly check: (answer: Answer) => void;
}

type Outcomes = Map<number, Set<boolean>>;

const isNewer = (a: ProducerIdAndEpoch, b: ProducerIdAndEpoch): boolean =>
  a.producerId > b.producerId || (a.producerId === b.producerId && a.producerEpoch > b.producerEpoch);

class Simulation {
  world = new CoreWorld();
  /** All that was appended, and how much of it is committed. */
  private log: TransactionMetadata[] = [];
  private committed = 0;
  private seen = 0;
  private inits: Call<InitProducerIdAnswer>[] = [];
  private calls: Call<ErrorName>[] = [];
  private readonly producers: ProducerIdAndEpoch[] = [{ producerId: 10, producerEpoch: -1 }];
  private newest: ProducerIdAndEpoch = { producerId: -1, producerEpoch: -1 };
  private nextProducerId = 11;
  private coordinatorEpoch = 1;
  /** By the time at which a transaction began: how its markers were to say that it ended, and what producers were told. */
  private readonly marked: Outcomes = new Map();
  private readonly told: Outcomes = new Map();
  readonly counts = { commits: 0, aborts: 0, fenced: 0, reloads: 0, timeouts: 0, rotations: 0 };

  constructor(private readonly random: SeededRandom) {
    if (random.oneIn(2)) return;
    // Soon its epochs are used up.
    const { core } = this.world;
    this.world.core = new Transaction(PLACE, { ...core.metadata, producerEpoch: 32_763 });
  }

  step(): void {
    const { random, world } = this;
    world.nowMs += random.below(10) === 0 ? 20_000 : 1;
    const steps = [
      () => this.init(),
      () => this.add(),
      () => this.add(),
      () => this.verify(),
      () => this.end(),
      () => this.settleAppend(),
      () => this.settleAppend(),
      () => this.settleAppend(),
      () => this.settleMarkers(),
      () => this.settleMarkers(),
      () => this.timeOut(),
      () => random.oneIn(6) && this.reload(),
    ];
    random.pick(steps)();
    this.look();
  }

  /** Everything comes to its end: every question is answered. */
  finish(): void {
    while (this.world.appends.length > 0 || this.world.markers.length > 0) {
      if (this.world.appends.length > 0) this.persist(null);
      else this.mark();
      this.look();
    }
    for (const { answers } of [...this.inits, ...this.calls]) must(answers.length === 1, 'one answer to each question');
    must(!this.world.core.isPending, 'nothing stays pending');
    for (const [began, outcomes] of this.told) {
      const marked = this.marked.get(began);
      for (const isCommit of outcomes) must(marked?.has(isCommit) === true, 'what was answered is what is marked');
    }
  }

  private get committedRecord(): TransactionMetadata | undefined {
    return this.log[this.committed - 1];
  }

  private init(): void {
    const { world, random } = this;
    const old = random.pick(this.producers);
    const expected = random.oneIn(3) ? old : null;
    const request = { timeoutMs: 30_000 + random.below(2), expected };
    const newId = world.core.needsProducerId(request) ? this.nextProducerId++ : null;
    if (newId !== null) this.counts.rotations++;
    const answers = world.init(request, newId);
    const check = ({ error, producerId, producerEpoch }: InitProducerIdAnswer): void => {
      if (error === 'PRODUCER_FENCED') this.counts.fenced++;
      if (error !== 'NONE') return;
      const given = { producerId, producerEpoch };
      const record = this.committedRecord;
      must(record?.producerId === producerId && record.producerEpoch === producerEpoch, 'an epoch is committed first');
      must(record?.state === 'Empty', 'nothing is open when an epoch is given');
      must(expected !== null || isNewer(given, this.newest), 'a new producer fences all before it');
      must(!isNewer(this.newest, given), 'epochs never go back');
      this.newest = given;
      this.producers.push(given);
    };
    this.inits.push({ answers, check });
  }

  private add(): void {
    const { world, random } = this;
    const producer = this.producer();
    const partitions = [random.below(3), random.below(3)];
    const answers = world.add(partitions, producer);
    const check = (error: ErrorName): void => {
      if (error === 'PRODUCER_FENCED') this.counts.fenced++;
      if (error !== 'NONE') return;
      this.mustBeNewest(producer);
      const record = this.committedRecord!;
      must(record.state === 'Ongoing' && record.producerEpoch === producer.producerEpoch, 'a transaction is open');
      must(
        partitions.every((partition) => record.partitions.get('t')?.has(partition)),
        'partitions are committed first',
      );
    };
    this.calls.push({ answers, check });
  }

  private verify(): void {
    const producer = this.producer();
    const [error] = this.world.verify([this.random.below(3)], producer);
    if (error === 'NONE') must(this.committedRecord?.state === 'Ongoing', 'what is verified is open');
  }

  private end(): void {
    const { world, random } = this;
    const producer = this.producer();
    const isCommit = random.oneIn(2);
    const began = world.core.metadata.startTimestamp;
    const answers = world.end(isCommit, producer);
    const check = (error: ErrorName): void => {
      if (error === 'PRODUCER_FENCED') this.counts.fenced++;
      if (error !== 'NONE') return;
      this.mustBeNewest(producer);
      const { state, startTimestamp } = this.committedRecord!;
      const states = isCommit ? ['PrepareCommit', 'CompleteCommit'] : ['PrepareAbort', 'CompleteAbort'];
      must(states.includes(state) && startTimestamp === began, 'an outcome is committed first');
      note(this.told, began, isCommit);
    };
    this.calls.push({ answers, check });
  }

  /** Mostly whoever is the newest. */
  private producer(): ProducerIdAndEpoch {
    const { random } = this;
    return random.oneIn(4) ? random.pick(this.producers) : this.producers.at(-1)!;
  }

  private mustBeNewest({ producerId, producerEpoch }: ProducerIdAndEpoch): void {
    const { newest } = this;
    must(producerId === newest.producerId && producerEpoch === newest.producerEpoch, 'a fenced producer gets nothing');
  }

  /** Writes what is to be appended into the log. */
  private look(): void {
    const { world } = this;
    must(world.appends.length <= 1, 'one record at a time');
    for (const { transaction } of world.markers.slice(this.seen)) {
      const { state, startTimestamp, producerEpoch } = this.committedRecord!;
      must(
        state === (transaction.isCommit ? 'PrepareCommit' : 'PrepareAbort'),
        'no markers before the outcome is certain',
      );
      must(producerEpoch === transaction.producerEpoch, 'markers bear the epoch of the record');
      note(this.marked, startTimestamp, transaction.isCommit);
      must(this.marked.get(startTimestamp)!.size === 1, 'no transaction is torn');
      if (transaction.isCommit) this.counts.commits++;
      else this.counts.aborts++;
    }
    this.seen = world.markers.length;
    for (const { answers, check } of [...this.inits, ...this.calls] as Call<unknown>[]) {
      must(answers.length <= 1, 'nothing is answered twice');
      if (answers.length === 1) check(answers[0]);
    }
    this.inits = this.inits.filter(({ answers }) => answers.length === 0);
    this.calls = this.calls.filter(({ answers }) => answers.length === 0);
  }

  private settleAppend(): void {
    const { random, world } = this;
    if (world.appends.length === 0) return;
    if (!random.oneIn(5)) this.persist(null);
    // Not in the log, or there without anybody knowing whether it stays.
    else this.persist(random.pick(['NOT_ENOUGH_REPLICAS', 'REQUEST_TIMED_OUT', 'NOT_ENOUGH_REPLICAS_AFTER_APPEND']));
  }

  private persist(error: ErrorName | null): void {
    if (error !== 'NOT_ENOUGH_REPLICAS') this.log.push(this.world.appends[0]!.metadata);
    if (error === null) this.committed = this.log.length;
    this.world.persist(error);
  }

  private settleMarkers(): void {
    if (this.world.markers.length > 0) this.mark();
  }

  private mark(): void {
    this.seen--;
    this.world.mark();
  }

  private timeOut(): void {
    const { world } = this;
    const effects = world.core.abortIfTimedOut(world.nowMs);
    if (effects.length > 0) this.counts.timeouts++;
    world.run(effects);
  }

  /** Another coordinator, with a log that has all that was committed and perhaps some of what was not. */
  private reload(): void {
    const { world, random } = this;
    const inFlight = world.appends.map(({ metadata }) => metadata);
    world.run(world.core.unload(world.nowMs));
    this.look();
    for (const { answers } of [...this.inits, ...this.calls]) must(answers.length === 1, 'who waits is told');
    const kept = [...this.log, ...inFlight];
    this.log = kept.slice(0, this.committed + random.below(kept.length - this.committed + 1));
    this.committed = this.log.length;
    this.counts.reloads++;
    const next = new CoreWorld(this.nextProducerId++);
    next.nowMs = world.nowMs;
    this.world = next;
    this.seen = 0;
    const last = this.log.at(-1);
    // Nobody has ever heard of it.
    if (last === undefined) return;
    const record = last.state === 'Empty' ? { ...last, startTimestamp: -1 } : last;
    next.core = new Transaction(
      { ...PLACE, coordinatorEpoch: ++this.coordinatorEpoch },
      { ...record, lastProducerId: -1, lastProducerEpoch: -1 },
    );
    next.run(next.core.loaded(next.nowMs));
  }
}

function note(outcomes: Outcomes, began: number, isCommit: boolean): void {
  outcomes.set(began, (outcomes.get(began) ?? new Set()).add(isCommit));
}

test('whatever happens, transactions are whole, and their producers one after another', () => {
  const total: Record<string, number> = {};
  for (let seed = 1; seed <= 250; seed++) {
    const simulation = new Simulation(new SeededRandom(seed));
    try {
      for (let step = 0; step < STEPS; step++) simulation.step();
      simulation.finish();
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
    for (const [name, count] of Object.entries(simulation.counts)) total[name] = (total[name] ?? 0) + count;
  }
  // It has seen everything.
  for (const name of ['commits', 'aborts', 'fenced', 'reloads', 'timeouts', 'rotations']) {
    expect(total[name]).toBeGreaterThan(100);
  }
});
