import type { ErrorName } from '@odradek/protocol/errors';
import type { HostedPartition, HostedTransactions } from './hosted-transactions';
import { TRANSACTION_STATE_TOPIC, tombstonesBatch, transactionKey } from './records';
import type { RunningTransaction } from './running-transaction';
import type { TransactionShell } from './transaction-shell';

/** Room in a batch for the lengths of a record and the share of the header that it pays for. */
const TOMBSTONE_OVERHEAD_BYTES = 32;
/** Transactional ids looked at in one turn of the event loop. */
const IDS_PER_TURN = 500;

interface Expired {
  readonly transaction: RunningTransaction;
  readonly key: Buffer;
}

/**
 * Forgets transactional ids that have not been used for transactional.id.expiration.ms: they are gone once their
 * tombstones are committed (TransactionStateManager.removeExpiredTransactionalIds).
 */
export function expireTransactionalIds(shell: TransactionShell, hosted: HostedTransactions): void {
  const rest = hosted.partitions().map((partition) => ({ partition, ids: [...partition.transactions.values()] }));
  const turn = (): void => {
    const current = rest.at(-1);
    if (current === undefined) return;
    if (current.ids.length > 0 && hosted.isCurrent(current.partition)) {
      expireSome(shell, hosted, current.partition, current.ids.splice(-IDS_PER_TURN));
    } else {
      rest.pop();
    }
    if (rest.length > 0) shell.clock.soon(turn);
  };
  turn();
}

function expireSome(
  shell: TransactionShell,
  hosted: HostedTransactions,
  partition: HostedPartition,
  ids: readonly RunningTransaction[],
): void {
  const { clock, values, loggers } = shell;
  const nowMs = clock.nowMs();
  const limitBytes = batchLimitBytes(shell, partition.partition);
  if (limitBytes === null) {
    loggers.TransactionStateManager.warn(
      `Transaction expiration for partition ${TRANSACTION_STATE_TOPIC}-${partition.partition} failed because the log config was not available, which likely means the partition is not online or is no longer local.`,
    );
    return;
  }
  let batch: Expired[] = [];
  let bytes = 0;
  const write = (): void => {
    const written = batch;
    batch = [];
    bytes = 0;
    const tombstones = tombstonesBatch(
      written.map(({ key }) => key),
      nowMs,
    );
    shell.append(partition.partition, tombstones, (error) => {
      if (hosted.isCurrent(partition)) settle(shell, partition, written, error);
    });
  };
  for (const transaction of ids) {
    if (!transaction.core.expire(nowMs, values.transactionalIdExpirationMs)) continue;
    const key = transactionKey(transaction.transactionalId);
    batch.push({ transaction, key });
    bytes += key.length + TOMBSTONE_OVERHEAD_BYTES;
    if (bytes >= limitBytes) write();
  }
  if (batch.length > 0) write();
}

/** Half of what the partition takes: how long a batch becomes is only guessed at. */
function batchLimitBytes({ writer }: TransactionShell, partition: number): number | null {
  try {
    return writer.maxBatchBytes(TRANSACTION_STATE_TOPIC, partition) / 2;
  } catch {
    return null;
  }
}

function settle(
  { loggers }: TransactionShell,
  { transactions }: HostedPartition,
  expired: readonly Expired[],
  error: ErrorName | null,
): void {
  for (const { transaction } of expired) {
    const { core, transactionalId } = transaction;
    if (error === null) {
      transactions.delete(transactionalId);
      continue;
    }
    core.expiryFailed();
    loggers.TransactionStateManager.warn(
      `Failed to remove expired transactionalId: ${transactionalId} from cache. Tombstone append error code: ${error}, pendingState: Some(Dead)`,
    );
  }
}
