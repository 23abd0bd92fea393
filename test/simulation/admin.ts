import { sleep } from '@odradek/broker/env/clock';
import { AlterPartitionReassignments } from '@odradek/protocol/messages/alter-partition-reassignments';
import { CreateTopics } from '@odradek/protocol/messages/create-topics';
import { DeleteTopics } from '@odradek/protocol/messages/delete-topics';
import { ElectLeaders } from '@odradek/protocol/messages/elect-leaders';
import { SimulatedClient, type TopicPartition } from './client';
import type { SimulatedCluster } from './cluster';

const MAX_SIDE_TOPICS = 5;
const MAX_REPLICAS = 3;
const TIMEOUT_MS = 5_000;
const PREFERRED = 0;
const SIDE_TOPIC = 'side';

/** Somebody who gives the controller work while it has enough of it: topics come and go, replicas move, leaders change. */
export class Admin {
  private readonly client: SimulatedClient;
  private isStopped = false;

  constructor(
    private readonly cluster: SimulatedCluster,
    private readonly partitions: readonly TopicPartition[],
    private readonly maxPauseMs: number,
  ) {
    this.client = new SimulatedClient(cluster, 'meddler');
  }

  async run(): Promise<void> {
    const { random, process } = this.client;
    const deeds = [this.createTopic, this.deleteTopic, this.moveReplicas, this.cancelMove, this.electLeaders];
    while (!this.isStopped) {
      await sleep(process, random.between(0, this.maxPauseMs));
      await this.client.refresh();
      // What fails, fails: nobody relies on it, and what it has done nevertheless must come to an end.
      await random
        .pick(deeds)()
        .catch(() => {});
    }
    this.client.close();
  }

  stop(): void {
    this.isStopped = true;
  }

  private readonly createTopic = async (): Promise<void> => {
    const { random } = this.client;
    const name = `${SIDE_TOPIC}${random.below(MAX_SIDE_TOPICS)}`;
    const topics = [{ name, numPartitions: 1 + random.below(4), replicationFactor: -1, assignments: [], configs: [] }];
    await this.client.ask(this.client.controllerId, CreateTopics, 7, { topics, timeoutMs: TIMEOUT_MS });
  };

  private readonly deleteTopic = async (): Promise<void> => {
    const name = `${SIDE_TOPIC}${this.client.random.below(MAX_SIDE_TOPICS)}`;
    await this.client.ask(this.client.controllerId, DeleteTopics, 5, { topicNames: [name], timeoutMs: TIMEOUT_MS });
  };

  private readonly moveReplicas = (): Promise<void> => {
    const { random } = this.client;
    const brokers = this.cluster.nodes.map(({ id }) => id);
    const replicas: number[] = [];
    while (brokers.length > 0 && replicas.length < MAX_REPLICAS) {
      replicas.push(...brokers.splice(random.below(brokers.length), 1));
    }
    return this.reassign(replicas);
  };

  private readonly cancelMove = (): Promise<void> => this.reassign(null);

  private async reassign(replicas: number[] | null): Promise<void> {
    const { topic, partition } = this.client.random.pick(this.partitions);
    const topics = [{ name: topic, partitions: [{ partitionIndex: partition, replicas }] }];
    await this.client.ask(this.client.controllerId, AlterPartitionReassignments, 0, { topics, timeoutMs: TIMEOUT_MS });
  }

  private readonly electLeaders = async (): Promise<void> => {
    const request = { electionType: PREFERRED, topicPartitions: null, timeoutMs: TIMEOUT_MS };
    await this.client.ask(this.client.controllerId, ElectLeaders, 2, request);
  };
}

/** What an administrator has begun and nobody has brought to its end; null where there is nothing. */
export function unfinished({ ensemble, nodes }: SimulatedCluster): string | null {
  const { tree } = ensemble.service;
  const names = (path: string): string[] => (tree.stat(path) === null ? [] : tree.read(path, []).children);
  const deleted = names('/admin/delete_topics');
  if (deleted.length > 0) return `topics wait for their deletion: ${deleted}`;
  for (const path of ['/admin/reassign_partitions', '/admin/preferred_replica_election']) {
    if (tree.stat(path) !== null) return `${path} is there`;
  }
  const topics = names('/brokers/topics');
  for (const topic of topics) {
    const { adding_replicas: adding, removing_replicas: removing } = JSON.parse(
      String(tree.read(`/brokers/topics/${topic}`, []).data),
    );
    const moving = Object.values<number[]>({ ...adding, ...removing }).flat();
    if (moving.length > 0) return `replicas of ${topic} are on the move`;
  }
  for (const { name, disk } of nodes) {
    const orphan = disk.memory
      .list('/data')
      .map((folder) => /^(side\d+)-\d+$/.exec(folder)?.[1])
      .find((topic) => topic !== undefined && !topics.includes(topic));
    if (orphan !== undefined) return `${name} still has partitions of ${orphan}, which was deleted`;
  }
  return null;
}
