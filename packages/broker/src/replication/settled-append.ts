import { type ErrorName, KafkaError } from '@odradek/protocol/errors';
import type { Logger } from '../env/logger';
import type { Appended, AppendTerms, PartitionWriter } from './partition-writer';

/** Where an append goes. */
export interface AppendTarget {
  readonly writer: PartitionWriter;
  readonly logger: Logger;
  readonly topic: string;
  readonly partition: number;
}

/** As `PartitionWriter.append`; what that throws goes to `settled`, too, and `appended` is null then. */
export function appendAndSettle(
  { writer, logger, topic, partition }: AppendTarget,
  batch: Buffer,
  terms: AppendTerms,
  settled: (error: ErrorName | null, appended: Appended | null) => void,
): void {
  let isAppended = false;
  let error: ErrorName = 'UNKNOWN_SERVER_ERROR';
  try {
    writer.append(topic, partition, batch, terms, (outcome, appended) => {
      isAppended = true;
      settled(outcome, appended);
    });
    return;
  } catch (thrown) {
    if (isAppended) throw thrown;
    if (thrown instanceof KafkaError) error = thrown.error;
    else logger.error(`Appending to ${topic}-${partition} failed: ${(thrown as Error).message}`, { error: thrown });
  }
  settled(error, null);
}
