import { type FetchedPartition, PartitionReader } from '../../replication/load/reader';
import { readCommitted } from '../../support/committed';

const READ_COMMITTED = 1;

export const keyOf = ({ key }: { readonly key: Buffer | null }): string => key?.toString() ?? '';

/** Reads one partition with read_committed from its beginning, from whoever leads it, on and on. */
export class CommittedReader extends PartitionReader {
  protected override readonly isolationLevel = READ_COMMITTED;

  protected override take({ abortedTransactions, lastStableOffset }: FetchedPartition, bytes: Buffer) {
    const found = readCommitted(bytes, this.offset, abortedTransactions, keyOf);
    if (found.next > lastStableOffset) {
      this.fatal.push(`reader of ${this.partition}: read up to ${found.next}, stable up to ${lastStableOffset}`);
    }
    return found;
  }
}
