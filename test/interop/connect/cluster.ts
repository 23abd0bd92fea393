import { startZooKeeper, type TestZooKeeper } from '../../support/zookeeper';
import { type Kafka, Place, type Side } from '../mixed/member';

/** Brokers of one side with a ZooKeeper of their own. */
export class Cluster {
  private constructor(
    readonly places: readonly Place[],
    private readonly zooKeeper: TestZooKeeper,
  ) {}

  static async start(kafka: Kafka, side: Side, brokers: number): Promise<Cluster> {
    const zooKeeper = await startZooKeeper();
    const settings = {
      'offsets.topic.replication.factor': brokers,
      'transaction.state.log.num.partitions': 5,
      'transaction.state.log.replication.factor': brokers,
      'transaction.state.log.min.isr': Math.min(2, brokers),
      'default.replication.factor': brokers,
      'min.insync.replicas': Math.min(2, brokers),
      'num.partitions': 1,
    };
    const ids = Array.from({ length: brokers }, (_, id) => id);
    const places = await Promise.all(ids.map((id) => Place.make(kafka, id, `${zooKeeper.connect}/connect`, settings)));
    for (const place of places) place.side = side;
    const cluster = new Cluster(places, zooKeeper);
    try {
      await Promise.all(places.map((place) => place.start()));
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  get bootstrap(): string {
    return this.places.map(({ port }) => `127.0.0.1:${port}`).join(',');
  }

  async stop(): Promise<void> {
    await Promise.all(this.places.map((place) => place.remove()));
    await this.zooKeeper.stop();
  }
}
