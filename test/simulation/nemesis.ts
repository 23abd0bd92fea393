import { sleep } from '@odradek/broker/env/clock';
import type { SimulatedProcess } from '@odradek/broker/env/simulation/clock';
import type { SeededRandom } from '@odradek/broker/env/simulation/random';
import type { SimulatedCluster } from './cluster';
import { BROKER_PORT, type BrokerNode } from './node';

/** A fault begins when it is called, and what it returns takes it away. */
type Fault = (node: BrokerNode) => () => void;

export type FaultName =
  | 'kill'
  | 'long absence'
  | 'clean stop'
  | 'crash in a write'
  | 'power cut'
  | 'pause'
  | 'partition'
  | 'one-way partition'
  | 'slow network'
  | 'refused while alive'
  | 'ZooKeeper cut off'
  | 'ZooKeeper connections lost'
  | 'ZooKeeper session expired'
  | 'ZooKeeper server down'
  | 'ZooKeeper away'
  | 'slow disk'
  | 'failing disk'
  | 'full disk'
  | 'clock jumps';

export interface NemesisOptions {
  readonly faults: readonly FaultName[];
  /** Between the beginnings of two faults, at most. */
  readonly maxPauseMs: number;
  readonly maxDurationMs: number;
  readonly say: (what: string) => void;
}

/** Whoever breaks things: fault after fault, several at a time, each for a while. */
export class Nemesis {
  private readonly process: SimulatedProcess;
  private readonly random: SeededRandom;
  private readonly active = new Map<string, () => void>();
  private isOver = false;
  /** How often each fault has struck. */
  readonly struck = new Map<FaultName, number>();

  constructor(
    private readonly cluster: SimulatedCluster,
    private readonly options: NemesisOptions,
  ) {
    this.process = cluster.time.process('nemesis');
    this.random = cluster.random.fork();
  }

  async run(): Promise<void> {
    while (!this.isOver) {
      await sleep(this.process, this.random.between(0, this.options.maxPauseMs));
      if (!this.isOver) this.strike();
    }
  }

  /** Takes every fault away. */
  heal(): void {
    this.isOver = true;
    for (const key of [...this.active.keys()]) this.end(key);
    const { fabric, ensemble, nodes } = this.cluster;
    fabric.healAll();
    for (let index = 0; index < ensemble.size; index++) ensemble.start(index);
    for (const { disk } of nodes) disk.heal();
    this.options.say('healed');
  }

  private strike(): void {
    const { random, cluster, options } = this;
    const name = random.pick(options.faults);
    const node = random.pick(cluster.nodes);
    const key = `${name}: ${node.name}`;
    if (this.active.has(key)) return;
    this.struck.set(name, (this.struck.get(name) ?? 0) + 1);
    options.say(key);
    this.active.set(key, this.faults[name](node));
    this.process.after(random.between(1, random.oneIn(3) ? options.maxDurationMs : options.maxDurationMs / 10), () =>
      this.end(key),
    );
  }

  private end(key: string): void {
    const undo = this.active.get(key);
    if (!undo) return;
    this.active.delete(key);
    this.options.say(`${key}: over`);
    undo();
  }

  private readonly faults: Readonly<Record<FaultName, Fault>> = {
    kill: (node) => {
      node.kill();
      return nothing;
    },
    'long absence': (node) => {
      node.isWanted = false;
      node.kill();
      return () => node.start();
    },
    'clean stop': (node) => {
      node.stop();
      return () => this.startAgain(node);
    },
    'crash in a write': (node) => {
      node.disk.crashAfter(1 + this.random.below(20), () => node.kill());
      return nothing;
    },
    'power cut': (node) => {
      node.cutPower();
      return () => node.powerOn();
    },
    pause: ({ process }) => {
      process?.pause();
      return () => process?.resume();
    },
    partition: (node) => this.cut(this.others(node), node, 'both'),
    'one-way partition': (node) => this.cut(this.others(node), node, this.random.pick(['to', 'from'] as const)),
    'slow network': () => {
      this.cluster.fabric.extraLatencyMs = this.random.between(5, 200);
      return () => {
        this.cluster.fabric.extraLatencyMs = 0;
      };
    },
    'refused while alive': ({ host }) => host.refuse(BROKER_PORT),
    'ZooKeeper cut off': (node) => this.cut(this.zooKeepers, node, this.random.pick(['to', 'from', 'both'] as const)),
    'ZooKeeper connections lost': ({ host }) => {
      this.cluster.ensemble.dropConnectionsOf(host.address);
      return nothing;
    },
    'ZooKeeper session expired': ({ id }) => {
      const { service } = this.cluster.ensemble;
      const owner = service.tree.stat(`/brokers/ids/${id}`)?.ephemeralOwner;
      if (owner) service.expireSession(owner);
      return nothing;
    },
    'ZooKeeper server down': () => {
      const index = this.random.below(this.cluster.ensemble.size);
      this.cluster.ensemble.stop(index);
      return () => this.cluster.ensemble.start(index);
    },
    'ZooKeeper away': () => {
      const { ensemble } = this.cluster;
      for (let index = 0; index < ensemble.size; index++) ensemble.stop(index);
      return () => {
        for (let index = 0; index < ensemble.size; index++) ensemble.start(index);
      };
    },
    'slow disk': ({ disk }) => {
      disk.slowMs = this.random.between(1, 50);
      return () => disk.heal();
    },
    'failing disk': ({ disk }) => {
      disk.failing = '/data';
      return () => disk.heal();
    },
    'full disk': ({ disk }) => {
      disk.isFull = true;
      return () => disk.heal();
    },
    'clock jumps': ({ process }) => {
      if (process) process.wallOffsetMs += this.random.between(-60_000, 60_000);
      return nothing;
    },
  };

  private startAgain(node: BrokerNode): void {
    node.isWanted = true;
    // It may still be about to stop.
    if (node.state === 'down') node.start();
  }

  private get zooKeepers(): string[] {
    return [...this.cluster.fabric.hosts.keys()].filter((name) => name.startsWith('zk-'));
  }

  /** All hosts but this one, or some of them. */
  private others({ name }: BrokerNode): string[] {
    const others = [...this.cluster.fabric.hosts.keys()].filter((other) => other !== name);
    return this.random.oneIn(2) ? others : others.filter(() => this.random.oneIn(2));
  }

  private cut(hosts: readonly string[], { name }: BrokerNode, direction: 'to' | 'from' | 'both'): () => void {
    const { fabric } = this.cluster;
    for (const host of hosts) {
      if (direction !== 'from') fabric.cut(host, name);
      if (direction !== 'to') fabric.cut(name, host);
    }
    return () => {
      for (const host of hosts) {
        fabric.heal(host, name);
        fabric.heal(name, host);
      }
    };
  }
}

function nothing(): void {}
