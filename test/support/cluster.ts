import { Broker } from './broker';
import { startZooKeeper, type TestZooKeeper } from './zookeeper';

type Settings = Readonly<Record<string, string | number>>;

export interface ClusterOptions {
  readonly brokers: number;
  /** Of every broker, beyond those of `Broker`. */
  readonly settings?: Settings;
  /** Of one broker, beyond those of all. */
  readonly settingsOf?: (id: number) => Settings;
}

/** Brokers 0, 1, 2 … on one ZooKeeper, each a process of its own. */
export class Cluster {
  private constructor(
    readonly zooKeeper: TestZooKeeper,
    readonly brokers: readonly Broker[],
  ) {}

  /** Resolves when all of them serve. */
  static async start({ brokers: count, settings = {}, settingsOf = () => ({}) }: ClusterOptions): Promise<Cluster> {
    const zooKeeper = await startZooKeeper();
    const ids = Array.from({ length: count }, (_, id) => id);
    const brokers = await Promise.all(
      ids.map((id) =>
        Broker.prepare({
          zooKeeper: zooKeeper.connect,
          settings: { 'offsets.topic.replication.factor': count, ...settings, ...settingsOf(id), 'broker.id': id },
        }),
      ),
    );
    const cluster = new Cluster(zooKeeper, brokers);
    try {
      await Promise.all(brokers.map((broker) => broker.start()));
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  get ports(): number[] {
    return this.brokers.map(({ port }) => port);
  }

  /** Kills what still runs, and removes all data. */
  async stop(): Promise<void> {
    await Promise.all(this.brokers.map((broker) => broker.remove()));
    await this.zooKeeper.stop();
  }
}
