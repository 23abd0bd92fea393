import { AlterPartition } from '@odradek/protocol/messages/alter-partition';
import { CreateTopics } from '@odradek/protocol/messages/create-topics';
import type { Both } from './both';
import { differences } from './diff';
import type { ControlRequest, StandIns } from './stand-ins';
import { SIDES, type SideName } from './world';
import { brokerEpochs, readVersion, readZNode, trees, untilLed } from './zookeeper';

const REAL = 0;
/** So long nothing has come: then the controllers are done with what they were asked. */
const QUIET_MS = 500;
const POLL_MS = 50;
const LIMIT_MS = 20_000;

type Plain = Record<string, unknown>;

/**
 * What one broker learns. Apache's controller repeats itself: states that are no news to the broker are left out on both
 * sides, as are the epoch of a controller that has only repeated them, and the addresses of leaders of what is repeated.
 */
class Listener {
  private readonly known = new Map<string, string>();

  constructor(private readonly nameOfPort: (port: number) => string) {}

  /** The request without what it repeats; null where nothing is left of it. */
  news({ api, version, body: { topicStates, liveLeaders: _, ...rest } }: ControlRequest): Plain | null {
    const isStop = api === 'StopReplica';
    const states = topicStates.flatMap(({ topicName, partitionStates }) =>
      partitionStates.map((state): [string, Plain] => [
        `${topicName}-${state.partitionIndex}`,
        isStop ? stopOf(state) : { ...state, controllerEpoch: null },
      ]),
    );
    // What has stopped and is told to go on is told news.
    if (isStop) for (const [name] of states) this.known.delete(`LeaderAndIsr ${name}`);
    const fresh = states.filter(([name, state]) => isStop || this.isNews(`${api} ${name}`, { ...state, isNew: null }));
    const frame = this.view(rest) as Plain;
    const isFrameNews = this.isNews(`${api} frame`, frame) && api === 'UpdateMetadata';
    return fresh.length > 0 || isFrameNews ? { api, version, ...frame, states: Object.fromEntries(fresh) } : null;
  }

  private isNews(key: string, value: unknown): boolean {
    const text = JSON.stringify(value);
    const isNews = this.known.get(key) !== text;
    this.known.set(key, text);
    return isNews;
  }

  /** Without what two clusters cannot have in common. */
  private view(value: unknown, key = ''): unknown {
    if (key === 'brokerEpoch') return (value as number) > 0 ? 'an epoch' : value;
    if (key === 'port') return this.nameOfPort(value as number);
    if (Array.isArray(value)) {
      const items = value.map((item) => this.view(item, key));
      return key === 'liveBrokers' ? items.sort((a, b) => (a as { id: number }).id - (b as { id: number }).id) : items;
    }
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, this.view(inner, name)]));
  }
}

/** Where a replica stops because the state changes, Apache names the leader epoch of before, and we that of after. */
const stopOf = (state: Plain): Plain => ({
  ...state,
  leaderEpoch: (state.leaderEpoch as number) >= 0 ? 'an epoch' : state.leaderEpoch,
});

/** Two clusters of one real broker each, and of stand-ins that write down what they are told. */
export class Stage {
  private readonly listeners = new Map<string, Listener>();

  constructor(
    readonly both: Both,
    readonly standIns: StandIns,
    /** Of topics: what is compared in ZooKeeper. */
    private readonly prefix: string,
  ) {}

  /** Waits until nothing comes any more, then compares what each stand-in was told, and both trees. */
  async settle(note: string): Promise<void> {
    await this.quiet();
    const requests = this.standIns.take();
    for (const broker of this.standIns.ids) {
      const told = (side: SideName): Plain[] =>
        requests
          .filter((request) => request.side === side && request.broker === broker)
          .map((request) => this.listener(side, broker).news(request))
          .filter((news) => news !== null);
      this.report(`what broker ${broker} is told after: ${note}`, told('ours'), told('apache'));
    }
    await this.compareTrees(note);
  }

  /** All stand-ins go, one after another: both controllers get over it in the same way. */
  async end(): Promise<void> {
    for (const id of this.standIns.ids) {
      await this.standIns.unregister(id);
      await this.quiet();
    }
    this.standIns.close();
  }

  /** As `settle`, where the two controllers go different ways to the same end. */
  async settleAtTheEnd(note: string): Promise<void> {
    await this.quiet();
    this.standIns.take();
    await this.compareTrees(note);
  }

  /** A broker is another process from now on, which knows nothing. */
  forget(broker: number): void {
    for (const side of SIDES) this.listeners.delete(`${side} ${broker}`);
  }

  /** Makes a topic with these replicas, and waits until it has leaders. */
  async create(name: string, replicas: readonly (readonly number[])[]): Promise<void> {
    const assignments = replicas.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds }));
    const topics = [{ name, numPartitions: -1, replicationFactor: -1, assignments, configs: [] }];
    const made = await this.both.send(CreateTopics, 7, { topics, timeoutMs: 20_000 }, { note: `make ${name}` });
    this.both.topicIds.set(name, { ours: made.ours.topics[0]!.topicId, apache: made.apache.topics[0]!.topicId });
    await untilLed(this.both.world, name);
  }

  /** A leader says that these are in sync. */
  async inSync(name: string, partition: number, isr: readonly number[], leader: number): Promise<void> {
    const { both } = this;
    const path = `/brokers/topics/${name}/partitions/${partition}/state`;
    const [state, versions] = [await readZNode(both.world, path), await readVersion(both.world, path)];
    const epochs = await brokerEpochs(both.world, leader);
    const partitionOf = (side: SideName) => ({
      partitionIndex: partition,
      leaderEpoch: JSON.parse(state[side]).leader_epoch,
      newIsrWithEpochs: isr.map((brokerId) => ({ brokerId, brokerEpoch: -1 })),
      leaderRecoveryState: 0,
      partitionEpoch: versions[side],
    });
    await both.send(
      AlterPartition,
      3,
      (side) => ({
        brokerId: leader,
        brokerEpoch: epochs[side],
        topics: [{ topicId: both.topicId(name)(side), partitions: [partitionOf(side)] }],
      }),
      { note: `${name}-${partition} in sync at [${isr}]` },
    );
  }

  private report(what: string, ours: unknown, apache: unknown): void {
    this.both.compared++;
    this.both.report(what, differences('stage', ours, apache));
  }

  private async compareTrees(note: string): Promise<void> {
    const { ours, apache } = await trees(this.both.world, this.prefix);
    this.report(`ZooKeeper after: ${note}`, ours, apache);
  }

  private listener(side: SideName, broker: number): Listener {
    const key = `${side} ${broker}`;
    const { world } = this.both;
    const nameOf = (port: number): string =>
      `the port of ${port === world.sides[side].port ? REAL : this.standIns.brokerAt(side, port)}`;
    const listener = this.listeners.get(key) ?? new Listener(nameOf);
    this.listeners.set(key, listener);
    return listener;
  }

  private async quiet(): Promise<void> {
    const deadlineMs = performance.now() + LIMIT_MS;
    const look = async (): Promise<string> =>
      JSON.stringify([this.standIns.received, await trees(this.both.world, this.prefix)]);
    let [last, sinceMs] = [await look(), performance.now()];
    while (performance.now() - sinceMs < QUIET_MS) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      const now = await look();
      if (now !== last) [last, sinceMs] = [now, performance.now()];
      if (performance.now() > deadlineMs) throw new Error('the controllers do not come to rest');
    }
  }
}
