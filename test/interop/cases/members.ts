import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeGroups } from '@odradek/protocol/messages/describe-groups';
import { JoinGroup } from '@odradek/protocol/messages/join-group';
import { LeaveGroup } from '@odradek/protocol/messages/leave-group';
import { ListGroups } from '@odradek/protocol/messages/list-groups';
import { SyncGroup } from '@odradek/protocol/messages/sync-group';
import type { RequestInit, ResponseOf } from '@odradek/protocol/schema/api';
import { ConsumerProtocolAssignment, ConsumerProtocolSubscription } from '@odradek/protocol/stored/consumer-protocol';
import { Writer } from '@odradek/protocol/wire/writer';
import type { Both, Pair, PerSide, SendOptions } from '../both';
import type { Scenario } from '../main';
import { SIDES, type SideName } from '../world';

export type JoinAnswers = Pair<ResponseOf<typeof JoinGroup>>;
type Protocols = RequestInit<typeof JoinGroup>['protocols'];

export const SESSION_MS = 10_000;
export const REBALANCE_MS = 20_000;

/** What a consumer says of itself when it joins. */
export function subscription(topics: readonly string[], userData: Buffer | null = null): Buffer {
  const writer = new Writer();
  writer.int16(1);
  ConsumerProtocolSubscription.codec(1).encode(writer, { topics: [...topics], userData, ownedPartitions: [] });
  return writer.toBuffer();
}

export function assignment(topic: string, partitions: readonly number[]): Buffer {
  const writer = new Writer();
  writer.int16(1);
  ConsumerProtocolAssignment.codec(1).encode(writer, {
    assignedPartitions: [{ topic, partitions: [...partitions] }],
    userData: null,
  });
  return writer.toBuffer();
}

export const protocols = (topics: readonly string[], names: readonly string[] = ['range']): Protocols =>
  names.map((name) => ({ name, metadata: subscription(topics) }));

const NOBODY: Pair<string> = { ours: '', apache: '' };

/** One member of a group on both brokers, on a connection of its own. Its ids differ, hence requests for each side. */
export class Member {
  ids = NOBODY;
  generation = -1;

  constructor(
    private readonly both: Both,
    readonly group: string,
    readonly name: string,
    readonly options: { readonly instance?: string; readonly protocols?: Protocols; readonly sessionMs?: number } = {},
  ) {}

  get sends(): SendOptions {
    return { on: `${this.group} ${this.name}`, clientId: this.name };
  }

  readonly id = (side: SideName): string => this.ids[side];

  /** One JoinGroup; what it answers is remembered. */
  async join(version: number, change: Partial<RequestInit<typeof JoinGroup>> = {}): Promise<JoinAnswers> {
    const { instance, protocols: own = protocols(['groups']), sessionMs = SESSION_MS } = this.options;
    const request = (side: SideName): RequestInit<typeof JoinGroup> => ({
      groupId: this.group,
      sessionTimeoutMs: sessionMs,
      rebalanceTimeoutMs: REBALANCE_MS,
      memberId: this.ids[side],
      ...(version >= 5 && instance !== undefined && { groupInstanceId: instance }),
      protocolType: 'consumer',
      protocols: own,
      ...change,
    });
    const answers = await this.both.send(JoinGroup, version, request, {
      note: `${this.group} ${this.name}`,
      ...this.sends,
    });
    if (answers.ours && answers.apache) {
      if (answers.ours.memberId !== '') this.ids = { ours: answers.ours.memberId, apache: answers.apache.memberId };
      if (answers.ours.errorCode === 0) this.generation = answers.ours.generationId;
    }
    return answers;
  }

  /** Joins as clients do: again, with its id, where the first answer only gave one. */
  async enter(version: number): Promise<JoinAnswers> {
    const first = await this.join(version);
    return first.ours?.errorCode === MEMBER_ID_REQUIRED ? this.join(version) : first;
  }

  /** As the leader where it brings assignments. */
  async sync(
    version: number,
    assignments: readonly { readonly to: Member; readonly assignment: Buffer }[] = [],
    change: Partial<RequestInit<typeof SyncGroup>> = {},
  ): Promise<Pair<ResponseOf<typeof SyncGroup>>> {
    return this.both.send(
      SyncGroup,
      version,
      (side) => ({
        groupId: this.group,
        generationId: this.generation,
        memberId: this.ids[side],
        ...(version >= 3 && this.options.instance !== undefined && { groupInstanceId: this.options.instance }),
        protocolType: 'consumer',
        protocolName: 'range',
        assignments: assignments.map(({ to, assignment: bytes }) => ({ memberId: to.ids[side], assignment: bytes })),
        ...change,
      }),
      { note: `${this.group} ${this.name}`, ...this.sends },
    );
  }

  async leave(version: number): Promise<void> {
    const request = (side: SideName): RequestInit<typeof LeaveGroup> =>
      version < 3
        ? { groupId: this.group, memberId: this.ids[side] }
        : {
            groupId: this.group,
            members: [{ memberId: this.ids[side], groupInstanceId: this.options.instance ?? null }],
          };
    await this.both.send(LeaveGroup, version, request as PerSide<never>, {
      note: `${this.group} ${this.name}`,
      ...this.sends,
    });
  }
}

export const MEMBER_ID_REQUIRED = 79;

const UNTIL = { paths: [''], why: 'asked until nobody is there any more' };
const WITHOUT_MEMBERS = ['Empty', 'Dead'];
const POLL_MS = 50;
/** An id that was given out and not come back with holds a rebalance up for as long as a session. */
const LIMIT_MS = 2 * SESSION_MS;

/**
 * Scenarios whose members leave at their ends. Who stays fails later, at a moment that is each side's own, and leaves a
 * record in `__consumer_offsets` among those of whatever scenario runs then.
 */
export const leavingNobody = (scenarios: readonly Scenario[]): Scenario[] =>
  scenarios.map(({ name, run }) => ({
    name,
    run: async (both) => {
      await run(both);
      await everybodyLeaves(both);
    },
  }));

async function everybodyLeaves(both: Both): Promise<void> {
  const deadlineMs = performance.now() + LIMIT_MS;
  for (let groups = await withMembers(both); groups.length > 0; groups = await withMembers(both)) {
    if (performance.now() > deadlineMs) throw new Error(`somebody stays in ${groups}`);
    for (const group of groups) await leaveTogether(both, group);
    await sleep(POLL_MS);
  }
  await both.send(ListGroups, 5, {}, { note: 'when everybody has left' });
}

async function withMembers(both: Both): Promise<string[]> {
  const { ours, apache } = await both.send(ListGroups, 5, {}, { except: UNTIL });
  const left = [...ours.groups, ...apache.groups].filter(({ groupState }) => !WITHOUT_MEMBERS.includes(groupState));
  return [...new Set(left.map(({ groupId }) => groupId))].sort();
}

async function leaveTogether(both: Both, groupId: string): Promise<void> {
  const described = await both.send(DescribeGroups, 5, { groups: [groupId] }, { except: UNTIL });
  const membersOf = (side: SideName) => described[side].groups[0]!.members;
  if (SIDES.every((side) => membersOf(side).length === 0)) return;
  const request = (side: SideName): RequestInit<typeof LeaveGroup> => ({
    groupId,
    members: membersOf(side).map(({ memberId, groupInstanceId }) => ({ memberId, groupInstanceId })),
  });
  await both.send(LeaveGroup, 5, request, { except: UNTIL });
}
