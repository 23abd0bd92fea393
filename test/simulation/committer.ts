import { sleep } from '@odradek/broker/env/clock';
import { OffsetCommit } from '@odradek/protocol/messages/offset-commit';
import { OffsetFetch } from '@odradek/protocol/messages/offset-fetch';
import { keyOf, SimulatedClient, type TopicPartition } from './client';
import type { SimulatedCluster } from './cluster';
import { CoordinatorOf } from './coordinators';

const OFFSET_COMMIT_VERSION = 9;
const OFFSET_FETCH_VERSION = 9;
const MAX_PAUSE_MS = 500;

interface Commits {
  /** The largest offset that was acknowledged; -1 for none. */
  acknowledged: number;
  /** Offsets whose commit may take effect at any time after it was sent. */
  readonly unknown: Set<number>;
}

/** One group's only committer: every offset that it tries is larger than all before it. */
export class Committer {
  private readonly client: SimulatedClient;
  private readonly commits: ReadonlyMap<TopicPartition, Commits>;
  private readonly coordinator: CoordinatorOf;
  private isStopped = false;
  private nextOffset = 0;
  acknowledged = 0;

  constructor(
    cluster: SimulatedCluster,
    readonly group: string,
    partitions: readonly TopicPartition[],
  ) {
    this.client = new SimulatedClient(cluster, group);
    this.coordinator = new CoordinatorOf(this.client, 'group', group);
    this.commits = new Map(partitions.map((partition) => [partition, { acknowledged: -1, unknown: new Set() }]));
  }

  async run(): Promise<void> {
    while (!this.isStopped) {
      await sleep(this.client.process, this.client.random.between(0, MAX_PAUSE_MS));
      await this.commit(...this.client.random.pick([...this.commits]));
    }
  }

  stop(): void {
    this.isStopped = true;
  }

  /** What the coordinator says in the end, held against what it has acknowledged: null where that cannot be had yet. */
  async judge(): Promise<string[] | null> {
    const violations: string[] = [];
    for (const [partition, { acknowledged, unknown }] of this.commits) {
      const offset = await this.fetch(partition);
      if (offset === null) return null;
      if (offset === acknowledged || unknown.has(offset)) continue;
      violations.push(
        `lost commit: ${this.group} has ${keyOf(partition)} at ${offset}, acknowledged at ${acknowledged}`,
      );
    }
    this.client.close();
    return violations;
  }

  private async commit({ topic, partition }: TopicPartition, committed: Commits): Promise<void> {
    const committedOffset = this.nextOffset++;
    const coordinator = await this.coordinator.find();
    if (coordinator === null) return;
    committed.unknown.add(committedOffset);
    const partitions = [{ partitionIndex: partition, committedOffset, committedMetadata: '' }];
    const request = { groupId: this.group, memberId: '', topics: [{ name: topic, partitions }] };
    const answer = await this.client.ask(coordinator, OffsetCommit, OFFSET_COMMIT_VERSION, request).catch(() => null);
    if (answer?.topics[0]?.partitions[0]?.errorCode !== 0) {
      this.coordinator.forget();
      return;
    }
    committed.unknown.delete(committedOffset);
    committed.acknowledged = committedOffset;
    this.acknowledged++;
  }

  /** Null where nobody answers; -1 where nothing was committed. */
  private async fetch({ topic, partition }: TopicPartition): Promise<number | null> {
    const coordinator = await this.coordinator.find();
    if (coordinator === null) return null;
    const groups = [{ groupId: this.group, topics: [{ name: topic, partitionIndexes: [partition] }] }];
    const answer = await this.client
      .ask(coordinator, OffsetFetch, OFFSET_FETCH_VERSION, { topics: [], groups, requireStable: true })
      .catch(() => null);
    const group = answer?.groups[0];
    const found = group?.topics[0]?.partitions[0];
    if (group?.errorCode === 0 && found?.errorCode === 0) return found.committedOffset;
    this.coordinator.forget();
    return null;
  }
}
