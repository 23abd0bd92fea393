import { KafkaError } from '@odradek/protocol/errors';
import type { Logger } from '../env/logger';

export interface ProducerIdBlock {
  readonly firstProducerId: number;
  readonly lastProducerId: number;
}

/** When this share of a block is used, the next one is asked for. */
const PREFETCH_SHARE = 0.9;

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
    private readonly logger: Logger,
  ) {}

  /** The next id. Throws COORDINATOR_LOAD_IN_PROGRESS, which clients retry, while there is none at hand. */
  async next(): Promise<number> {
    if (this.exhausted()) await this.askForBlock();
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
