import path from 'node:path';
import { home, ServerProcess } from '../../support/process';
import type { Transaction } from '../../support/transactions';

const PROGRAM = path.join(home, 'test', 'transactions', 'load', 'kafkajs-copier.mjs');

export interface CopierOptions {
  readonly brokers: readonly string[];
  /** Its transactional id and its group. */
  readonly name: string;
  readonly input: string;
  readonly output: string;
  readonly echo: string;
  readonly partitions: number;
  readonly maxRecords: number;
  /** One transaction in so many is aborted. */
  readonly abortOneIn: number;
}

interface Attempt {
  readonly id: string;
  readonly writes: Transaction['writes'];
}

/** A copier, started again whenever it ends, until it is told to stop. */
export class Copier {
  private readonly lives: ServerProcess[] = [];
  private isStopped = false;
  private running: Promise<void> = Promise.resolve();

  constructor(readonly options: CopierOptions) {}

  start(): void {
    this.running = this.run();
  }

  private async run(): Promise<void> {
    while (!this.isStopped) {
      const life = new ServerProcess(process.execPath, [
        PROGRAM,
        JSON.stringify({ ...this.options, life: this.lives.length }),
      ]);
      this.lives.push(life);
      await life.ended;
    }
  }

  /** kill -9; it comes back. */
  async kill(): Promise<void> {
    await this.lives.at(-1)?.kill();
  }

  /** Lets it end the transaction that it is in. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await this.lives.at(-1)?.stop();
    await this.running;
  }

  /** How many transactions it knows to be committed. */
  get committed(): number {
    return this.transactions.filter(({ outcome }) => outcome === 'committed').length;
  }

  /** Why its lives ended, where they said so. */
  get failures(): string[] {
    return this.facts.flatMap(({ failed }) => (failed === undefined ? [] : [failed]));
  }

  /** All that it tried, in all its lives. */
  get transactions(): Transaction[] {
    const attempts: Attempt[] = [];
    const asked = new Set<string>();
    const committed = new Set<string>();
    for (const fact of this.facts) {
      if (fact.id !== undefined) attempts.push({ id: fact.id, writes: fact.writes });
      if (fact.committing !== undefined) asked.add(fact.committing);
      if (fact.committed !== undefined) committed.add(fact.committed);
    }
    const outcomeOf = (id: string): Transaction['outcome'] => {
      if (committed.has(id)) return 'committed';
      return asked.has(id) ? 'unknown' : 'aborted';
    };
    return attempts.map(({ id, writes }) => ({ producer: this.options.name, outcome: outcomeOf(id), writes }));
  }

  /** What it said, line by line; the last one of a life may be cut off. */
  private get facts() {
    return this.lives.flatMap((life) =>
      life
        .log()
        .split('\n')
        .flatMap((line) => {
          try {
            return line.startsWith('{') ? [JSON.parse(line)] : [];
          } catch {
            return [];
          }
        }),
    );
  }

  /** Everything that its last lives said, for whoever wonders. */
  log(): string {
    return this.lives.map((life) => life.log()).join('\n');
  }
}
