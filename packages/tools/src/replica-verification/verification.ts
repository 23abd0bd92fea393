import { crcAt, lastOffsetAt, wholeBatchSizeAt } from '@odradek/protocol/records/batch';
import { partitionText, type TopicPartition } from '../client/partitions';
import { ToolError } from '../tool-error';

/** What one replica sent of a partition. */
export interface FetchedReplica {
  readonly broker: number;
  readonly highWatermark: number;
  readonly records: Buffer;
}

/** A partition, and up to where its replicas are known to be the same. */
export interface VerifiedPartition extends TopicPartition {
  offset: number;
}

/** How far a partition's verification is behind; `lag` is -1 where nothing is known. */
export interface Lag {
  readonly lag: number;
  readonly partition: string;
  readonly offset: number;
}

interface Batch {
  readonly lastOffset: number;
  readonly checksum: number;
}

function* batchesOf(records: Buffer): Generator<Batch> {
  for (let at = 0, size = wholeBatchSizeAt(records, at); size > 0; at += size, size = wholeBatchSizeAt(records, at)) {
    yield { lastOffset: lastOffsetAt(records, at), checksum: crcAt(records, at) };
  }
}

/** Replicas that hold different offsets: there is nothing left to compare. */
export class OffsetMismatch extends Error {}

/**
 * Compares what replicas sent of a partition, batch by batch, and moves its offset behind what all of them hold
 * (ReplicaBuffer.verifyCheckSum). Beyond the high watermark they may differ.
 *
 * @param tell called with every difference that does not end the comparison
 * @throws OffsetMismatch with what is to be told of it
 */
export function verifyPartition(
  partition: VerifiedPartition,
  replicas: readonly FetchedReplica[],
  tell: (difference: string) => void,
): void {
  const name = partitionText(partition);
  const walks = replicas.map(({ broker, highWatermark, records }) => ({
    broker,
    highWatermark,
    batches: batchesOf(records),
  }));
  for (;;) {
    let first: { readonly broker: number; readonly batch: Batch } | undefined;
    let isInAll = true;
    for (const { broker, highWatermark, batches } of walks) {
      const batch = nextOf(batches, `replica ${broker} in partition ${name} at offset ${partition.offset}`);
      if (batch === undefined || batch.lastOffset >= highWatermark) {
        isInAll = false;
      } else if (first === undefined) {
        first = { broker, batch };
      } else {
        const expected = first.batch;
        if (expected.lastOffset !== batch.lastOffset) {
          const [one, other] = [
            `replica ${first.broker}'s offset ${expected.lastOffset}`,
            `replica ${broker}'s offset`,
          ];
          throw new OffsetMismatch(`partition ${name}: ${one} doesn't match ${other} ${batch.lastOffset}`);
        }
        if (expected.checksum !== batch.checksum) {
          const where = `partition ${name} has unmatched checksum at offset ${batch.lastOffset}`;
          const [one, other] = [`replica ${first.broker}'s checksum`, `replica ${broker}'s checksum`];
          tell(`${where}; ${one} ${expected.checksum}; ${other} ${batch.checksum}`);
        }
      }
    }
    if (!isInAll) return;
    partition.offset = first!.batch.lastOffset + 1;
  }
}

function nextOf(batches: Generator<Batch>, where: string): Batch | undefined {
  try {
    const { done, value } = batches.next();
    return done ? undefined : value;
  } catch (thrown) {
    const cause = new ToolError('org.apache.kafka.common.errors.CorruptRecordException', (thrown as Error).message);
    throw new ToolError('java.lang.RuntimeException', `Error in processing ${where}`, cause);
  }
}

/** The partition that is most behind, the first of several. */
export function greatestLag(
  partitions: readonly VerifiedPartition[],
  replicasOf: (partition: VerifiedPartition) => readonly FetchedReplica[],
): Lag {
  let greatest: Lag = { lag: -1, partition: 'null', offset: -1 };
  for (const each of partitions) {
    const highWatermark = Math.max(-1, ...replicasOf(each).map((replica) => replica.highWatermark));
    const lag = highWatermark - each.offset;
    if (lag > greatest.lag) greatest = { lag, partition: partitionText(each), offset: each.offset };
  }
  return greatest;
}
