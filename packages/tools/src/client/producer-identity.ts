import { errorName } from '@odradek/protocol/errors';
import { InitProducerId } from '@odradek/protocol/messages/init-producer-id';
import { ServerError, type ToolError } from '../tool-error';
import type { PartitionQueue } from './accumulator';
import type { KafkaClient } from './client';

const INT_MAX = 0x7fffffff;

/** Under whose name a producer's batches are sent, and when they may be. */
export interface ProducerIdentity {
  readonly transactionalId: string | null;
  readonly producerId: number;
  readonly producerEpoch: number;
  /** Whether `prepare` would change nothing and ask nobody. */
  readonly isSettled: boolean;
  /**
   * Sees to it that there is a producer id. Returns `'none'` while nothing may be sent, `'new'` where sequences start anew
   * with what is sent next. Throws `ToolError` where brokers cannot be asked now, or will never agree.
   * @param isQuiet whether no batch is on its way: a producer id is only ever changed then
   */
  prepare(isQuiet: boolean): Promise<'none' | 'same' | 'new'>;
  /** Whether batches of the partition may be sent. */
  admits(queue: PartitionQueue): boolean;
  /** A batch was given up. If it had a sequence, what follows has no place in that any more. */
  gaveUp(error: ToolError, hadSequence: boolean): void;
}

/** The identity of an idempotent producer without transactions: any broker gives one. */
export class IdempotentIdentity implements ProducerIdentity {
  readonly transactionalId = null;
  producerId = -1;
  producerEpoch = -1;
  private isSpent = false;

  constructor(
    private readonly client: KafkaClient,
    private readonly requestTimeoutMs: number,
  ) {}

  get isSettled(): boolean {
    return this.producerId >= 0 && !this.isSpent;
  }

  async prepare(isQuiet: boolean): Promise<'none' | 'same' | 'new'> {
    if (this.isSettled) return 'same';
    if (!isQuiet) return 'none';
    const request = { transactionalId: null, transactionTimeoutMs: INT_MAX, producerId: -1, producerEpoch: -1 };
    const response = await this.client.sendToAny(InitProducerId, request, Date.now() + this.requestTimeoutMs);
    if (response.errorCode !== 0) throw new ServerError(errorName(response.errorCode));
    this.producerId = response.producerId;
    this.producerEpoch = response.producerEpoch;
    this.isSpent = false;
    return 'new';
  }

  admits(): boolean {
    return true;
  }

  gaveUp(_: ToolError, hadSequence: boolean): void {
    if (hadSequence) this.isSpent = true;
  }
}

/** Neither idempotent nor transactional: batches carry no sequence. */
export const NO_IDENTITY: ProducerIdentity = {
  transactionalId: null,
  producerId: -1,
  producerEpoch: -1,
  isSettled: true,
  prepare: async () => 'same',
  admits: () => true,
  gaveUp: () => undefined,
};
