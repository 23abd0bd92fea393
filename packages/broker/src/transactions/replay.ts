import { forEachBatch, isControlAt } from '@odradek/protocol/records/batch';
import { type KafkaRecord, readRecords } from '@odradek/protocol/records/record';
import type { DamagedRecord } from '../replication/replay-losses';
import { parseTransactionKey, parseTransactionValue } from './records';
import type { TransactionMetadata } from './transaction-types';

/**
 * What the records of one `__transaction_state` partition come to, from its first batch to its last: the last record of
 * each transactional id counts (TransactionStateManager.loadTransactionMetadata).
 */
export class TransactionReplay {
  readonly transactions = new Map<string, TransactionMetadata>();
  readonly damaged: DamagedRecord[] = [];
  /** How many records bear a key that this coordinator does not know, by version. */
  readonly unknownKeys = new Map<number, number>();

  /** Takes whole batches in. */
  add(batches: Buffer): void {
    forEachBatch(batches, (at) => {
      if (isControlAt(batches, at)) return;
      for (const record of readRecords(batches, at)) this.take(record);
    });
  }

  private take(record: KafkaRecord): void {
    try {
      this.addRecord(record);
    } catch (error) {
      this.damaged.push({ offset: record.offset, reason: (error as Error).message });
    }
  }

  private addRecord({ key, value }: KafkaRecord): void {
    if (key === null) throw new Error("Transaction state log's key should not be null");
    const parsed = parseTransactionKey(key);
    if ('version' in parsed) {
      this.unknownKeys.set(parsed.version, (this.unknownKeys.get(parsed.version) ?? 0) + 1);
    } else if (value === null) {
      this.transactions.delete(parsed.transactionalId);
    } else {
      this.transactions.set(parsed.transactionalId, parseTransactionValue(value));
    }
  }
}
