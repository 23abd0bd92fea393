import { Broker } from '../../support/broker';
import { freePort } from '../../support/ports';
import { TestProxy } from '../../support/proxy';
import { startZooKeeper, type TestZooKeeper } from '../../support/zookeeper';
import type { Member } from './trial';

const BROKERS = 3;

/** One broker, and the two ways by which it can be cut off. Clients reach it always. */
export interface Site {
  readonly broker: Broker;
  /** How the other brokers reach it: what they ask it, its followers' fetches above all. */
  readonly inbound: TestProxy;
  /** How it reaches ZooKeeper. */
  readonly toZooKeeper: TestProxy;
}

/** Three brokers whose connections with each other and with ZooKeeper can be cut. */
export class FaultyCluster {
  private constructor(
    readonly zooKeeper: TestZooKeeper,
    readonly sites: readonly Site[],
  ) {}

  static async start(sessionTimeoutMs: number): Promise<FaultyCluster> {
    const zooKeeper = await startZooKeeper();
    const sites = await Promise.all(
      Array.from({ length: BROKERS }, (_, id) => prepare(zooKeeper, id, sessionTimeoutMs)),
    );
    const cluster = new FaultyCluster(zooKeeper, sites);
    try {
      await Promise.all(sites.map(({ broker }) => broker.start()));
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  get members(): Member[] {
    return this.sites.map(({ broker }, id) => ({
      id,
      port: broker.port,
      logDir: broker.logDir,
      start: () => broker.start(),
      stop: () => broker.stop(),
      kill: () => broker.kill(),
    }));
  }

  async stop(): Promise<void> {
    await Promise.all(this.sites.map(({ broker }) => broker.remove()));
    await Promise.all(this.sites.flatMap(({ inbound, toZooKeeper }) => [inbound.close(), toZooKeeper.close()]));
    await this.zooKeeper.stop();
  }
}

async function prepare(zooKeeper: TestZooKeeper, id: number, sessionTimeoutMs: number): Promise<Site> {
  const innerPort = await freePort();
  const inbound = await TestProxy.start(innerPort);
  const toZooKeeper = await TestProxy.start(zooKeeper.port);
  const broker = await Broker.prepare({
    zooKeeper: `127.0.0.1:${toZooKeeper.port}`,
    settings: (port) => ({
      'broker.id': id,
      listeners: `PLAINTEXT://127.0.0.1:${port},INNER://127.0.0.1:${innerPort}`,
      'advertised.listeners': `PLAINTEXT://127.0.0.1:${port},INNER://127.0.0.1:${inbound.port}`,
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,INNER:PLAINTEXT',
      'inter.broker.listener.name': 'INNER',
      'offsets.topic.replication.factor': BROKERS,
      'zookeeper.session.timeout.ms': sessionTimeoutMs,
      'replica.lag.time.max.ms': 3_000,
    }),
  });
  return { broker, inbound, toZooKeeper };
}
