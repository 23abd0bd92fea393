import type { ErrorName } from '@odradek/protocol/errors';
import { BrokerConfig } from '../../config/broker-config';
import { ManualClock } from '../../env/testing/clock';
import { MemoryLoggers } from '../../env/testing/logger';
import { GroupCoordinator } from '../coordinator';
import type { Committer, JoinAnswer, JoinRequest, SyncAnswer, SyncRequest } from '../group-types';
import type { OffsetCommit } from '../offsets';
import { MemoryWriter } from './memory-writer';

/** A clock whose wall time may jump. */
export class JumpingClock extends ManualClock {
  jumpMs = 0;

  override nowMs(): number {
    return super.nowMs() + this.jumpMs;
  }
}

export const NOBODY: Committer = { memberId: '', groupInstanceId: null, generationId: -1, isTransactional: false };

export const toCommit = (partition: number, offset: number, change: Partial<OffsetCommit> = {}): OffsetCommit => ({
  topic: 't',
  partition,
  offset,
  leaderEpoch: -1,
  metadata: '',
  commitTimestamp: 0,
  expireTimestamp: -1,
  recordOffset: -1,
  ...change,
});

/** A coordinator of groups that all live in partition 0, a log in memory and a clock that stands still. */
export class CoordinatorWorld {
  readonly clock = new JumpingClock();
  readonly loggers = new MemoryLoggers();
  readonly coordinator: GroupCoordinator;
  #ids = 0;

  constructor(
    readonly writer = new MemoryWriter(),
    settings: Readonly<Record<string, string>> = {},
  ) {
    const properties = {
      'zookeeper.connect': 'localhost:2181',
      'offsets.topic.num.partitions': '1',
      'group.initial.rebalance.delay.ms': '0',
      ...settings,
    };
    const { values } = BrokerConfig.parse(new Map(Object.entries(properties)));
    const { clock, loggers } = this;
    this.coordinator = new GroupCoordinator({ brokerId: 0, writer, clock, loggers, values });
  }

  /** Serves the groups of partition 0. */
  async lead(leaderEpoch = 0): Promise<void> {
    this.coordinator.start(null);
    this.coordinator.hosted.elected(0, leaderEpoch);
    await this.clock.settle();
  }

  /** The outcomes so far, in the order of the commits. */
  commit(groupId: string, commits: readonly OffsetCommit[], committer = NOBODY): ErrorName[] {
    const outcomes: ErrorName[] = [];
    this.coordinator.commitOffsets(groupId, committer, commits, (errorOf) => outcomes.push(...commits.map(errorOf)));
    return outcomes;
  }

  offsets(groupId: string): Record<string, number> {
    const all = this.coordinator.offsetsOf(groupId).offsets?.all() ?? [];
    return Object.fromEntries([...all].map(([topic, partition, { offset }]) => [`${topic}-${partition}`, offset]));
  }

  join(groupId: string, request: Partial<JoinRequest> = {}): JoinAnswer[] {
    const answers: JoinAnswer[] = [];
    const full = {
      memberId: '',
      groupInstanceId: null,
      clientId: 'client',
      clientHost: '/127.0.0.1',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 60_000,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0]) }],
      reason: null,
      requireKnownMemberId: false,
      supportSkippingAssignment: true,
      memberIdSuffix: String(this.#ids++),
      ...request,
    };
    this.coordinator.join(groupId, full, (answer) => answers.push(answer));
    return answers;
  }

  sync(groupId: string, member: JoinAnswer, change: Partial<SyncRequest> = {}): SyncAnswer[] {
    const answers: SyncAnswer[] = [];
    const request = {
      memberId: member.memberId,
      groupInstanceId: null,
      generationId: member.generationId,
      protocolType: null,
      protocolName: null,
      assignments: [{ memberId: member.memberId, assignment: Buffer.from('all') }],
      ...change,
    };
    this.coordinator.sync(groupId, request, (answer) => answers.push(answer));
    return answers;
  }

  /** A group of one member, stable. */
  async stable(groupId: string): Promise<JoinAnswer> {
    const member = await this.joined(groupId);
    this.sync(groupId, member);
    return member;
  }

  /** The first member of a group, once the group has waited for others. */
  async joined(groupId: string, request: Partial<JoinRequest> = {}): Promise<JoinAnswer> {
    const answers = this.join(groupId, request);
    await this.clock.advance(0);
    return answers[0]!;
  }

  stateOf(groupId: string): string {
    return this.coordinator.describe(groupId).groupState;
  }
}
