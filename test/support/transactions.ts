import { judge, type Poll, type Violation, type ViolationType } from './history';

/** One transaction that somebody tried. */
export interface Transaction {
  /** The transactional id, or one life of its owner. */
  readonly producer: string;
  /**
   * `committed`: the cluster said so. `aborted`: it said so, or nobody ever asked for a commit. `unknown`: a commit was asked
   * for and nobody can tell.
   */
  readonly outcome: 'committed' | 'aborted' | 'unknown';
  /** In the order in which they were sent. Nobody writes a value of a partition twice. */
  readonly writes: readonly { readonly partition: string; readonly value: string }[];
}

export interface TransactionHistory {
  /** Of each producer in the order of its attempts. */
  readonly transactions: readonly Transaction[];
  /** Of readers with read_committed. */
  readonly polls: readonly Poll[];
  /** What is committed in the end, partition by partition, of each replica when all was well again. */
  readonly finals: readonly Poll[];
}

export interface TransactionViolation {
  readonly type: Exclude<ViolationType, 'refused but written'> | 'aborted read' | 'torn transaction';
  readonly partition: string;
  readonly what: string;
}

/**
 * Judges what transactions promise: of one that was committed everything is there, once, in order, for everybody; of one that
 * was not, nothing is ever read; of one whose fate nobody knows it is all or nothing, over all of its partitions.
 */
export function judgeTransactions({ transactions, polls, finals }: TransactionHistory): TransactionViolation[] {
  const outcomes = { committed: 'acknowledged', aborted: 'refused', unknown: 'unknown' } as const;
  const sends = transactions.flatMap(({ producer, outcome, writes }) =>
    writes.map((write) => ({ producer, ...write, outcome: outcomes[outcome], offset: -1, mayRepeat: false })),
  );
  return [...judge({ sends, polls, finals }).map(named), ...judgeWholeness(transactions, finals)];
}

/** Who was told that a transaction is aborted has been told that its records will not be read. */
function named({ type, ...rest }: Violation): TransactionViolation {
  return { type: type === 'refused but written' ? 'aborted read' : type, ...rest };
}

/** Over all of its partitions everything of a transaction is there, or nothing. */
function judgeWholeness(transactions: readonly Transaction[], finals: readonly Poll[]): TransactionViolation[] {
  const found = new Map<string, Set<string>>();
  for (const { partition, records } of finals) {
    if (!found.has(partition)) found.set(partition, new Set(records.map(({ value }) => value)));
  }
  return transactions.flatMap(({ producer, outcome, writes }): TransactionViolation[] => {
    const judged = writes.filter(({ partition }) => found.has(partition));
    const missing = judged.filter(({ partition, value }) => !found.get(partition)!.has(value));
    if (missing.length === 0 || missing.length === judged.length) return [];
    const { partition, value } = missing[0]!;
    const what = `${producer}, ${outcome}: ${missing.length} of ${judged.length} records are not there, the first of them ${value}`;
    return [{ type: 'torn transaction', partition, what }];
  });
}

export interface CopyViolation {
  readonly type: 'not copied' | 'copied twice' | 'copied out of order' | 'invented copy';
  readonly partition: string;
  readonly what: string;
}

/**
 * Holds an output against its input, both as they are in the end: every value of the input once, in its order.
 * @param sourceOf the value of the input that a value of the output was made of
 */
export function judgeCopy(input: Poll, output: Poll, sourceOf: (value: string) => string): CopyViolation[] {
  const { partition } = output;
  const found: CopyViolation[] = [];
  const places = new Map(input.records.map(({ value }, place) => [value, place]));
  const copied = new Map<string, Poll['records'][number]>();
  let last = -1;
  for (const { offset, value } of output.records) {
    const source = sourceOf(value);
    const place = places.get(source);
    const earlier = copied.get(source);
    if (place === undefined) {
      found.push({ type: 'invented copy', partition, what: `${value} at ${offset}` });
      continue;
    }
    if (earlier !== undefined) {
      found.push({
        type: 'copied twice',
        partition,
        what: `${earlier.value} at ${earlier.offset}, ${value} at ${offset}`,
      });
      continue;
    }
    copied.set(source, { offset, value });
    if (place < last) found.push({ type: 'copied out of order', partition, what: `${source} at ${offset} comes late` });
    last = Math.max(last, place);
  }
  for (const { offset, value } of input.records) {
    if (!copied.has(value)) found.push({ type: 'not copied', partition, what: `${value} at ${offset} of the input` });
  }
  return found;
}
