import { type JudgedRecords, TakesLongError } from '../log/judged-records';
import type { RecordsThread } from '../log/records-thread';
import type { Partition } from '../replication/partition';
import type { RequestContext } from './handler';
import type { PartitionResult, TopicResult } from './produce-result';

/** An append whose records take long to judge: it is made once they have been judged aside. */
export interface PutAside {
  readonly topic: string;
  readonly partition: Partition;
  readonly work: TakesLongError;
  /** Where its result will be. */
  readonly place: PartitionResult;
  /** Lets go of what its records are counted to hold. */
  readonly release: () => void;
}

/** Keeps the records, which are views of a frame that is not ours any more when they have been judged. */
export function putAside(
  topic: string,
  partition: Partition,
  place: PartitionResult,
  { records, rules }: TakesLongError,
  context: RequestContext,
): PutAside {
  const work = new TakesLongError(Buffer.from(records), rules);
  return { topic, partition, work, place, release: context.hold(records.length) };
}

/** How an append ends. */
export interface AsideOutcomes {
  /** Tries it again; it is put aside once more where the topic's settings have changed meanwhile. */
  append(aside: PutAside, judged: JudgedRecords): PartitionResult;
  fail(aside: PutAside, thrown: unknown): PartitionResult;
}

/**
 * Makes the appends that have been put aside, each in the turn in which its records have been judged. The connection's
 * next request waits for the answer to this one, so its appends keep their order.
 */
export async function appendAside(
  all: PutAside[],
  responses: readonly TopicResult[],
  thread: RecordsThread,
  context: RequestContext,
  outcomes: AsideOutcomes,
): Promise<void> {
  for (let next = all.shift(); next !== undefined; next = all.shift()) {
    const { place } = next;
    const result = await appendJudged(next, thread, context, outcomes);
    const topic = responses.find(({ partitionResponses }) => partitionResponses.includes(place))!;
    topic.partitionResponses[topic.partitionResponses.indexOf(place)] = result;
  }
}

async function appendJudged(
  aside: PutAside,
  thread: RecordsThread,
  context: RequestContext,
  { append, fail }: AsideOutcomes,
): Promise<PartitionResult> {
  try {
    const judged = await thread.judge(aside.work, (durationMs) => {
      context.elsewhereMs += durationMs;
    });
    return append(aside, judged);
  } catch (thrown) {
    return fail(aside, thrown);
  } finally {
    aside.release();
  }
}
