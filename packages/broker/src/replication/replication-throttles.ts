import type { MoveQuota } from './log-dir-moves';
import type { ThrottledReplicas } from './throttled-replicas';

/**
 * Holds the replication of some replicas to a rate (KIP-73): those that catch up leave room for those that are in sync,
 * which are never held back.
 */
export class ReplicationThrottle {
  constructor(
    private readonly quota: MoveQuota,
    private readonly replicas: Pick<ThrottledReplicas, 'has'>,
  ) {}

  /** Of all throttled replicas. */
  get bytesPerSecond(): number {
    return this.quota.bytesPerSecond;
  }

  /** Whether a replica that is not in sync is to be left out for now. */
  holdsBack(topic: string, partition: number): boolean {
    return this.replicas.has(topic, partition) && this.quota.isExceeded();
  }

  /** Counts what was sent, or fetched, where the replica is throttled; in sync or not. */
  record(topic: string, partition: number, bytes: number): void {
    if (bytes > 0 && this.replicas.has(topic, partition)) this.quota.record(bytes);
  }
}

/** The limits of a broker's replication. */
export interface ReplicationThrottles {
  /** Of what this broker's leaders send. */
  readonly leader: ReplicationThrottle;
  /** Of what its followers fetch. */
  readonly follower: ReplicationThrottle;
  /** Of moves between its log dirs: all of them. */
  readonly logDirMoves: MoveQuota;
}
