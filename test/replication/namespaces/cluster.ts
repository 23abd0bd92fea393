import { Broker } from '../../support/broker';
import { TestProxy } from '../../support/proxy';
import { startZooKeeper, type TestZooKeeper } from '../../support/zookeeper';
import type { Member } from '../load/trial';
import { Host, prepareBridge } from './network';

const BROKERS = 3;
const [CLIENTS_PORT, INNER_PORT, ZOOKEEPER_PORT] = [9092, 9093, 2181];

/** ZooKeeper and three brokers, each on a host of its own. Clients reach everybody always. */
export class SeparatedCluster {
  private constructor(
    readonly zooKeeperHost: Host,
    /** By the id of the broker. */
    readonly hosts: readonly Host[],
    private readonly zooKeeper: TestZooKeeper,
    private readonly zooKeeperRelay: TestProxy,
    private readonly brokers: readonly Broker[],
    private readonly relays: readonly TestProxy[],
  ) {}

  static async start(): Promise<SeparatedCluster> {
    prepareBridge();
    const [zooKeeperHost, ...hosts] = (await Promise.all(
      Array.from({ length: 1 + BROKERS }, (_, number) => Host.add(1 + number)),
    )) as [Host, ...Host[]];
    const zooKeeperRelay = await TestProxy.start(ZOOKEEPER_PORT, zooKeeperHost.address);
    const zooKeeper = await startZooKeeper(
      { clientPort: ZOOKEEPER_PORT, clientPortAddress: zooKeeperHost.address },
      { within: zooKeeperHost.within, port: zooKeeperRelay.port },
    );
    const relays = await Promise.all(hosts.map(({ address }) => TestProxy.start(CLIENTS_PORT, address)));
    const connect = `${zooKeeperHost.address}:${ZOOKEEPER_PORT}`;
    const brokers = await Promise.all(hosts.map((host, id) => prepare(connect, host, id, relays[id]!.port)));
    const cluster = new SeparatedCluster(zooKeeperHost, hosts, zooKeeper, zooKeeperRelay, brokers, relays);
    try {
      cluster.heal();
      await Promise.all(brokers.map((broker) => broker.start()));
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  get members(): Member[] {
    return this.brokers.map((broker, id) => ({
      id,
      port: broker.port,
      logDir: broker.logDir,
      start: () => broker.start(),
      stop: () => broker.stop(),
      kill: () => broker.kill(),
    }));
  }

  /** What a broker has said since its start. */
  log(id: number): string {
    return this.brokers[id]!.log();
  }

  /** Everybody's packets reach everybody again. */
  heal(): void {
    const all = [this.zooKeeperHost, ...this.hosts];
    for (const from of all) for (const to of all) if (from !== to) from.healTo(to);
  }

  async stop(): Promise<void> {
    await Promise.all(this.brokers.map((broker) => broker.remove()));
    await this.zooKeeper.stop();
    await Promise.all([this.zooKeeperRelay, ...this.relays].map((relay) => relay.close()));
    for (const host of [this.zooKeeperHost, ...this.hosts]) host.remove();
  }
}

function prepare(zooKeeper: string, host: Host, id: number, port: number): Promise<Broker> {
  return Broker.prepare({
    zooKeeper,
    place: { within: host.within, port },
    settings: {
      'broker.id': id,
      listeners: `PLAINTEXT://${host.address}:${CLIENTS_PORT},INNER://${host.address}:${INNER_PORT}`,
      'advertised.listeners': `PLAINTEXT://127.0.0.1:${port},INNER://${host.address}:${INNER_PORT}`,
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,INNER:PLAINTEXT',
      'inter.broker.listener.name': 'INNER',
      'offsets.topic.replication.factor': BROKERS,
      'zookeeper.session.timeout.ms': 6_000,
      'replica.lag.time.max.ms': 6_000,
    },
  });
}
