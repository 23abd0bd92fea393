import type { KafkaError } from '@odradek/protocol/errors';
import type { Clock } from '../env/clock';
import type { Logger } from '../env/logger';

/**
 * What clients and leaders that have moved bring about (the known exceptions of ReplicaManager.appendToLocalLog): nothing
 * is said of it, and it is answered without the log's start, as if the log had not been looked at.
 */
export const KNOWN_FAILURES: ReadonlySet<string> = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'NOT_LEADER_OR_FOLLOWER',
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'CORRUPT_MESSAGE',
  'KAFKA_STORAGE_ERROR',
]);

const INTERVAL_MS = 1000;
/** A client that repeats what fails does so thousands of times a second. */
const LINES_PER_INTERVAL = 10;

/**
 * Tells of appends that a leader refused, as ReplicaManager.processFailedRecord does: a producer that was fenced is the
 * usual end of a zombie, everything else should not happen. What follows too fast is counted, and the count told with
 * the next line.
 */
export class FailedAppends {
  private sinceMs = Number.NEGATIVE_INFINITY;
  private lines = 0;
  private untold = 0;

  constructor(
    private readonly logger: Logger,
    private readonly clock: Clock,
  ) {}

  /** @param partition its name; which producer and which sequences it was is in the error's message */
  refused(partition: string, { error, message }: KafkaError): void {
    if (KNOWN_FAILURES.has(error)) return;
    const nowMs = this.clock.monotonicMs();
    if (nowMs - this.sinceMs >= INTERVAL_MS) [this.sinceMs, this.lines] = [nowMs, 0];
    if (this.lines++ >= LINES_PER_INTERVAL) {
      this.untold++;
      return;
    }
    const level = error === 'INVALID_PRODUCER_EPOCH' ? 'info' : 'error';
    const before = this.untold === 0 ? '' : ` (after ${this.untold} failures that were not told of)`;
    this.untold = 0;
    this.logger[level](`Error processing append operation on partition ${partition}: ${error}: ${message}${before}`);
  }
}
