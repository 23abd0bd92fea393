import { KafkaError } from '@odradek/protocol/errors';
import type { Clock } from '../env/clock';
import { Turns } from '../env/turns';
import { LogDirError } from './log-dir-error';
import { parsePartitionFolder } from './names';
import type { PartitionLog } from './partition-log';

/** Throws a `LogDirError`, which stops the start: whoever gave the folder may have given the wrong one. */
export function checkFolderName(dir: string, folder: string): void {
  if (parsePartitionFolder(folder) !== null) return;
  throw new LogDirError(
    `Found directory ${dir}/${folder}, '${folder}' is not in the form of topic-partition or topic-partition.uniqueId-delete (if marked for deletion).\nKafka's log directories (and children) should only contain Kafka topic data.`,
  );
}

/**
 * Which of two folders of one partition is not needed: the process has ended while the one took the other's place, and
 * both hold the same. A copy was written later than what it is a copy of. Throws a `LogDirError`, which stops the start,
 * where only a person can tell.
 */
export function spareOf(one: PartitionLog, other: PartitionLog): PartitionLog {
  const isSame =
    one.topicId !== null &&
    one.topicId === other.topicId &&
    one.logEndOffset === other.logEndOffset &&
    one.latestEpoch === other.latestEpoch;
  if (isSame) return one.lastWrittenMs < other.lastWrittenMs ? one : other;
  throw new LogDirError(
    `Duplicate log directories found: ${one.folder}, ${other.folder}. It is likely because log directory failure happened while broker was replacing current replica with future replica. Recover broker from this failure by manually deleting one of the two directories for this partition. It is recommended to delete the partition in the log directory that is known to have failed recently.`,
  );
}

/** Runs `action` for all items, at most `limit` at a time, with turns for others in between. */
export async function eachBounded<T>(
  clock: Clock,
  items: readonly T[],
  limit: number,
  action: (item: T) => Promise<void>,
): Promise<void> {
  const left = items.values();
  const turns = new Turns(clock);
  const worker = async (): Promise<void> => {
    for (const item of left) {
      await action(item);
      await turns.next();
    }
  };
  await Promise.all(Array.from({ length: limit }, worker));
}

/** Runs all steps at once. */
export function runToEnd<T>(steps: Generator<void, T, void>): T {
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}

/** For tasks that nobody waits for: what fails has been reported where it failed. */
export function unlessStorageFails(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
  }
}

/** Which of these dirs a file lies in, or null: the innermost, since one log dir may lie in another. */
export function innermostDir(dirs: readonly string[], file: string): string | null {
  const around = dirs.filter((dir) => file.startsWith(`${dir}/`));
  return around.length === 0 ? null : around.reduce((a, b) => (a.length > b.length ? a : b));
}
