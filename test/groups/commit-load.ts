import { PeerConnection } from '@odradek/broker/cluster/peer-connection';
import { nodeClock } from '@odradek/broker/env/node/clock';
import { nodeNetwork } from '@odradek/broker/env/node/network';
import { BufferPool } from '@odradek/broker/network/buffer-pool';
import { FindCoordinator } from '@odradek/protocol/messages/find-coordinator';
import { OffsetCommit } from '@odradek/protocol/messages/offset-commit';
import { OffsetFetch } from '@odradek/protocol/messages/offset-fetch';
import type { Broker } from '../support/broker';
import { ensureTopic } from '../support/topics';

const LIMIT = { timeoutMs: 10_000 };
const NONE = 0;
/** COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR, UNKNOWN_TOPIC_OR_PARTITION: ask again. */
const NOT_YET: ReadonlySet<number> = new Set([14, 15, 16, 3]);

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

/** How far a group is known to have committed: what was acknowledged counts, what was sent may. */
interface Progress {
  acknowledged: number;
  sent: number;
}

/** Consumers that assign themselves, each committing 1, 2, 3… for all partitions of a topic, one request after another. */
export class CommitLoad {
  private readonly progress = new Map<string, Progress>();
  private peer: PeerConnection | null = null;

  constructor(
    private readonly broker: Broker,
    private readonly topic: string,
    private readonly partitions: number,
    groups: number,
  ) {
    for (let i = 0; i < groups; i++) this.progress.set(`group-${i}`, { acknowledged: 0, sent: 0 });
  }

  get acknowledged(): number {
    return [...this.progress.values()].reduce((sum, { acknowledged }) => sum + acknowledged, 0);
  }

  /** Connects and waits until every group has a coordinator that knows its offsets. */
  async open(): Promise<void> {
    const memory = { staging: Buffer.allocUnsafeSlow(64 * 1024), pool: new BufferPool() };
    const address = { host: '127.0.0.1', port: this.broker.port, clientId: 'commits', connectTimeoutMs: 5000 };
    this.peer = await PeerConnection.connect({ network: nodeNetwork, clock: nodeClock, memory }, address);
    const coordinatorKeys = [...this.progress.keys()];
    for (;;) {
      const { coordinators } = await this.peer.send(FindCoordinator, 4, { keyType: 0, coordinatorKeys }, LIMIT);
      if (coordinators.every(({ errorCode }) => errorCode === NONE)) break;
      await pause();
    }
  }

  createTopic(): Promise<void> {
    return ensureTopic(this.peer!, this.topic, this.partitions);
  }

  close(): void {
    this.peer?.close();
  }

  /** Commits until `isEnough` or the broker is gone. */
  async run(isEnough: () => boolean): Promise<void> {
    const peer = this.peer!;
    const one = async (groupId: string, progress: Progress): Promise<void> => {
      while (!isEnough()) {
        progress.sent = progress.acknowledged + 1;
        const partitions = this.commits(progress.sent);
        const request = { groupId, memberId: '', topics: [{ name: this.topic, partitions }] };
        const answer = await peer.send(OffsetCommit, 8, request, LIMIT).catch(() => null);
        if (answer === null) return;
        const errors = new Set(answer.topics.flatMap((it) => it.partitions.map(({ errorCode }) => errorCode)));
        if (errors.size === 1 && errors.has(NONE)) progress.acknowledged = progress.sent;
        else if (![...errors].every((error) => NOT_YET.has(error))) throw new Error(`errors ${[...errors]}`);
        else await pause();
      }
    };
    await Promise.all([...this.progress].map(([groupId, progress]) => one(groupId, progress)));
  }

  private commits(offset: number) {
    return Array.from({ length: this.partitions }, (_, partitionIndex) => ({
      partitionIndex,
      committedOffset: offset,
      committedMetadata: `at ${offset}`,
    }));
  }

  /** Reads all offsets back: what is wrong, a line each. What was sent but not answered may have come either way. */
  async verify(): Promise<string[]> {
    const wrong: string[] = [];
    for (const [groupId, progress] of this.progress) {
      const offsets = await this.fetch(groupId);
      const all = new Set(offsets.values());
      const [offset] = all;
      if (progress.acknowledged === 0 && offsets.size === 0) continue;
      if (offsets.size !== this.partitions || all.size !== 1) wrong.push(`${groupId}: ${JSON.stringify([...offsets])}`);
      else if (offset! < progress.acknowledged || offset! > progress.sent) {
        wrong.push(`${groupId}: ${offset}, acknowledged ${progress.acknowledged}, sent ${progress.sent}`);
      } else progress.acknowledged = offset!;
    }
    return wrong;
  }

  private async fetch(groupId: string): Promise<Map<number, number>> {
    for (;;) {
      const request = { groups: [{ groupId, topics: null }], requireStable: true };
      const { groups } = await this.peer!.send(OffsetFetch, 8, request, LIMIT);
      const { errorCode, topics } = groups[0]!;
      if (errorCode === NONE) {
        const partitions = topics.flatMap((topic) => topic.partitions);
        return new Map(partitions.map(({ partitionIndex, committedOffset }) => [partitionIndex, committedOffset]));
      }
      if (!NOT_YET.has(errorCode)) throw new Error(`OffsetFetch: ${errorCode}`);
      await pause();
    }
  }
}
