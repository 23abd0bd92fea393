import { sleep } from '@odradek/broker/env/clock';
import type { SimulatedProcess } from '@odradek/broker/env/simulation/clock';
import type { SeededRandom } from '@odradek/broker/env/simulation/random';
import type { Transaction } from '../support/transactions';
import { SimulatedClient } from './client';
import type { SimulatedCluster } from './cluster';
import { CoordinatorOf, committedOffsets } from './coordinators';
import { CopierLife, type CopierOptions } from './copier-life';

/**
 * A copier with one transactional id, of which now and then a new life begins: the one before has been killed, or goes on until
 * somebody tells it that it is fenced.
 */
export class Copier {
  private readonly process: SimulatedProcess;
  private readonly random: SeededRandom;
  private readonly lives: CopierLife[] = [];
  private isInHurry = false;
  private isStopped = false;

  constructor(
    private readonly cluster: SimulatedCluster,
    readonly name: string,
    readonly options: CopierOptions,
  ) {
    this.process = cluster.time.process(name);
    this.random = cluster.random.fork();
  }

  /** Lives on until told to stop; resolves when no life of it does anything any more. */
  async run(): Promise<void> {
    while (!this.isStopped) {
      const life = new CopierLife(this.cluster, this.name, this.lives.length, this.options);
      this.lives.push(life);
      if (this.isInHurry) life.hurry();
      const ending = life.run();
      await Promise.race([ending, sleep(this.process, this.random.between(0, this.options.maxLifeMs))]);
      if (this.isInHurry) await ending;
      // What is not killed here goes on beside the next life.
      else if (this.random.oneIn(2)) life.kill();
    }
    await Promise.all(this.lives.map((life) => life.ended));
  }

  /** From now on it has no new life while the last one goes on, and makes no pauses. */
  hurry(): void {
    this.isInHurry = true;
    for (const life of this.lives) life.hurry();
  }

  stop(): void {
    this.isStopped = true;
    for (const life of this.lives) life.stop();
  }

  get transactions(): Transaction[] {
    return this.lives.flatMap((life) => life.transactions);
  }

  get losses(): string[] {
    return this.lives.flatMap((life) => life.losses);
  }

  /** Why transactions failed, and how often. */
  get failures(): ReadonlyMap<string, number> {
    const failures = new Map<string, number>();
    for (const reason of this.lives.flatMap((life) => life.failures)) {
      failures.set(reason, (failures.get(reason) ?? 0) + 1);
    }
    return failures;
  }

  /** How far the input is copied, partition by partition, as the group's offsets say; null where they cannot be had now. */
  async positions(): Promise<ReadonlyMap<string, number> | null> {
    const client = new SimulatedClient(this.cluster, `${this.name}-offsets`);
    const coordinator = await new CoordinatorOf(client, 'group', this.name).find();
    if (coordinator === null) return null;
    const found = await committedOffsets(client, coordinator, this.name, this.options.input);
    client.close();
    return found;
  }
}
