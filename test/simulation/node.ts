import { Broker } from '@odradek/broker/broker';
import { loadBrokerConfig } from '@odradek/broker/config/load';
import { InTurns } from '@odradek/broker/env/in-turns';
import type { SimulatedProcess } from '@odradek/broker/env/simulation/clock';
import { SimulatedDisk } from '@odradek/broker/env/simulation/disk';
import type { Fabric, Host } from '@odradek/broker/env/simulation/fabric';
import { type SimulatedLine, SimulatedLoggers } from '@odradek/broker/env/simulation/logger';
import { SimulatedNetwork } from '@odradek/broker/env/simulation/network';
import type { SeededRandom } from '@odradek/broker/env/simulation/random';
import { SimulatedZooKeeper } from '@odradek/broker/env/simulation/zookeeper';
import { CLEANER_WORK, CleanerWork } from '@odradek/broker/log/cleaner/cleaner-work';
import { RECORDS_WORK, RecordsWork } from '@odradek/broker/log/records-work';

export const BROKER_PORT = 9092;
const LOG_DIR = '/data';
/** Whoever looks after the brokers starts one that has ended again after this. */
const RESTART_MS = 2_000;

export interface NodeParts {
  readonly fabric: Fabric;
  readonly random: SeededRandom;
  readonly log: (line: SimulatedLine) => void;
  /** A rule of a broker was broken: none of the faults that a broker has to bear is an excuse. */
  readonly broken: (what: string) => void;
}

/** What happens to a host and the broker on it, for the story of a run. */
export type NodeState = 'down' | 'starting' | 'serving' | 'stopping';

/** A host with a disk, and the broker that is started on it again and again. */
export class BrokerNode {
  readonly host: Host;
  readonly disk: SimulatedDisk;
  state: NodeState = 'down';
  process: SimulatedProcess | null = null;
  /** Whether it is to be started again when it ends. */
  isWanted = false;
  private broker: Broker | null = null;
  private lives = 0;

  constructor(
    readonly id: number,
    private readonly parts: NodeParts,
    private readonly settings: Readonly<Record<string, string | number>>,
  ) {
    this.host = parts.fabric.host(`broker-${id}`);
    this.disk = new SimulatedDisk(parts.fabric.time, parts.random.fork());
  }

  get name(): string {
    return this.host.name;
  }

  start(): void {
    this.isWanted = true;
    if (this.state !== 'down') return;
    const { fabric, random, log } = this.parts;
    const process = fabric.time.process(this.name);
    const chance = random.fork();
    this.process = process;
    this.state = 'starting';
    this.lives++;
    const loggers = new SimulatedLoggers(process, log);
    const logger = loggers.logger('simulation', `[life ${this.lives}] `);
    const disk = this.disk.seenBy(process);
    const broker = new Broker(this.config(), {
      clock: process,
      random: chance,
      disk,
      background: new InTurns(process, {
        [CLEANER_WORK]: (port) => new CleanerWork(port, disk, process),
        [RECORDS_WORK]: (port) => new RecordsWork(port),
      }),
      network: new SimulatedNetwork(fabric, this.host, process, chance),
      http: { listen: () => Promise.reject(new Error('nobody asks by HTTP here')) },
      console: { start: () => Promise.reject(new Error('nobody looks at it here')) },
      zookeeper: new SimulatedZooKeeper(fabric, this.host, process, chance),
      loggers,
      hostname: this.name,
    });
    this.broker = broker;
    broker.onHalt((reason) => {
      logger.fatal(`halts: ${reason}`);
      this.ended(process);
    });
    process.soon(() => {
      broker.start().then(
        () => {
          if (this.process === process && this.state === 'starting') this.state = 'serving';
        },
        async (error: Error) => {
          if (!process.isAlive || this.state === 'stopping') return;
          logger.fatal('could not start', { error });
          await broker.stop();
          this.ended(process);
        },
      );
    });
  }

  /** SIGTERM; starts again only when told to. */
  stop(): void {
    const { broker, process } = this;
    this.isWanted = false;
    if (!broker || !process?.isAlive || this.state === 'stopping') return;
    this.state = 'stopping';
    process.soon(() => void broker.stop().then(() => this.ended(process)));
  }

  /** SIGKILL, or an end of its own. */
  kill(): void {
    if (this.process) this.ended(this.process);
  }

  /** The power goes: nobody is told, and what was not flushed is lost in part. */
  cutPower(): void {
    this.host.isUp = false;
    this.kill();
    this.disk.cutPower();
  }

  powerOn(): void {
    this.host.isUp = true;
    this.parts.fabric.retransmit();
    this.start();
  }

  /** A turn of the process has failed in a way that no code expects. */
  failed(process: SimulatedProcess, error: unknown): void {
    if (process !== this.process || !process.isAlive) return;
    this.parts.broken(`${this.name}: ${error instanceof Error ? error.stack : String(error)}`);
    this.ended(process);
  }

  private ended(process: SimulatedProcess): void {
    if (process !== this.process || !process.isAlive) return;
    process.kill();
    this.disk.killProcess();
    this.state = 'down';
    this.broker = null;
    this.parts.fabric.time.physics.after(RESTART_MS, () => {
      if (this.isWanted && this.host.isUp) this.start();
    });
  }

  private config() {
    const settings = {
      'broker.id': this.id,
      listeners: `PLAINTEXT://${this.name}:${BROKER_PORT}`,
      'log.dirs': LOG_DIR,
      ...this.settings,
    };
    const text = Object.entries(settings)
      .map(([name, value]) => `${name}=${value}`)
      .join('\n');
    const nothing = { readFile: () => null, list: () => null, exists: () => false, environment: {} };
    return loadBrokerConfig({ text, fileName: `${this.name}.properties`, overrides: [], sources: nothing }).config;
  }
}
