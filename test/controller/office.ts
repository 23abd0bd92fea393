import type { ConnectPeer, Peer } from '@odradek/broker/cluster/peers';
import type { Processes } from '@odradek/broker/cluster/processes';
import { Controller } from '@odradek/broker/controller/controller';
import type { ControllerOptions } from '@odradek/broker/controller/options';
import { silentLoggers } from '@odradek/broker/env/logger';
import { nodeClock } from '@odradek/broker/env/node/clock';
import { nodeRandom } from '@odradek/broker/env/node/random';
import type { LeaderAndIsr } from '@odradek/protocol/messages/leader-and-isr';
import type { StopReplica } from '@odradek/protocol/messages/stop-replica';
import type { UpdateMetadata } from '@odradek/protocol/messages/update-metadata';
import type { RequestInit } from '@odradek/protocol/schema/api';
import { brokerInfo, type Cluster, type Member } from '../zookeeper/cluster';

const KAFKA_STORAGE_ERROR = 56;
/** Broker N listens at this port + N. */
const FIRST_PORT = 9092;

type Sent =
  | { readonly broker: number; readonly api: 'LeaderAndIsr'; readonly request: RequestInit<typeof LeaderAndIsr> }
  | { readonly broker: number; readonly api: 'UpdateMetadata'; readonly request: RequestInit<typeof UpdateMetadata> }
  | { readonly broker: number; readonly api: 'StopReplica'; readonly request: RequestInit<typeof StopReplica> };

/** Brokers that do what the controller says, as far as it can tell, and remember what it said. */
export class ObedientBrokers {
  readonly sent: Sent[] = [];
  /** Replicas on failed log folders, as `broker:topic-N`. */
  readonly failed = new Set<string>();
  /** Brokers that take requests to delete replicas and never answer them. */
  readonly silent = new Set<number>();

  private readonly watches = new Set<{
    readonly broker: number;
    readonly isOld: boolean;
    readonly onGone: () => void;
  }>();
  /** Brokers whose hosts refuse connections. */
  readonly refusing = new Set<number>();

  readonly processes: Processes = {
    watch: ({ port }, onGone, isOld = false) => {
      const watch = { broker: port - FIRST_PORT, isOld, onGone };
      this.watches.add(watch);
      return { close: () => void this.watches.delete(watch) };
    },
    isRefused: async ({ port }) => this.refusing.has(port - FIRST_PORT),
    serves: async ({ port }) => !this.refusing.has(port - FIRST_PORT),
  };

  /** Those who watch the broker see that its connection ends and that its host refuses another one. */
  refuse(broker: number): void {
    this.refusing.add(broker);
    for (const watch of [...this.watches]) {
      if (watch.broker !== broker) continue;
      this.watches.delete(watch);
      watch.onGone();
    }
  }

  /** Whether those who watch the broker's process take it for one that has long been there. */
  isOld(broker: number): boolean[] {
    return [...this.watches].filter((watch) => watch.broker === broker).map((watch) => watch.isOld);
  }

  /** How many watch the broker's process. */
  watchersOf(broker: number): number {
    return [...this.watches].filter((watch) => watch.broker === broker).length;
  }

  readonly connect: ConnectPeer = async ({ port }) => {
    const broker = port - FIRST_PORT;
    const send = (api: { readonly name: string }, _version: number, request: unknown): Promise<unknown> => {
      const sent = { broker, api: api.name, request } as Sent;
      this.sent.push(sent);
      if (isDeletion(sent) && this.silent.has(broker)) return new Promise(() => {});
      return Promise.resolve(this.answerTo(sent));
    };
    return { send, close: () => {} } as unknown as Peer;
  };

  private answerTo({ broker, api, request }: Sent): unknown {
    if (api === 'StopReplica') return { errorCode: 0, partitionErrors: [] };
    if (api === 'UpdateMetadata') return { errorCode: 0 };
    const topics = (request.topicStates ?? []).map(({ topicName, topicId, partitionStates }) => ({
      topicId,
      partitionErrors: (partitionStates ?? []).map(({ partitionIndex }) => ({
        partitionIndex,
        errorCode: this.failed.has(`${broker}:${topicName}-${partitionIndex}`) ? KAFKA_STORAGE_ERROR : 0,
      })),
    }));
    return { errorCode: 0, partitionErrors: [], topics };
  }

  /** The last that a broker was told to be in a partition. */
  order(broker: number, topic: string, partition: number) {
    const states = this.sent.flatMap((sent) =>
      sent.api === 'LeaderAndIsr' && sent.broker === broker ? (sent.request.topicStates ?? []) : [],
    );
    return states
      .filter(({ topicName }) => topicName === topic)
      .flatMap(({ partitionStates }) => partitionStates ?? [])
      .filter(({ partitionIndex }) => partitionIndex === partition)
      .at(-1);
  }

  /** The last that a broker was told of a partition: leader, epoch, and which replicas are offline. */
  metadata(broker: number, topic: string, partition: number) {
    const states = this.sent.flatMap((sent) =>
      sent.api === 'UpdateMetadata' && sent.broker === broker ? (sent.request.topicStates ?? []) : [],
    );
    return states
      .filter(({ topicName }) => topicName === topic)
      .flatMap(({ partitionStates }) => partitionStates ?? [])
      .filter(({ partitionIndex }) => partitionIndex === partition)
      .at(-1);
  }

  /** The brokers that were told to lead or follow a partition of the topic, in order. */
  told(topic: string): number[] {
    return this.sent
      .filter(({ api, request }) => api === 'LeaderAndIsr' && hasTopic(request, topic))
      .map(({ broker }) => broker);
  }

  /** The brokers that were told to delete replicas of the topic, in order. */
  toldToDelete(topic: string): number[] {
    return this.stops(topic, true);
  }

  /** The brokers that were told to stop replicas of the topic and to keep them, in order. */
  toldToStop(topic: string): number[] {
    return this.stops(topic, false);
  }

  private stops(topic: string, deletes: boolean): number[] {
    return this.sent.flatMap((sent) => {
      if (sent.api !== 'StopReplica') return [];
      const states = (sent.request.topicStates ?? []).filter(({ topicName }) => topicName === topic);
      const isMeant = states.some(({ partitionStates }) =>
        partitionStates?.some(({ deletePartition }) => deletePartition === deletes),
      );
      return isMeant ? [sent.broker] : [];
    });
  }
}

const isDeletion = (sent: Sent): boolean =>
  sent.api === 'StopReplica' &&
  (sent.request.topicStates ?? []).some(({ partitionStates }) =>
    (partitionStates ?? []).some(({ deletePartition }) => deletePartition),
  );

const hasTopic = (request: Sent['request'], topic: string): boolean =>
  (request.topicStates ?? []).some(({ topicName }) => topicName === topic);

/** A broker's part in the election, over a member's session. */
export function candidate(
  id: number,
  { client, store }: Member,
  brokers: ObedientBrokers,
  overrides: Partial<ControllerOptions> = {},
): Controller {
  const unclean = new Set<string>();
  return new Controller({
    brokerId: id,
    store,
    client,
    connect: brokers.connect,
    processes: brokers.processes,
    clock: nodeClock,
    random: nodeRandom,
    loggers: silentLoggers,
    controlListenerName: 'PLAINTEXT',
    socketTimeoutMs: 30_000,
    deleteTopicEnabled: true,
    leaderBalance: null,
    uncleanElectionEnabled: (topic) => unclean.has(topic),
    loadTopicConfigs: async (topics) => {
      for (const topic of topics) {
        const configs = await store.configs.get('topics', topic);
        if (configs['unclean.leader.election.enable'] === 'true') unclean.add(topic);
      }
    },
    registerBroker: async () => {
      await store.registerBroker(brokerInfo(id));
    },
    ...overrides,
  });
}

export interface Office {
  readonly member: Member;
  readonly brokers: ObedientBrokers;
  readonly controller: Controller;
}

/** Broker 0, registered and elected. */
export async function office(cluster: Cluster, overrides: Partial<ControllerOptions> = {}): Promise<Office> {
  const member = await cluster.member();
  const brokers = new ObedientBrokers();
  const controller = candidate(0, member, brokers, overrides);
  await member.store.registerBroker(brokerInfo(0));
  await controller.start();
  return { member, brokers, controller };
}

const POLL_MS = 10;

export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}

/** Writes a znode as somebody does by hand, or with an old tool. */
export async function byHand(cluster: Cluster, path: string, content: unknown = null): Promise<void> {
  const data = content === null ? null : Buffer.from(typeof content === 'string' ? content : JSON.stringify(content));
  const full = cluster.chroot + path;
  if (await cluster.observer.exists(full)) await cluster.observer.setData(full, data, -1);
  else await cluster.observer.create(full, data, 'persistent');
}
