import { type SimulatedProcess, SimulatedTime } from '@odradek/broker/env/simulation/clock';
import { Fabric } from '@odradek/broker/env/simulation/fabric';
import type { SimulatedLine } from '@odradek/broker/env/simulation/logger';
import { SeededRandom } from '@odradek/broker/env/simulation/random';
import { SimulatedEnsemble } from '@odradek/broker/env/simulation/zookeeper-ensemble';
import { BROKER_PORT, BrokerNode } from './node';

const TICK_MS = 1_000;
export const OFFSETS_PARTITIONS = 4;
export const TRANSACTIONS_PARTITIONS = 4;

export interface ClusterOptions {
  readonly seed: number;
  readonly brokers: number;
  readonly zooKeepers: number;
  readonly settings?: Readonly<Record<string, string | number>>;
  readonly log?: (line: SimulatedLine) => void;
}

/** ZooKeeper and brokers in one process, on time, network and disks that a seed decides. */
export class SimulatedCluster {
  readonly random: SeededRandom;
  readonly time: SimulatedTime;
  readonly fabric: Fabric;
  readonly ensemble: SimulatedEnsemble;
  readonly nodes: readonly BrokerNode[];
  /** Rules of brokers that were broken: each is a bug. */
  readonly broken: string[] = [];

  constructor(readonly options: ClusterOptions) {
    const random = new SeededRandom(options.seed);
    this.random = random;
    this.time = new SimulatedTime(random.fork());
    this.fabric = new Fabric(this.time, random.fork());
    const hosts = Array.from({ length: options.zooKeepers }, (_, index) => `zk-${index}`);
    this.ensemble = new SimulatedEnsemble(this.fabric, random.fork(), { hosts, tickTimeMs: TICK_MS });
    this.nodes = Array.from({ length: options.brokers }, (_, id) => this.node(id));
    this.time.onFailure = (process, error) => this.failed(process, error);
  }

  get bootstrap(): { readonly host: string; readonly port: number }[] {
    return this.nodes.map(({ name }) => ({ host: name, port: BROKER_PORT }));
  }

  /** A promise that nobody waits for has failed: main.ts ends the broker then. */
  readonly onRejection = (error: unknown): void => this.failed(this.time.current, error);

  private node(id: number): BrokerNode {
    const { log = () => {}, settings, brokers } = this.options;
    const parts = {
      fabric: this.fabric,
      random: this.random.fork(),
      log,
      broken: (what: string) => this.broken.push(what),
    };
    const replicas = Math.min(3, brokers);
    return new BrokerNode(id, parts, {
      'zookeeper.connect': this.ensemble.connect,
      'zookeeper.session.timeout.ms': 6_000,
      'offsets.topic.num.partitions': OFFSETS_PARTITIONS,
      'offsets.topic.replication.factor': replicas,
      'transaction.state.log.num.partitions': TRANSACTIONS_PARTITIONS,
      'transaction.state.log.replication.factor': replicas,
      'transaction.state.log.min.isr': Math.max(1, replicas - 1),
      'transaction.abort.timed.out.transaction.cleanup.interval.ms': 2_000,
      'default.replication.factor': replicas,
      'min.insync.replicas': Math.max(1, replicas - 1),
      'auto.create.topics.enable': 'false',
      'group.initial.rebalance.delay.ms': 0,
      ...settings,
    });
  }

  private failed(process: SimulatedProcess, error: unknown): void {
    const node = this.nodes.find((candidate) => candidate.process === process);
    if (node) node.failed(process, error);
    else if (process.isAlive) throw error;
  }
}
