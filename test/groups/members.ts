import path from 'node:path';
import { PeerConnection } from '@odradek/broker/cluster/peer-connection';
import { nodeClock } from '@odradek/broker/env/node/clock';
import { nodeNetwork } from '@odradek/broker/env/node/network';
import { BufferPool } from '@odradek/broker/network/buffer-pool';
import { Heartbeat } from '@odradek/protocol/messages/heartbeat';
import { JoinGroup } from '@odradek/protocol/messages/join-group';
import { OffsetCommit } from '@odradek/protocol/messages/offset-commit';
import { SyncGroup } from '@odradek/protocol/messages/sync-group';
import type { RequestInit, ResponseOf } from '@odradek/protocol/schema/api';
import type { Broker } from '../support/broker';
import { ServerProcess } from '../support/process';

const TIMEOUT_MS = 60_000;
const MEMBER_ID_REQUIRED = 79;

export function connect(broker: Broker): Promise<PeerConnection> {
  const memory = { staging: Buffer.allocUnsafeSlow(64 * 1024), pool: new BufferPool() };
  return PeerConnection.connect(
    { network: nodeNetwork, clock: nodeClock, memory },
    { host: '127.0.0.1', port: broker.port, clientId: 'raw', connectTimeoutMs: 5000 },
  );
}

type Joined = ResponseOf<typeof JoinGroup>;

/** One member of a group, request by request, on a connection of its own. */
export class RawMember {
  memberId = '';
  generation = -1;

  private constructor(
    readonly peer: PeerConnection,
    readonly groupId: string,
    readonly groupInstanceId: string | null,
  ) {}

  static async connect(broker: Broker, groupId: string, groupInstanceId: string | null = null): Promise<RawMember> {
    return new RawMember(await connect(broker), groupId, groupInstanceId);
  }

  /** The same member on another connection, as after its broker's restart. */
  async again(broker: Broker): Promise<RawMember> {
    const member = await RawMember.connect(broker, this.groupId, this.groupInstanceId);
    return Object.assign(member, { memberId: this.memberId, generation: this.generation });
  }

  /** Joins, with the id that is asked for where it is. */
  async join(change: Partial<RequestInit<typeof JoinGroup>> = {}): Promise<Joined> {
    const { groupId, groupInstanceId, memberId } = this;
    const request = {
      groupId,
      groupInstanceId,
      memberId,
      sessionTimeoutMs: 30_000,
      rebalanceTimeoutMs: 30_000,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: Buffer.from('nothing') }],
      ...change,
    };
    const answer = await this.peer.send(JoinGroup, 9, request, { timeoutMs: TIMEOUT_MS });
    this.memberId = answer.memberId;
    if (answer.errorCode === MEMBER_ID_REQUIRED) return this.join(change);
    this.generation = answer.generationId;
    return answer;
  }

  /** Gives each of `ids` its own id to do, if this member leads; what this member is to do. */
  async sync(ids: readonly string[] = []): Promise<{ errorCode: number; task: string }> {
    const { errorCode, assignment } = await this.peer.send(
      SyncGroup,
      3,
      {
        ...this.identity(),
        assignments: ids.map((memberId) => ({ memberId, assignment: Buffer.from(`of ${memberId}`) })),
      },
      { timeoutMs: TIMEOUT_MS },
    );
    return { errorCode, task: assignment.toString() };
  }

  async heartbeat(): Promise<number> {
    const { errorCode } = await this.peer.send(Heartbeat, 4, this.identity(), { timeoutMs: TIMEOUT_MS });
    return errorCode;
  }

  async commit(topic: string, committedOffset: number): Promise<number> {
    const { groupId, groupInstanceId, memberId, generation } = this;
    const partitions = [{ partitionIndex: 0, committedOffset, committedMetadata: '' }];
    const request = { groupId, groupInstanceId, memberId, generationIdOrMemberEpoch: generation };
    const { topics } = await this.peer.send(
      OffsetCommit,
      8,
      { ...request, topics: [{ name: topic, partitions }] },
      { timeoutMs: TIMEOUT_MS },
    );
    return topics[0]!.partitions[0]!.errorCode;
  }

  private identity() {
    const { groupId, groupInstanceId, memberId, generation: generationId } = this;
    return { groupId, groupInstanceId, memberId, generationId };
  }
}

/** A consumer of kafkajs in a process of its own. */
export class KafkajsMember {
  readonly process: ServerProcess;

  constructor(broker: Broker, groupId: string, topic: string) {
    const script = path.join(__dirname, 'kafkajs-member.mjs');
    this.process = new ServerProcess(process.execPath, ['--no-warnings', script, broker.bootstrap, groupId, topic]);
  }

  /** Its latest. */
  get memberId(): string {
    return this.said<string>('memberId').at(-1)!;
  }

  /** What it was assigned last; null before. */
  get assigned(): readonly number[] | null {
    return this.said<number[]>('assigned').at(-1) ?? null;
  }

  get values(): readonly string[] {
    return this.said<string>('value');
  }

  private said<T>(fact: string): T[] {
    const whole = this.process.log().split('\n').slice(0, -1);
    return whole.map((line) => JSON.parse(line)).flatMap((line) => (fact in line ? [line[fact]] : []));
  }
}
