import { LeaderAndIsr } from '@odradek/protocol/messages/leader-and-isr';
import { Metadata } from '@odradek/protocol/messages/metadata';
import { UpdateMetadata } from '@odradek/protocol/messages/update-metadata';
import { ZERO_UUID } from '@odradek/protocol/wire/uuid';
import type { Both } from '../both';
import type { SideName } from '../world';
import { readZNode } from '../zookeeper';

export const NO_SUCH_ID = 'x9mTn0ZqSsuHHtBYaYTJ4w';
export const LATER_BROKER_EPOCH = 1_000_000;

export interface Order {
  readonly topic: string;
  readonly topicId?: (side: SideName) => string;
  readonly partition?: number;
  readonly leader?: number;
  readonly leaderEpoch?: number;
  readonly replicas?: number[];
  readonly controllerEpoch: number;
  readonly brokerEpoch?: number;
}

/** The epoch of both controllers: each start of the brokers has elected them anew. */
export async function controllerEpoch({ world }: Both): Promise<number> {
  const { ours, apache } = await readZNode(world, '/controller_epoch');
  if (ours !== apache) throw new Error(`controllers are in the epochs ${ours} and ${apache}`);
  return Number(ours);
}

/** One partition's order in the shape of any version. */
export const leaderAndIsr =
  ({
    topic,
    topicId,
    partition = 0,
    leader = 0,
    leaderEpoch = 0,
    replicas = [0],
    controllerEpoch,
    brokerEpoch = LATER_BROKER_EPOCH,
  }: Order) =>
  (version: number) =>
  (side: SideName) => {
    const state = {
      partitionIndex: partition,
      controllerEpoch,
      leader,
      leaderEpoch,
      isr: replicas,
      partitionEpoch: 0,
      replicas,
    };
    const common = {
      controllerId: 0,
      controllerEpoch,
      brokerEpoch,
      type: 0,
      liveLeaders: [{ brokerId: 0, hostName: '127.0.0.1', port: 9 }],
    };
    return version < 2
      ? { ...common, ungroupedPartitionStates: [{ ...state, topicName: topic }] }
      : {
          ...common,
          topicStates: [{ topicName: topic, topicId: topicId?.(side) ?? ZERO_UUID, partitionStates: [state] }],
        };
  };

/** Above all that the controllers have given out. */
let leaderEpoch = 1000;
const OLD = { paths: ['topics'], why: 'the epochs of leaders are those of before' };

/** Orders of a controller that nobody asked: partitions lie with a broker that does not live, or with the real one. */
export class Orders {
  constructor(private readonly both: Both) {}

  /** A leader must be known to live before anybody follows it. */
  async brokersAre(ids: readonly number[]): Promise<void> {
    const epochs = { controllerEpoch: await controllerEpoch(this.both), brokerEpoch: LATER_BROKER_EPOCH };
    const update = { controllerId: 0, ...epochs, topicStates: [] };
    const endpoint = { host: '127.0.0.1', listener: 'PLAINTEXT', securityProtocol: 0 };
    await this.both.send(UpdateMetadata, 8, (side) => ({
      ...update,
      liveBrokers: ids.map((id) => ({
        id,
        endpoints: [{ ...endpoint, port: id === 0 ? this.both.world.sides[side].port : 1 }],
        rack: `r${id + 1}`,
      })),
    }));
  }

  async follow(topic: string, partitions: readonly number[]): Promise<void> {
    await this.tell(topic, partitions, { leader: 1, replicas: [0, 1] });
  }

  async lead(topic: string, partitions: readonly number[]): Promise<void> {
    await this.tell(topic, partitions, { leader: 0, replicas: [0] });
  }

  private async tell(topic: string, partitions: readonly number[], role: { leader: number; replicas: number[] }) {
    const { both } = this;
    const described = await both.send(Metadata, 12, { topics: [{ name: topic }] }, { except: OLD });
    const topicId = (side: SideName) => described[side].topics[0]!.topicId;
    const epochs = { controllerEpoch: await controllerEpoch(both), leaderEpoch: ++leaderEpoch };
    for (const partition of partitions) {
      const order = leaderAndIsr({ topic, topicId, partition, ...epochs, ...role })(7);
      await both.send(LeaderAndIsr, 7, order, { note: `${topic}-${partition} with ${role.leader}` });
    }
  }
}
