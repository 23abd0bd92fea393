import { PeerConnection } from '@odradek/broker/cluster/peer-connection';
import { sleep } from '@odradek/broker/env/clock';
import type { SimulatedProcess } from '@odradek/broker/env/simulation/clock';
import { SimulatedNetwork } from '@odradek/broker/env/simulation/network';
import type { SeededRandom } from '@odradek/broker/env/simulation/random';
import { BufferPool } from '@odradek/broker/network/buffer-pool';
import { errorName } from '@odradek/protocol/errors';
import { CreateTopics } from '@odradek/protocol/messages/create-topics';
import { Metadata } from '@odradek/protocol/messages/metadata';
import type { Api, RequestInit, ResponseOf } from '@odradek/protocol/schema/api';
import type { Fields } from '@odradek/protocol/schema/fields';
import type { SimulatedCluster } from './cluster';

const REQUEST_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 5_000;
const BACKOFF_MS = 100;
const METADATA_VERSION = 12;
const CREATE_TOPICS_VERSION = 7;

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`;

interface Address {
  readonly host: string;
  readonly port: number;
}

/** What every client of a cluster does: it finds the brokers, asks them, and tries again. */
export class SimulatedClient {
  readonly process: SimulatedProcess;
  readonly random: SeededRandom;
  private readonly network: SimulatedNetwork;
  private readonly memory = { staging: Buffer.allocUnsafeSlow(64 * 1024), pool: new BufferPool() };
  private readonly connections = new Map<string, { opened: Promise<PeerConnection>; isUsable: () => boolean }>();
  private readonly brokers = new Map<number, Address>();
  private readonly leaders = new Map<string, { readonly id: number; readonly epoch: number }>();
  /** As the last metadata said. */
  controllerId = -1;

  constructor(
    private readonly cluster: SimulatedCluster,
    readonly name: string,
  ) {
    const { time, fabric, random } = cluster;
    this.process = time.process(name);
    this.random = random.fork();
    this.network = new SimulatedNetwork(fabric, fabric.host(name), this.process, this.random);
  }

  backOff(): Promise<void> {
    return sleep(this.process, this.random.between(BACKOFF_MS / 2, BACKOFF_MS * 2));
  }

  /** The broker that leads a partition, as the last metadata said; null where it was not known. */
  leaderOf(partition: TopicPartition): { readonly id: number; readonly epoch: number } | null {
    const leader = this.leaders.get(keyOf(partition));
    return leader === undefined || leader.id < 0 ? null : leader;
  }

  get brokerIds(): readonly number[] {
    return [...this.brokers.keys()];
  }

  /** Asks a broker once. Rejects where it cannot be reached or does not answer: nobody knows then what it did. */
  async ask<A extends Api<Fields, Fields>>(
    brokerId: number,
    api: A,
    version: number,
    request: RequestInit<A>,
  ): Promise<ResponseOf<A>> {
    const address = this.brokers.get(brokerId);
    if (address === undefined) throw new Error(`broker ${brokerId} is not known`);
    const connection = await this.connection(address);
    return connection.send(api, version, request, { timeoutMs: REQUEST_TIMEOUT_MS });
  }

  /** Asks any broker for everything it knows. False where none answers. */
  async refresh(): Promise<boolean> {
    const known = [...this.cluster.bootstrap];
    while (known.length > 0) {
      const [address] = known.splice(this.random.below(known.length), 1);
      try {
        const connection = await this.connection(address!);
        const request = { topics: null, allowAutoTopicCreation: false };
        const answer = await connection.send(Metadata, METADATA_VERSION, request, { timeoutMs: REQUEST_TIMEOUT_MS });
        this.learn(answer);
        return true;
      } catch {
        // The next one may know.
      }
    }
    return false;
  }

  /** Creates a topic, however often that has to be tried. */
  async createTopic(name: string, numPartitions: number, configs: Readonly<Record<string, string>>): Promise<void> {
    const settings = Object.entries(configs).map(([key, value]) => ({ name: key, value }));
    for (;;) {
      try {
        await this.refresh();
        const topics = [{ name, numPartitions, replicationFactor: -1, assignments: [], configs: settings }];
        const answer = await this.ask(this.controllerId, CreateTopics, CREATE_TOPICS_VERSION, { topics });
        const error = errorName(answer.topics[0]!.errorCode);
        if (error === 'NONE' || error === 'TOPIC_ALREADY_EXISTS') return;
      } catch {
        // Tried again below.
      }
      await this.backOff();
    }
  }

  /** A client that goes says so. */
  close(): void {
    for (const { opened } of this.connections.values())
      opened.then(
        (connection) => connection.close(),
        () => {},
      );
    this.connections.clear();
  }

  private learn({ brokers, topics, controllerId }: ResponseOf<typeof Metadata>): void {
    this.controllerId = controllerId;
    for (const { nodeId, host, port } of brokers) this.brokers.set(nodeId, { host, port });
    for (const { name, partitions } of topics) {
      for (const { partitionIndex, leaderId: id, leaderEpoch: epoch } of partitions) {
        const key = keyOf({ topic: name!, partition: partitionIndex });
        // A broker that nobody talks to any more still believes in leaders of yesterday (KIP-320).
        if (epoch >= (this.leaders.get(key)?.epoch ?? -1)) this.leaders.set(key, { id, epoch });
      }
    }
  }

  /** The one connection to a broker, made where there is none: what is sent to a broker reaches it in order. */
  private connection({ host, port }: Address): Promise<PeerConnection> {
    const key = `${host}:${port}`;
    const known = this.connections.get(key);
    if (known?.isUsable()) return known.opened;
    const { network, process: clock, memory } = this;
    const options = { host, port, clientId: this.name, connectTimeoutMs: CONNECT_TIMEOUT_MS };
    let isUsable = (): boolean => true;
    const opened = PeerConnection.connect({ network, clock, memory }, options);
    this.connections.set(key, { opened, isUsable: () => isUsable() });
    opened.then(
      (connection) => {
        isUsable = () => !connection.isGone;
      },
      () => {
        isUsable = () => false;
      },
    );
    return opened;
  }
}
