import { KafkaError } from '@odradek/protocol/errors';
import type { Clock } from '../env/clock';
import type { Logger } from '../env/logger';

export interface ProducerIdBlock {
  readonly firstProducerId: number;
  readonly lastProducerId: number;
}

/** When this share of a block is used, the next one is asked for. */
const PREFETCH_SHARE = 0.9;
/** How long a client waits for the first id of a block: while there is no controller it had better try again itself. */
const PATIENCE_MS = 1_000;

/**
 * Producer ids, each given once in the life of the cluster: taken from blocks that the controller hands out, the next
 * one asked for before the current one is used up (RPCProducerIdManager).
 */
export class ProducerIds {
  private current: { next: number; readonly first: number; readonly last: number } | null = null;
  private following: ProducerIdBlock | null = null;
  private asking: Promise<void> | null = null;

  constructor(
    private readonly allocate: () => Promise<ProducerIdBlock>,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** The next id. Throws COORDINATOR_LOAD_IN_PROGRESS, which clients retry, while there is none at hand. */
  async next(): Promise<number> {
    if (this.exhausted()) await this.block();
    if (this.exhausted()) throw new KafkaError('COORDINATOR_LOAD_IN_PROGRESS');
    return this.take();
  }

  private exhausted(): boolean {
    if (this.current && this.current.next <= this.current.last) return false;
    if (!this.following) return true;
    const { firstProducerId: first, lastProducerId: last } = this.following;
    this.current = { next: first, first, last };
    this.following = null;
    return false;
  }

  private take(): number {
    const block = this.current!;
    const id = block.next++;
    const used = (block.next - block.first) / (block.last - block.first + 1);
    if (used >= PREFETCH_SHARE && !this.following) void this.askForBlock();
    return id;
  }

  /** Resolves when there is another block, or nobody should wait for it any longer. */
  private block(): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.clock.after(PATIENCE_MS, resolve);
      void this.askForBlock().then(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  private askForBlock(): Promise<void> {
    this.asking ??= this.allocate()
      .then(
        (block) => {
          this.following = block;
        },
        (error: Error) => this.logger.warn(`Failed to allocate a producer id block: ${error.message}`),
      )
      .finally(() => {
        this.asking = null;
      });
    return this.asking;
  }
}
