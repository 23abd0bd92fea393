import { PeerConnection } from '@odradek/broker/cluster/peer-connection';
import { nodeClock } from '@odradek/broker/env/node/clock';
import { nodeNetwork } from '@odradek/broker/env/node/network';
import { BufferPool } from '@odradek/broker/network/buffer-pool';
import { CreateTopics } from '@odradek/protocol/messages/create-topics';
import { InitProducerId } from '@odradek/protocol/messages/init-producer-id';
import { Metadata } from '@odradek/protocol/messages/metadata';
import type { ResponseOf } from '@odradek/protocol/schema/api';

export const LIMIT = { timeoutMs: 5_000 };
const PATIENCE_MS = 90_000;
const PAUSE_MS = 20;
const TOPIC_EXISTS = 36;

export const pause = (ms = PAUSE_MS): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

type ClusterMetadata = ResponseOf<typeof Metadata>;

function connect(port: number): Promise<PeerConnection> {
  const memory = { staging: Buffer.allocUnsafeSlow(64 * 1024), pool: new BufferPool() };
  return PeerConnection.connect(
    { network: nodeNetwork, clock: nodeClock, memory },
    { host: '127.0.0.1', port, clientId: 'cluster-load', connectTimeoutMs: 5_000 },
  );
}

/** A client of a cluster, some of whose brokers may be gone at any time. */
export class ClusterClient {
  private turn = 0;
  /** The last that did not do, for whoever reads of a failure. */
  private refused = 'nothing';

  /** @param ports of all brokers that there may be */
  constructor(readonly ports: readonly number[]) {}

  connect(port: number): Promise<PeerConnection> {
    return connect(port);
  }

  /** Repeats what asks any broker, one after the other, each time another one first, until one answers with something. */
  async ofAny<T>(ask: (peer: PeerConnection) => Promise<T | null>): Promise<T> {
    const deadlineMs = performance.now() + PATIENCE_MS;
    let last: unknown = 'nothing';
    while (performance.now() < deadlineMs) {
      const first = this.turn++ % this.ports.length;
      for (const port of [...this.ports.slice(first), ...this.ports.slice(0, first)]) {
        let peer: PeerConnection | null = null;
        try {
          peer = await connect(port);
          const answer = await ask(peer);
          if (answer !== null) return answer;
        } catch (error) {
          last = error;
        } finally {
          peer?.close();
        }
      }
      await pause();
    }
    throw new Error(`no broker has answered for ${PATIENCE_MS} ms: ${last}, last metadata ${this.refused}`);
  }

  metadata(topic: string, holds: (answer: ClusterMetadata) => boolean): Promise<ClusterMetadata> {
    return this.ofAny(async (peer) => {
      const request = { topics: [{ name: topic }], allowAutoTopicCreation: false };
      const answer = await peer.send(Metadata, 9, request, LIMIT);
      if (holds(answer)) return answer;
      this.refused = JSON.stringify(answer);
      return null;
    });
  }

  /** The port of the broker that leads the partition, once there is one. */
  async leaderPort(topic: string, partition: number): Promise<number> {
    const leaderOf = ({ topics }: ClusterMetadata): number =>
      topics[0]?.partitions.find(({ partitionIndex }) => partitionIndex === partition)?.leaderId ?? -1;
    const answer = await this.metadata(topic, (it) => it.brokers.some(({ nodeId }) => nodeId === leaderOf(it)));
    return answer.brokers.find(({ nodeId }) => nodeId === leaderOf(answer))!.port;
  }

  /** The id of the broker that is the controller. */
  async controllerId(): Promise<number> {
    const answer = await this.metadata('', ({ brokers, controllerId }) =>
      brokers.some(({ nodeId }) => nodeId === controllerId),
    );
    return answer.controllerId;
  }

  async createTopic(name: string, partitions: number, replicationFactor: number, configs: Record<string, string>) {
    const topic = {
      name,
      numPartitions: partitions,
      replicationFactor,
      assignments: [],
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
    };
    await this.ofAny(async (peer) => {
      const { topics } = await peer.send(CreateTopics, 5, { topics: [topic], timeoutMs: LIMIT.timeoutMs }, LIMIT);
      const { errorCode } = topics[0]!;
      return errorCode === 0 || errorCode === TOPIC_EXISTS ? true : null;
    });
    await this.whole(name, partitions, replicationFactor);
  }

  /** Waits until every partition has a leader and all its replicas in sync, in every broker's view. */
  async whole(topic: string, partitions: number, replicationFactor: number): Promise<void> {
    const isWhole = ({ topics }: ClusterMetadata): boolean => {
      const all = topics[0]?.partitions ?? [];
      return (
        all.length === partitions &&
        all.every(({ errorCode, isrNodes }) => errorCode === 0 && isrNodes.length === replicationFactor)
      );
    };
    for (const port of this.ports) await new ClusterClient([port]).metadata(topic, isWhole);
  }

  newProducerId(): Promise<number> {
    return this.ofAny(async (peer) => {
      const init = { transactionalId: null, transactionTimeoutMs: 0 };
      const { errorCode, producerId } = await peer.send(InitProducerId, 4, init, LIMIT);
      return errorCode === 0 ? producerId : null;
    });
  }
}
