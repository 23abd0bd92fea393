import { Fetch } from '@odradek/protocol/messages/fetch';
import type { ResponseOf } from '@odradek/protocol/schema/api';
import type { BrokerEndpoint } from '../cluster/metadata';
import type { ConnectLeader, LeaderPeer, PooledResponse } from '../cluster/peers';
import type { Clock, Timer } from '../env/clock';
import type { Logger } from '../env/logger';
import { FollowerStates, type FollowerStatesOptions } from './follower-states';
import { LeaderQuestions, type ReplicationVersions } from './leader-questions';
import type { Partition } from './partition';

export interface FetchSettings {
  readonly responseMaxBytes: number;
  readonly partitionMaxBytes: number;
  readonly minBytes: number;
  readonly maxWaitMs: number;
  readonly backoffMs: number;
  readonly socketTimeoutMs: number;
}

export interface ReplicaFetcherOptions {
  readonly brokerId: number;
  readonly leaderId: number;
  readonly clientId: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly connect: ConnectLeader;
  /** Where the leader is reached now; null while the metadata does not know it as alive. */
  readonly endpoint: () => BrokerEndpoint | null;
  readonly brokerEpoch: () => number;
  readonly versions: ReplicationVersions;
  readonly settings: FetchSettings;
  readonly throttle: FollowerStatesOptions['throttle'];
  /** The replica is not followed any more until the next LeaderAndIsr names its leader. */
  readonly onFailed: (partition: Partition) => void;
}

const READ_UNCOMMITTED = 0;
const TOPIC_ID_VERSION = 13;
const REPLICA_STATE_VERSION = 15;
/** A leader that has anything to send answers sooner. */
const ANSWER_GRACE_MS = 10;
/** Between two requests that begin anew: the leader looks at every partition then. */
const MIN_RESTART_INTERVAL_MS = 50;
const RESTART_INTERVAL_MS_PER_REPLICA = 0.2;

/**
 * Copies the logs of partitions that one broker leads (ReplicaFetcherThread): one connection, one request in flight, the
 * next one sent in the turn in which the answer was appended.
 */
export class ReplicaFetcher {
  private readonly states: FollowerStates;
  private peer: LeaderPeer | null = null;
  /** Where the leader was last looked for. */
  private tried: BrokerEndpoint | null = null;
  private isReachable = true;
  /** After a failure nothing is tried before, whatever there is to ask. */
  private notBeforeMs = 0;
  /** A request is with the leader. */
  private isAsking = false;
  /** Ends the request that is with the leader. */
  private restart: Timer | null = null;
  private isRestarting = false;
  private restartedMs = Number.NEGATIVE_INFINITY;
  private isRunning = true;
  private wakeUp: (() => void) | null = null;
  private readonly ended: Promise<void>;

  constructor(private readonly options: ReplicaFetcherOptions) {
    const { brokerId, versions, settings } = options;
    this.states = new FollowerStates({
      ...options,
      questions: new LeaderQuestions(brokerId, versions, settings.socketTimeoutMs),
      truncatesOnFetch: versions.truncatesOnFetch,
      supportsTopicIds: versions.fetch >= TOPIC_ID_VERSION,
      partitionMaxBytes: settings.partitionMaxBytes,
      backoffMs: settings.backoffMs,
    });
    this.ended = this.run();
  }

  /** How many replicas it fetches for. */
  get size(): number {
    return this.states.size;
  }

  /** Bytes of records that the leader has sent. */
  get bytesIn(): number {
    return this.states.bytesIn;
  }

  /** See `FollowerStates.lags`. */
  lags(): Generator<{ partition: Partition; lag: number }> {
    return this.states.lags();
  }

  /** Fetches for the replica from where its log ends. Throws KAFKA_STORAGE_ERROR. */
  follow(partition: Partition): void {
    this.states.add(partition);
    this.notBeforeMs = 0;
    if (this.isAsking) this.restartSoon();
    else this.wake();
  }

  /** From now on no answer is appended to the replica's log. */
  unfollow(partition: Partition): void {
    this.states.remove(partition);
  }

  /** The metadata has changed: a leader that could not be reached may be somewhere else now. */
  onMetadata(): void {
    if (this.isReachable) return;
    const endpoint = this.options.endpoint();
    if (endpoint === null || isSame(endpoint, this.tried)) return;
    this.notBeforeMs = 0;
    this.states.retryNow();
    this.wake();
  }

  /** Ends at once; resolves when nothing of it runs any more. */
  async stop(): Promise<void> {
    this.isRunning = false;
    this.disconnect();
    this.wake();
    await this.ended;
  }

  private async run(): Promise<void> {
    while (this.isRunning) {
      // What never waits for its leader must not keep the event loop to itself.
      if (!this.isReady() || !(await this.turn())) await this.pause();
    }
    this.disconnect();
  }

  private isReady(): boolean {
    return this.notBeforeMs <= this.options.clock.monotonicMs() && this.states.isReady();
  }

  /** One request and its answer. False where there was nothing to ask, or nobody to be asked. */
  private async turn(): Promise<boolean> {
    let answer: PooledResponse<ResponseOf<typeof Fetch>> | null;
    try {
      this.peer ??= await this.connect();
      await this.states.resolveDoubts(this.peer);
      answer = await this.exchange(this.peer);
    } catch (error) {
      if (this.isRestarting) return this.restarted();
      this.lost(error as Error);
      return false;
    }
    if (answer === null) return false;
    try {
      if (this.isRunning) this.states.take(answer.body);
    } finally {
      answer.release();
    }
    return true;
  }

  private async connect(): Promise<LeaderPeer> {
    const { options } = this;
    const endpoint = options.endpoint();
    this.tried = endpoint;
    if (endpoint === null) throw new Error(`broker ${options.leaderId} is not alive`);
    const peer = await options.connect(endpoint, options.clientId);
    if (!this.isReachable) {
      options.logger.info(`Leader ${options.leaderId} is reached again`);
      this.states.retryNow();
    }
    this.isReachable = true;
    return peer;
  }

  private async exchange(peer: LeaderPeer): Promise<PooledResponse<ResponseOf<typeof Fetch>> | null> {
    this.isAsking = true;
    try {
      return await this.fetch(peer);
    } finally {
      this.isAsking = false;
      this.restart?.cancel();
      this.restart = null;
    }
  }

  /**
   * A request that waits at the leader knows nothing of a replica that has come since, and may wait for as long as
   * replica.fetch.wait.max.ms: nobody would be in sync meanwhile. It is broken off, and all are asked for anew.
   */
  private restartSoon(): void {
    if (this.restart !== null) return;
    const { clock } = this.options;
    const nowMs = clock.monotonicMs();
    const intervalMs = MIN_RESTART_INTERVAL_MS + RESTART_INTERVAL_MS_PER_REPLICA * this.states.size;
    const dueMs = Math.max(nowMs + ANSWER_GRACE_MS, this.restartedMs + intervalMs);
    this.restart = clock.after(dueMs - nowMs, () => {
      this.isRestarting = true;
      this.disconnect();
    });
  }

  private restarted(): boolean {
    this.isRestarting = false;
    this.restartedMs = this.options.clock.monotonicMs();
    this.states.beginAnew();
    return this.isRunning;
  }

  private fetch(peer: LeaderPeer): Promise<PooledResponse<ResponseOf<typeof Fetch>>> | null {
    const next = this.isRunning ? this.states.next() : null;
    if (next === null) return null;
    const { brokerId, settings, versions, brokerEpoch } = this.options;
    const { usesTopicIds, ...wishes } = next;
    const version = usesTopicIds ? versions.fetch : Math.min(versions.fetch, TOPIC_ID_VERSION - 1);
    const follower =
      version >= REPLICA_STATE_VERSION
        ? { replicaState: { replicaId: brokerId, replicaEpoch: brokerEpoch() } }
        : { replicaId: brokerId };
    const request = {
      ...follower,
      ...wishes,
      maxWaitMs: this.maxWaitMs(),
      minBytes: settings.minBytes,
      maxBytes: settings.responseMaxBytes,
      isolationLevel: READ_UNCOMMITTED,
    };
    return peer.sendPooled(Fetch, version, request, { timeoutMs: settings.socketTimeoutMs });
  }

  /** The leader is not to wait beyond the time at which others are to be asked for. */
  private maxWaitMs(): number {
    const untilDueMs = Math.ceil(this.states.nextDueMs - this.options.clock.monotonicMs());
    return Math.min(this.options.settings.maxWaitMs, Math.max(1, untilDueMs));
  }

  /** The connection could not be made, broke, or brought no answer. */
  private lost(error: Error): void {
    this.disconnect();
    if (!this.isRunning) return;
    const { logger, leaderId } = this.options;
    const message = `Error in response for fetch request to leader ${leaderId}: ${error.message}`;
    if (this.isReachable) logger.warn(message);
    else logger.debug(message);
    this.isReachable = false;
    this.notBeforeMs = this.options.clock.monotonicMs() + this.options.settings.backoffMs;
    this.states.failed();
  }

  private disconnect(): void {
    this.peer?.close();
    this.peer = null;
  }

  /** Waits until there is something to ask. The connection stays only where there will be. */
  private async pause(): Promise<void> {
    if (!this.isRunning) return;
    const { clock } = this.options;
    if (this.states.size === 0 && this.peer !== null) {
      this.disconnect();
      this.states.failed();
    }
    const dueMs = Math.max(this.states.isReady() ? 0 : this.states.nextDueMs, this.notBeforeMs);
    await new Promise<void>((resolve) => {
      const timer = Number.isFinite(dueMs)
        ? clock.after(Math.max(0, dueMs - clock.monotonicMs()), () => this.wake())
        : null;
      this.wakeUp = () => {
        timer?.cancel();
        resolve();
      };
    });
    this.wakeUp = null;
  }

  private wake(): void {
    this.wakeUp?.();
  }
}

function isSame(a: BrokerEndpoint, b: BrokerEndpoint | null): boolean {
  return a.host === b?.host && a.port === b.port && a.securityProtocol === b.securityProtocol;
}
