import { errorName } from '@odradek/protocol/errors';
import { Heartbeat } from '@odradek/protocol/messages/heartbeat';
import { JoinGroup } from '@odradek/protocol/messages/join-group';
import { LeaveGroup } from '@odradek/protocol/messages/leave-group';
import { SyncGroup } from '@odradek/protocol/messages/sync-group';
import type { RequestInit, ResponseOf } from '@odradek/protocol/schema/api';
import type { Log } from '../../print';
import { ServerError, ToolError } from '../../tool-error';
import { sleep } from '../client';
import type { CoordinatorLink } from '../coordinator-link';
import type { TopicPartition } from '../partitions';
import type { Assignor, GroupMember } from './assignors';
import type { GroupSettings } from './group-config';
import { decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from './member-protocol';
import type { Committer } from './offsets';

const CONSUMER_COORDINATOR = 'org.apache.kafka.clients.consumer.internals.ConsumerCoordinator';
const PROTOCOL_TYPE = 'consumer';
const NO_GENERATION = -1;
/** A join is answered when the last member came, so it may take this much longer than the rebalance time-out. */
const JOIN_EXTRA_MS = 5_000;
const MAX_REASON_CHARS = 255;
/** A coordinator that is missing for longer than an election takes will not come by itself. */
const MISSING_COORDINATOR_MS = 5_000;
/** The last poll is not over yet, however long it takes. */
export const POLLING = Number.POSITIVE_INFINITY;
const POLL_TIMEOUT =
  'consumer poll timeout has expired. This means the time between subsequent calls to poll() was longer than the ' +
  'configured max.poll.interval.ms, which typically implies that the poll loop is spending too much time processing ' +
  'messages. You can address this either by increasing max.poll.interval.ms or by reducing the maximum size of batches ' +
  'returned in poll() with max.poll.records.';
/** Java's consumer waits in silence, which nobody can tell from a topic without records. */
const MISSING_COORDINATOR =
  `The group has had no coordinator for ${MISSING_COORDINATOR_MS / 1000} seconds and goes on waiting ` +
  '(COORDINATOR_NOT_AVAILABLE). Most often __consumer_offsets cannot be made, for offsets.topic.replication.factor is ' +
  'larger than the number of brokers; bin/kafka-doctor.sh says what it is.';
const isMissingCoordinator = (thrown: ToolError): boolean =>
  thrown instanceof ServerError && thrown.error === 'COORDINATOR_NOT_AVAILABLE';
/** The first versions of the requests that know static members. */
const FIRST_WITH_INSTANCE = { JoinGroup: 5, SyncGroup: 3, Heartbeat: 3, LeaveGroup: 3 } as const;

type JoinAnswer = ResponseOf<typeof JoinGroup>;

/** What a member asks of the consumer that it speaks for. */
export interface MemberState {
  /** The topics that it subscribes to, now. */
  subscribedTopics(): readonly string[];
  /** The partitions that it keeps over a rebalance. */
  ownedPartitions(): readonly TopicPartition[];
  /** The leader wants to know of all topics that members subscribe to. Topics that do not exist are left out. */
  partitionCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number>>;
}

/**
 * A member of a group by the classic protocol: joins, syncs, sends heartbeats, leaves (AbstractCoordinator). It does not
 * join by itself: `needsJoin` says that it should, `join` does it.
 */
export class Membership {
  private memberId = '';
  private generationId = NO_GENERATION;
  private lastAssigned: readonly TopicPartition[] | undefined;
  private rejoinReason = '';
  private heartbeat: NodeJS.Timeout | undefined;
  private closed = false;
  /** Whether it has to join: at first, and whenever the group is to be divided anew. */
  needsJoin = true;
  isLeader = false;
  /** When the consumer was last polled; `POLLING` while it is. */
  lastPollMs = Date.now();

  /** @param changed called when heartbeats bring news: `needsJoin` is set, or a failure that ends the membership */
  constructor(
    private readonly coordinator: CoordinatorLink,
    private readonly settings: GroupSettings,
    private readonly state: MemberState,
    private readonly log: Log,
    private readonly changed: (failure?: Error) => void,
  ) {}

  get committer(): Committer {
    const { memberId, generationId } = this;
    const { groupId, groupInstanceId } = this.settings;
    return { groupId, generationId, memberId, groupInstanceId };
  }

  /** False once the group goes on without it: what it owned may be another's. */
  get hasGeneration(): boolean {
    return this.generationId !== NO_GENERATION;
  }

  requestRejoin(reason: string): void {
    this.needsJoin = true;
    this.rejoinReason = reason;
    this.changed();
  }

  /** The group does not know this member, or not in this generation. */
  reset(error: 'UNKNOWN_MEMBER_ID' | 'ILLEGAL_GENERATION', where: string): void {
    if (error === 'UNKNOWN_MEMBER_ID') this.memberId = '';
    this.generationId = NO_GENERATION;
    clearTimeout(this.heartbeat);
    this.requestRejoin(`encountered ${error} from ${where} response`);
  }

  /** Joins, again after whatever passes, until this member has its share. Throws `ToolError` where it never will. */
  async join(): Promise<readonly TopicPartition[]> {
    const startMs = Date.now();
    let hasWarned = false;
    for (;;) {
      try {
        const assigned = await this.attempt();
        this.lastAssigned = assigned;
        return assigned;
      } catch (thrown) {
        if (this.closed || !(thrown instanceof ToolError) || !this.mayTryAgain(thrown)) throw thrown;
        if (!hasWarned && isMissingCoordinator(thrown) && Date.now() - startMs >= MISSING_COORDINATOR_MS) {
          hasWarned = true;
          this.report('WARN', MISSING_COORDINATOR);
        }
        if (!(thrown instanceof ServerError) || !AT_ONCE.has(thrown.error)) await sleep(this.settings.retryBackoffMs);
      }
    }
  }

  private mayTryAgain(thrown: ToolError): boolean {
    if (!(thrown instanceof ServerError)) return true;
    const { error } = thrown;
    if (error === 'NOT_COORDINATOR' || error === 'COORDINATOR_NOT_AVAILABLE') this.coordinator.forget();
    if (error === 'UNKNOWN_MEMBER_ID') this.memberId = '';
    if (error === 'UNKNOWN_MEMBER_ID' || error === 'ILLEGAL_GENERATION') this.generationId = NO_GENERATION;
    return AT_ONCE.has(error) || thrown.retriable;
  }

  private async attempt(): Promise<readonly TopicPartition[]> {
    const { settings } = this;
    clearTimeout(this.heartbeat);
    // Cleared before the request: what is asked for while it is under way needs another.
    this.needsJoin = false;
    let joined: JoinAnswer;
    try {
      const timeoutMs = Math.max(settings.requestTimeoutMs, settings.maxPollIntervalMs + JOIN_EXTRA_MS);
      joined = await this.coordinator.send(JoinGroup, this.joinRequest(), timeoutMs);
      if (joined.errorCode !== 0) throw this.joinFailure(joined);
    } catch (thrown) {
      this.needsJoin = true;
      throw thrown;
    }
    this.rejoinReason = '';
    this.memberId = joined.memberId;
    this.generationId = joined.generationId;
    this.isLeader = joined.leader === joined.memberId;
    this.scheduleHeartbeat();
    try {
      const assignments = this.isLeader && !joined.skipAssignment ? await this.divide(joined) : [];
      return await this.sync(joined, assignments);
    } catch (thrown) {
      this.needsJoin = true;
      clearTimeout(this.heartbeat);
      throw thrown;
    }
  }

  private joinRequest =
    () =>
    (version: number): RequestInit<typeof JoinGroup> => {
      const { groupId, groupInstanceId, sessionTimeoutMs, maxPollIntervalMs, assignors, rackId } = this.settings;
      if (groupInstanceId !== null && version < FIRST_WITH_INSTANCE.JoinGroup) {
        const message = `The broker join group protocol version ${version} does not support usage of config group.instance.id.`;
        throw new ServerError('UNSUPPORTED_VERSION', message);
      }
      const topics = this.state.subscribedTopics();
      const ownedPartitions = this.state.ownedPartitions();
      const { generationId, lastAssigned } = this;
      const protocols = assignors.map((assignor) => {
        const userData = assignor.userData(lastAssigned, generationId);
        const subscription = { topics, userData, ownedPartitions, generationId, rackId: rackId || null };
        return { name: assignor.name, metadata: encodeSubscription(subscription) };
      });
      return {
        groupId,
        sessionTimeoutMs,
        rebalanceTimeoutMs: maxPollIntervalMs,
        memberId: this.memberId,
        ...(version >= FIRST_WITH_INSTANCE.JoinGroup && { groupInstanceId }),
        protocolType: PROTOCOL_TYPE,
        protocols,
        reason: this.rejoinReason.slice(0, MAX_REASON_CHARS),
      };
    };

  private joinFailure({ errorCode, memberId }: JoinAnswer): ServerError {
    const error = new ServerError(errorName(errorCode));
    // KIP-394: the group takes no member before it has told it its id.
    if (error.error === 'MEMBER_ID_REQUIRED') this.memberId = memberId;
    else if (FATAL_JOINS.has(error.error))
      this.report('ERROR', `JoinGroup failed due to fatal error: ${error.message}`);
    else if (error.error === 'FENCED_INSTANCE_ID') {
      this.report(
        'ERROR',
        `JoinGroup failed: The group instance id ${this.settings.groupInstanceId} has been fenced by another instance.`,
      );
    }
    return error;
  }

  private report(level: 'WARN' | 'ERROR', message: string): void {
    const { clientId, groupId } = this.settings;
    this.log(level, `[Consumer clientId=${clientId}, groupId=${groupId}] ${message}`, CONSUMER_COORDINATOR);
  }

  /** The leader's part: who gets what. */
  private async divide({ protocolName, members }: JoinAnswer): Promise<{ memberId: string; assignment: Buffer }[]> {
    const assignor = this.assignor(protocolName);
    const group: GroupMember[] = members.map(({ memberId, groupInstanceId, metadata }) => ({
      memberId,
      groupInstanceId,
      subscription: decodeSubscription(metadata),
    }));
    const topics = [...new Set(group.flatMap(({ subscription }) => subscription.topics))].sort();
    const assignments = assignor.assign(group, await this.state.partitionCounts(topics));
    return [...assignments].map(([memberId, partitions]) => ({ memberId, assignment: encodeAssignment(partitions) }));
  }

  private assignor(protocolName: string | null): Assignor {
    const found = this.settings.assignors.find(({ name }) => name === protocolName);
    if (!found) throw new ServerError('INCONSISTENT_GROUP_PROTOCOL');
    return found;
  }

  private async sync(
    { protocolName }: JoinAnswer,
    assignments: { memberId: string; assignment: Buffer }[],
  ): Promise<TopicPartition[]> {
    const { groupId, generationId, memberId, groupInstanceId } = this.committer;
    const request = (version: number): RequestInit<typeof SyncGroup> => ({
      groupId,
      generationId,
      memberId,
      ...(version >= FIRST_WITH_INSTANCE.SyncGroup && { groupInstanceId }),
      protocolType: PROTOCOL_TYPE,
      protocolName,
      assignments,
    });
    const timeoutMs = Math.max(this.settings.requestTimeoutMs, this.settings.maxPollIntervalMs + JOIN_EXTRA_MS);
    const response = await this.coordinator.send(SyncGroup, request, timeoutMs);
    if (response.errorCode !== 0) {
      const error = new ServerError(errorName(response.errorCode));
      if (error.error === 'FENCED_INSTANCE_ID' || FATAL_JOINS.has(error.error)) {
        this.report('ERROR', `SyncGroup failed: ${error.message}`);
      }
      throw error;
    }
    return decodeAssignment(response.assignment);
  }

  private scheduleHeartbeat(): void {
    clearTimeout(this.heartbeat);
    if (this.closed || !this.hasGeneration) return;
    this.heartbeat = setTimeout(() => void this.beat(), this.settings.heartbeatIntervalMs);
  }

  private async beat(): Promise<void> {
    const { sessionTimeoutMs, requestTimeoutMs, maxPollIntervalMs } = this.settings;
    if (Date.now() - this.lastPollMs > maxPollIntervalMs) {
      this.report('WARN', POLL_TIMEOUT);
      await this.leave('consumer poll timeout has expired.');
      this.requestRejoin('consumer poll timeout has expired.');
      return;
    }
    const { groupId, generationId, memberId, groupInstanceId } = this.committer;
    const request = (version: number): RequestInit<typeof Heartbeat> => ({
      groupId,
      generationId,
      memberId,
      ...(version >= FIRST_WITH_INSTANCE.Heartbeat && { groupInstanceId }),
    });
    try {
      const timeoutMs = Math.min(requestTimeoutMs, sessionTimeoutMs);
      const { errorCode } = await this.coordinator.send(Heartbeat, request, timeoutMs);
      const isCurrent = this.generationId === generationId && this.memberId === memberId;
      if (errorCode !== 0 && isCurrent) this.takeBeatError(new ServerError(errorName(errorCode)));
    } catch (thrown) {
      // The coordinator is out of reach: it is looked up again at the next beat.
      if (!(thrown instanceof ToolError)) this.changed(thrown as Error);
    }
    this.scheduleHeartbeat();
  }

  private takeBeatError(error: ServerError): void {
    switch (error.error) {
      case 'NOT_COORDINATOR':
      case 'COORDINATOR_NOT_AVAILABLE':
        this.coordinator.forget();
        return;
      case 'REBALANCE_IN_PROGRESS':
        if (!this.needsJoin) this.requestRejoin('group is already rebalancing');
        return;
      case 'UNKNOWN_MEMBER_ID':
      case 'ILLEGAL_GENERATION':
        this.reset(error.error, 'HEARTBEAT');
        return;
      default:
        this.changed(error);
    }
  }

  /** Leaves the group, but for a static member, whose place is kept (KIP-345). Failures are of no consequence. */
  async leave(reason: string): Promise<void> {
    clearTimeout(this.heartbeat);
    const { memberId } = this;
    const { groupId, groupInstanceId } = this.settings;
    this.generationId = NO_GENERATION;
    if (groupInstanceId !== null || memberId === '' || !this.coordinator.isKnown) return;
    this.memberId = '';
    const request = (version: number): RequestInit<typeof LeaveGroup> =>
      version < FIRST_WITH_INSTANCE.LeaveGroup ? { groupId, memberId } : { groupId, members: [{ memberId, reason }] };
    try {
      await this.coordinator.send(LeaveGroup, request);
    } catch (thrown) {
      if (!(thrown instanceof ToolError)) throw thrown;
    }
  }

  /** Sends no more heartbeats, ends what is being tried again, and leaves. */
  async close(): Promise<void> {
    this.closed = true;
    await this.leave('the consumer is being closed');
  }
}

/** Answers to a join or sync upon which the member joins again at once. */
const AT_ONCE: ReadonlySet<string> = new Set([
  'MEMBER_ID_REQUIRED',
  'UNKNOWN_MEMBER_ID',
  'ILLEGAL_GENERATION',
  'REBALANCE_IN_PROGRESS',
]);

const FATAL_JOINS: ReadonlySet<string> = new Set([
  'INCONSISTENT_GROUP_PROTOCOL',
  'INVALID_SESSION_TIMEOUT',
  'INVALID_GROUP_ID',
  'GROUP_AUTHORIZATION_FAILED',
  'GROUP_MAX_SIZE_REACHED',
]);
