import type { ErrorName } from '@odradek/protocol/errors';
import { Transaction } from '../transaction';
import type {
  Effect,
  EndedTransaction,
  EndRequest,
  InitProducerIdAnswer,
  InitProducerIdRequest,
  MarkersOutcome,
  PartitionsRequest,
  TransactionMetadata,
} from '../transaction-types';

export const PLACE = { transactionalId: 'txn', txnPartition: 3, coordinatorEpoch: 7 };
export const TIMEOUT_MS = 60_000;

interface Append {
  readonly token: number;
  readonly metadata: TransactionMetadata;
}

/** The core of one transactional id, whose appends and markers are settled when a test says so. */
export class CoreWorld {
  nowMs = 1_000_000;
  core: Transaction;
  /** Appends that nobody has settled. */
  readonly appends: Append[] = [];
  /** Markers that nobody has settled. */
  readonly markers: { readonly token: number; readonly transaction: EndedTransaction }[] = [];
  /** Every record that was committed. */
  readonly committed: TransactionMetadata[] = [];
  readonly messages: string[] = [];
  /** How many appends had to be made again. */
  again = 0;

  constructor(producerId = 10) {
    this.core = Transaction.create(PLACE, producerId, TIMEOUT_MS, this.nowMs);
  }

  run(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type === 'answer-init') effect.ticket(effect.answer);
      else if (effect.type === 'answer') effect.ticket(effect.error);
      else if (effect.type === 'append' || effect.type === 'append-again') {
        if (effect.type === 'append-again') this.again++;
        this.appends.push(effect);
      } else if (effect.type === 'send-markers') this.markers.push(effect);
      else this.messages.push(effect.message);
    }
  }

  init(change: Partial<InitProducerIdRequest> = {}, newProducerId: number | null = null): InitProducerIdAnswer[] {
    const answers: InitProducerIdAnswer[] = [];
    const request = { timeoutMs: TIMEOUT_MS, expected: null, ...change };
    this.run(this.core.initProducerId(request, newProducerId, (answer) => answers.push(answer), this.nowMs));
    return answers;
  }

  /** Of the producer that is current, unless `change` says otherwise. */
  add(partitions: readonly number[], change: Partial<PartitionsRequest> = {}): ErrorName[] {
    const answers: ErrorName[] = [];
    const { producerId, producerEpoch } = this.core.metadata;
    const request = { producerId, producerEpoch, partitions: of(partitions), ...change };
    this.run(this.core.addPartitions(request, (error) => answers.push(error), this.nowMs));
    return answers;
  }

  verify(partitions: readonly number[], change: Partial<PartitionsRequest> = {}): ErrorName[] {
    const { producerId, producerEpoch } = this.core.metadata;
    return this.core.verifyPartitions({ producerId, producerEpoch, partitions: of(partitions), ...change });
  }

  end(isCommit: boolean, change: Partial<EndRequest> = {}): ErrorName[] {
    const answers: ErrorName[] = [];
    const { producerId, producerEpoch } = this.core.metadata;
    const request = { producerId, producerEpoch, isCommit, ...change };
    this.run(this.core.endTransaction(request, (error) => answers.push(error), this.nowMs));
    return answers;
  }

  /** Settles the oldest append. */
  persist(error: ErrorName | null = null): TransactionMetadata {
    const { token, metadata } = this.appends.shift()!;
    if (error === null) this.committed.push(metadata);
    this.run(this.core.persisted(token, error, this.nowMs));
    return metadata;
  }

  /** Settles the oldest markers. */
  mark(outcome: MarkersOutcome = 'complete'): EndedTransaction {
    const { token, transaction } = this.markers.shift()!;
    this.run(this.core.markersSettled(token, outcome));
    return transaction;
  }

  /** Brings the id to a state, all of it committed. */
  reach(state: TransactionMetadata['state']): this {
    this.init();
    this.persist();
    if (state === 'Empty') return this;
    this.add([0]);
    this.persist();
    if (state === 'Ongoing') return this;
    this.end(state.endsWith('Commit'));
    this.persist();
    if (state.startsWith('Prepare')) return this;
    this.mark();
    this.persist();
    return this;
  }
}

export const of = (partitions: readonly number[]) => partitions.map((partition) => ({ topic: 't', partition }));
