import { type PeerConnection, PeerDisconnectedError } from '@odradek/broker/cluster/peer-connection';
import { FindCoordinator } from '@odradek/protocol/messages/find-coordinator';
import { ClusterClient } from '../replication/load/client';
import type { Broker } from '../support/broker';
import { ensureTopic } from '../support/topics';
import { until } from '../support/until';
import { connect } from './members';

const LIMIT = { timeoutMs: 5_000 };
const NONE = 0;

/** Who coordinates a group, as far as its members care. */
export interface Coordinator {
  /** To whoever it is now; rejects with `PeerDisconnectedError` where it cannot be reached for now. */
  connect(): Promise<PeerConnection>;
  /** Makes the topic where it is not there, and the one of the offsets, as does whoever asks for a coordinator. */
  ensureTopic(name: string, partitions: number): Promise<void>;
  /** What it takes until there is one again. */
  recover(): Promise<unknown>;
}

/** The only broker that there is. */
export function onlyBroker(broker: Broker): Coordinator {
  return {
    connect: () => connect(broker),
    async ensureTopic(name, partitions) {
      const peer = await connect(broker);
      await ensureTopic(peer, name, partitions);
      await until(async () => (await peer.send(FindCoordinator, 2, { key: 'any' }, LIMIT)).errorCode === NONE);
      peer.close();
    },
    recover: () => broker.start(),
  };
}

/** One of many brokers: another one follows it. */
export class ClusterCoordinator implements Coordinator {
  private turn = 0;

  constructor(
    private readonly brokers: readonly Broker[],
    private readonly groupId: string,
  ) {}

  /** As the first of the brokers says that answers, whose word may be old. Each time another one is asked first. */
  async find(): Promise<Broker> {
    const at = this.turn++ % this.brokers.length;
    let failure: unknown;
    for (const broker of [...this.brokers.slice(at), ...this.brokers.slice(0, at)]) {
      try {
        return await this.named(broker);
      } catch (error) {
        if (!(error instanceof PeerDisconnectedError)) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  private async named(by: Broker): Promise<Broker> {
    const peer = await connect(by);
    try {
      const { errorCode, port } = await peer.send(FindCoordinator, 2, { key: this.groupId }, LIMIT);
      const broker = this.brokers.find((it) => it.port === port);
      if (errorCode !== NONE || broker === undefined) throw new PeerDisconnectedError(`error ${errorCode}`);
      return broker;
    } finally {
      peer.close();
    }
  }

  async connect(): Promise<PeerConnection> {
    return connect(await this.find());
  }

  async ensureTopic(name: string, partitions: number): Promise<void> {
    const client = new ClusterClient(this.brokers.map(({ port }) => port));
    await client.createTopic(name, partitions, 1, {});
    await until(() => this.find().then(Boolean, () => false));
  }

  /** kill -9 of whoever it is now. */
  async kill(): Promise<Broker> {
    const broker = await this.find();
    await broker.kill();
    return broker;
  }

  /** Nothing: the others see to it. */
  async recover(): Promise<void> {}
}
