import { JoinGroup } from '@odradek/protocol/messages/join-group';
import { LeaveGroup } from '@odradek/protocol/messages/leave-group';
import { SyncGroup } from '@odradek/protocol/messages/sync-group';
import type { RequestInit, ResponseOf } from '@odradek/protocol/schema/api';
import { ConsumerProtocolAssignment, ConsumerProtocolSubscription } from '@odradek/protocol/stored/consumer-protocol';
import { Writer } from '@odradek/protocol/wire/writer';
import type { Both, Pair, PerSide, SendOptions } from '../both';
import type { SideName } from '../world';

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
      ...(instance !== undefined && { groupInstanceId: instance }),
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
