import { nodeRandom } from '@odradek/broker/env/node/random';
import { seeded } from '@odradek/protocol/testing/seeded';
import { brokerInfo, type Member, on, useCluster } from '../zookeeper/cluster';
import { byHand, candidate, ObedientBrokers, until } from './office';

// Three brokers, each a candidate, one of them the controller; an administrator who never waits. The controller's process
// ends again and again in the middle of something: its successors finish all that was begun.

/** How often a process ends; more with ODRADEK_CRASHES=300. */
const CRASHES = Number(process.env['ODRADEK_CRASHES'] ?? 15);
const IDS = [0, 1, 2] as const;
/** Longer than most events take: a process ends before, in the middle of, or after what it was asked for. */
const LONGEST_LIFE_MS = 40;
const REASSIGN = '/admin/reassign_partitions';
const PREFERRED = '/admin/preferred_replica_election';
const TOLD = ['/admin/delete_topics', '/isr_change_notification', '/log_dir_event_notification'] as const;

const cluster = useCluster();

interface Process {
  readonly member: Member;
  readonly controller: ReturnType<typeof candidate>;
}

interface Topic {
  readonly topicId: string;
  partitions: number;
  isDeleted: boolean;
}

/** What the brokers and their administrator do, and what must come of it. */
class Storm {
  readonly brokers = new ObedientBrokers();
  readonly processes = new Map<number, Process>();
  readonly topics = new Map<string, Topic>();
  /** The leader epoch that each broker last heard of each partition. */
  private readonly told = new Map<string, number | undefined>();
  private heard = 0;

  constructor(
    private readonly admin: Member,
    private readonly random: () => number,
  ) {}

  private pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.random() * items.length)]!;
  }

  async startProcess(id: number): Promise<void> {
    const member = await cluster.member({ sessionTimeoutMs: 20_000 });
    await member.store.registerBroker(brokerInfo(id));
    const controller = candidate(id, member, this.brokers);
    await controller.start();
    this.processes.set(id, { member, controller });
  }

  /** As kill -9: from one moment to the next nothing is written any more. Its session's end is seen at once. */
  async crash(): Promise<void> {
    const active = [...this.processes].find(([, { controller }]) => controller.isActive);
    const [id, { member, controller }] = active ?? this.pick([...this.processes]);
    this.processes.delete(id);
    await member.client.close();
    void controller.stop();
    await this.startProcess(id);
  }

  async ask(): Promise<void> {
    const { store } = this.admin;
    const kept = [...this.topics].filter(([, { isDeleted }]) => !isDeleted);
    const [name, topic] = kept.length > 0 ? this.pick(kept) : ['', undefined];
    switch (this.pick(['create', 'create', 'grow', 'delete', 'move', 'elect'])) {
      case 'create': {
        const made: Topic = { topicId: nodeRandom.uuid(), partitions: 3, isDeleted: false };
        this.topics.set(`t${this.topics.size}`, made);
        await store.createTopic(`t${this.topics.size - 1}`, { topicId: made.topicId, partitions: assigned(3) });
        return;
      }
      case 'grow':
        // Nobody but the controller writes the node of a topic whose replicas move.
        if (!topic || topic.partitions > 3 || isMoving(name)) return;
        topic.partitions = 6;
        await store.setTopicAssignment(name, { topicId: topic.topicId, partitions: assigned(6) }, -1);
        return;
      case 'delete':
        if (!topic) return;
        topic.isDeleted = true;
        await store.createDeleteTopic(name);
        return;
      case 'move':
        if (topic && isMoving(name)) await this.leave(REASSIGN, { topic: name, partition: 0, replicas: [2, 1] });
        return;
      case 'elect':
        if (topic) await this.leave(PREFERRED, { topic: name, partition: 1 });
    }
  }

  /** Where nobody has asked before. */
  private async leave(path: string, ...partitions: object[]): Promise<void> {
    if (await cluster.observer.exists(cluster.chroot + path)) return;
    await byHand(cluster, path, { version: 1, partitions });
  }

  /** All replicas catch up, and their leaders say so. */
  async catchUp(): Promise<void> {
    const active = [...this.processes.values()].find(({ controller }) => controller.isActive);
    if (!active) return;
    const { store } = this.admin;
    for (const [name, { topicId, partitions }] of await store.getTopicAssignments(await store.getTopics())) {
      const ids = [...partitions.keys()].map((partition) => ({ topic: name, partition }));
      const states = await store.getPartitionStates(ids);
      for (const { partition } of ids) {
        const state = states.get(`${name}-${partition}`);
        const replicas = partitions.get(partition)!.replicas;
        const leader = state && (await store.getBroker(state.leader));
        if (!leader || state.isr.length === replicas.length) continue;
        const { leaderEpoch, partitionEpoch, leaderRecoveryState } = state;
        const change = { partition, isr: replicas, leaderEpoch, partitionEpoch, leaderRecoveryState };
        const topics = [{ topicName: name, topicId: topicId!, partitions: [change] }];
        const order = { brokerId: state.leader, brokerEpoch: leader.epoch, usesTopicIds: true, topics };
        // It may be the controller no more.
        await active.controller.alterPartitions(order).catch(() => {});
      }
    }
  }

  /** Takes in what brokers have been told meanwhile. */
  private hear(): void {
    for (; this.heard < this.brokers.sent.length; this.heard++) {
      const { broker, api, request } = this.brokers.sent[this.heard]!;
      if (api !== 'UpdateMetadata') continue;
      for (const { topicName, partitionStates } of request.topicStates ?? []) {
        for (const { partitionIndex, leaderEpoch } of partitionStates ?? []) {
          this.told.set(`${broker}: ${topicName}-${partitionIndex}`, leaderEpoch);
        }
      }
    }
  }

  /** What is not yet as it should be; empty once everything is done. */
  async left(): Promise<string[]> {
    const { store } = this.admin;
    const left: string[] = [];
    this.hear();
    for (const path of TOLD) left.push(...(await cluster.childrenOf(path)).map((child) => `${path}/${child}`));
    for (const path of [REASSIGN, PREFERRED]) {
      if (await cluster.observer.exists(cluster.chroot + path)) left.push(path);
    }
    const kept = [...this.topics].filter(([, { isDeleted }]) => !isDeleted);
    const found = await store.getTopicAssignments(await store.getTopics());
    for (const name of found.keys()) if (this.topics.get(name)?.isDeleted) left.push(`${name} is still there`);
    for (const [name, { partitions }] of kept) {
      const ids = Array.from({ length: partitions }, (_, partition) => ({ topic: name, partition }));
      const states = await store.getPartitionStates(ids);
      for (const { partition } of ids) {
        const assignment = found.get(name)?.partitions.get(partition);
        const state = states.get(`${name}-${partition}`);
        const moves = assignment ? assignment.addingReplicas.length + assignment.removingReplicas.length : 1;
        const isKnown = IDS.every((id) => this.told.get(`${id}: ${name}-${partition}`) === state?.leaderEpoch);
        if (moves > 0 || !state || state.leader < 0 || !isKnown) {
          left.push(`${name}-${partition}: ${JSON.stringify({ assignment, state, isKnown })}`);
        }
      }
    }
    return left;
  }
}

const assigned = (count: number) =>
  new Map(Array.from({ length: count }, (_, index) => [index, on(...IDS.map((id) => (id + index) % 3).slice(0, 2))]));
const isMoving = (name: string): boolean => Number(name.slice(1)) % 2 === 0;

test(
  `a controller's process ends ${CRASHES} times in a storm of requests: nothing is left half done`,
  async () => {
    const random = seeded(20260102);
    const storm = new Storm(await cluster.member({ sessionTimeoutMs: 20_000 }), random);
    for (const id of IDS) await storm.startProcess(id);
    for (let crash = 0; crash < CRASHES; crash++) {
      for (let asked = 0; asked < 3; asked++) await storm.ask();
      if (random() < 0.3) await storm.catchUp();
      await new Promise((resolve) => setTimeout(resolve, random() * LONGEST_LIFE_MS));
      await storm.crash();
    }
    let left: string[] = [];
    await until(async () => {
      await storm.catchUp();
      left = await storm.left();
      return left.length === 0;
    });
    expect(left).toEqual([]);
    expect(storm.topics.size).toBeGreaterThan(CRASHES / 3);
    for (const { controller } of storm.processes.values()) await controller.stop();
  },
  60_000 + CRASHES * 2_000,
);
