import {
  baseOffsetAt,
  forEachBatch,
  isControlAt,
  isCrcValidAt,
  isTransactionalAt,
  lastOffsetAt,
  producerIdAt,
} from '@odradek/protocol/records/batch';
import { controlRecordType } from '@odradek/protocol/records/control';
import { readRecords } from '@odradek/protocol/records/record';
import type { Poll } from './history';

type ReadRecord = Poll['records'][number];

/** As a Fetch answer names them. */
export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

/** Where the text that tells records apart is. */
export type Tell = (record: { readonly key: Buffer | null; readonly value: Buffer | null }) => string;

/**
 * What a consumer with read_committed takes out of a Fetch answer, and where it goes on: whose aborted transaction has begun is
 * left out until that producer's abort marker comes (CompletedFetch.nextFetchedRecord).
 */
export function readCommitted(bytes: Buffer, from: number, aborted: readonly AbortedTransaction[] | null, tell: Tell) {
  const records: ReadRecord[] = [];
  const coming = [...(aborted ?? [])].sort((one, other) => one.firstOffset - other.firstOffset);
  const isAborted = new Set<number>();
  let next = from;
  forEachBatch(bytes, (at) => {
    if (!isCrcValidAt(bytes, at)) throw new Error(`a bad checksum after offset ${next}`);
    next = lastOffsetAt(bytes, at) + 1;
    while (coming.length > 0 && coming[0]!.firstOffset < next) isAborted.add(coming.shift()!.producerId);
    const producerId = producerIdAt(bytes, at);
    if (isControlAt(bytes, at)) {
      if (markerAt(bytes, at) === 'ABORT') isAborted.delete(producerId);
      return;
    }
    if (isTransactionalAt(bytes, at) && isAborted.has(producerId)) return;
    for (const record of readRecords(bytes, at)) {
      if (record.offset >= from) records.push({ offset: record.offset, value: tell(record) });
    }
  });
  return { records, next };
}

/** A replica's log, judged by its own markers alone. */
export interface CommittedView {
  /** What is committed, in the order of offsets. */
  readonly records: readonly ReadRecord[];
  /** Values of transactions that were aborted. */
  readonly aborted: readonly string[];
  /** Transactions without an end: a description each. */
  readonly open: readonly string[];
  readonly endOffset: number;
}

/** What a whole log says is committed, aborted, and open, without any index. */
export function committedView(bytes: Buffer, tell: Tell): CommittedView {
  const records: ReadRecord[] = [];
  const aborted: string[] = [];
  const open = new Map<number, { first: number; records: ReadRecord[] }>();
  let endOffset = 0;
  forEachBatch(bytes, (at) => {
    endOffset = lastOffsetAt(bytes, at) + 1;
    const producerId = producerIdAt(bytes, at);
    if (isControlAt(bytes, at)) {
      const ended = open.get(producerId)?.records ?? [];
      open.delete(producerId);
      if (markerAt(bytes, at) === 'COMMIT') records.push(...ended);
      else aborted.push(...ended.map(({ value }) => value));
      return;
    }
    const found = [...readRecords(bytes, at)].map((record) => ({ offset: record.offset, value: tell(record) }));
    if (!isTransactionalAt(bytes, at)) {
      records.push(...found);
      return;
    }
    const transaction = open.get(producerId) ?? { first: baseOffsetAt(bytes, at), records: [] };
    open.set(producerId, transaction);
    transaction.records.push(...found);
  });
  return {
    records: records.toSorted((one, other) => one.offset - other.offset),
    aborted,
    open: [...open].map(([producerId, { first }]) => `producer ${producerId} since offset ${first}`),
    endOffset,
  };
}

function markerAt(bytes: Buffer, at: number): 'ABORT' | 'COMMIT' | 'UNKNOWN' {
  const [marker] = readRecords(bytes, at);
  return controlRecordType(marker!.key);
}
