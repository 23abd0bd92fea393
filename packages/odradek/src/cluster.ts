import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BrokerSettings, Cluster, ClusterBroker, ClusterOptions, StartCluster } from './api';
import { type RunningCoordination, startCoordination } from './coordination';
import { type Member, startProcess, startThread } from './member';
import { brokersKnownAt, groupsServe } from './probe';
import { settingsOf } from './settings';
import { makeTemporaryFolder, removeTemporaryFolder } from './temporary-folder';

const LOCAL = '127.0.0.1';
const POLL_MS = 10;
const PATIENCE_MS = 60_000;
/** A clean stop that takes longer is none. */
const STOP_PATIENCE_MS = 30_000;

export const startCluster: StartCluster = async (options = {}) => {
  check(options);
  const cluster = new EmbeddedCluster(options);
  try {
    await cluster.start();
    return cluster;
  } catch (error) {
    await cluster.abandon();
    throw error;
  }
};

function check({ brokers = 1, port = 0, console = false }: ClusterOptions): void {
  if (!Number.isInteger(brokers) || brokers < 1) {
    throw new RangeError(`brokers is ${brokers}, but a cluster has at least 1, and whole ones.`);
  }
  if (!Number.isInteger(port) || port < 0 || port + brokers > 65_536) {
    throw new RangeError(`port is ${port}: give one from 1 to ${65_536 - brokers}, or none for free ones.`);
  }
  if (typeof console === 'number' && !(Number.isInteger(console) && console >= 0 && console < 65_536)) {
    throw new RangeError(`console is ${console}: give a port, or true for a free one.`);
  }
}

/** A place of a broker, whether or not one runs there. */
class Seat implements ClusterBroker {
  member: Member | null = null;
  port: number;

  constructor(
    readonly id: number,
    readonly host: string,
    port: number,
    readonly logFile: string,
  ) {
    this.port = port;
  }

  get isRunning(): boolean {
    return this.member !== null;
  }
}

class EmbeddedCluster implements Cluster {
  readonly dir: string;
  private readonly seats: readonly Seat[];
  private coordination: RunningCoordination | null = null;
  /** The first broker has it; null: none is wanted. */
  private consolePort: number | null;
  /** Once the whole cluster is to stop. */
  private stopped: Promise<void> | null = null;

  constructor(private readonly options: ClusterOptions) {
    this.dir = options.dir ?? makeTemporaryFolder();
    fs.mkdirSync(this.dir, { recursive: true });
    if (options.dir === undefined) process.once('exit', this.exit);
    const { brokers = 1, host = LOCAL, port = 0, console = false } = options;
    this.consolePort = console === false ? null : Number(console === true ? 0 : console);
    this.seats = Array.from({ length: brokers }, (_, id) => {
      const logFile = path.join(this.dir, `broker-${id}.log`);
      return new Seat(id, host, port === 0 ? 0 : port + id, logFile);
    });
  }

  get brokers(): readonly ClusterBroker[] {
    return this.seats;
  }

  get addresses(): string[] {
    return this.seats.map(({ host, port }) => `${host}:${port}`);
  }

  get bootstrapServers(): string {
    return this.addresses.join(',');
  }

  get zookeeper(): string {
    return this.options.zookeeper ?? this.coordination!.address;
  }

  get console(): string | null {
    return this.consolePort === null ? null : `http://${LOCAL}:${this.consolePort}`;
  }

  async start(): Promise<void> {
    const { zookeeper, host = LOCAL, zookeeperPort = 0 } = this.options;
    if (zookeeper === undefined) this.coordination = await startCoordination(host, zookeeperPort);
    await Promise.all(this.seats.map((seat) => this.launch(seat)));
    await this.untilAllKnowAll();
    // The topic of groups is made while all brokers are there: groups are to work at a test's first attempt, and also if the
    // first thing that it does is to end a broker.
    const wanted = Number(this.options.config?.['offsets.topic.replication.factor'] ?? 0);
    if (wanted <= this.seats.length) await until(() => groupsServe(this.seats[0]!), 'Groups have no coordinator');
  }

  private async launch(seat: Seat): Promise<void> {
    const { id, host, port, logFile } = seat;
    const { config = {}, processes = false, logLevel = 'INFO' } = this.options;
    const dir = path.join(this.dir, `broker-${id}`);
    const place = { id, count: this.seats.length, host, port, dir, zookeeper: this.zookeeper };
    const isConsoleHere = id === 0 && this.consolePort !== null;
    const consoleConfig: BrokerSettings = isConsoleHere
      ? { 'odradek.console.listener': `${LOCAL}:${this.consolePort}` }
      : {};
    const data = { settings: settingsOf(place, { ...config, ...consoleConfig }), logFile, logLevel };
    const member = (processes ? startProcess : startThread)(`Broker ${id}`, data);
    seat.member = member;
    void member.ended.then(() => {
      if (seat.member === member) seat.member = null;
    });
    try {
      const { port, consolePort } = await member.ready;
      seat.port = port;
      // The same one after a restart.
      if (isConsoleHere) this.consolePort = consolePort;
    } catch (error) {
      throw new Error(`${(error as Error).message} Its log is ${logFile}.`);
    }
  }

  private async untilAllKnowAll(): Promise<void> {
    const running = this.seats.filter(({ isRunning }) => isRunning);
    for (const seat of running) {
      const knowsAll = async (): Promise<boolean> => (await brokersKnownAt(seat)) >= running.length;
      await until(knowsAll, `Broker ${seat.id} does not know all brokers`);
    }
  }

  async kill(brokerId: number): Promise<void> {
    const { member } = this.seat(brokerId);
    member?.kill();
    await member?.ended;
  }

  async restart(brokerId: number): Promise<void> {
    const seat = this.seat(brokerId);
    if (this.stopped !== null) throw new Error('The cluster was stopped, and does not come back: start another one.');
    if (seat.isRunning) throw new Error(`Broker ${brokerId} runs: stop or kill it first.`);
    await this.launch(seat);
    await this.untilAllKnowAll();
  }

  async stop(brokerId?: number): Promise<void> {
    if (brokerId !== undefined) return stopOne(this.seat(brokerId));
    this.stopped ??= this.stopAll();
    return this.stopped;
  }

  private async stopAll(): Promise<void> {
    const ends = await Promise.allSettled(this.seats.map(stopOne));
    await this.end();
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  /** After a start that failed. */
  async abandon(): Promise<void> {
    await Promise.all(this.seats.map(({ id }) => this.kill(id)));
    await this.end();
  }

  private async end(): Promise<void> {
    await this.coordination?.stop();
    if (this.options.dir !== undefined) return;
    process.off('exit', this.exit);
    removeTemporaryFolder(this.dir);
  }

  /** When the process ends in the middle: brokers that end by themselves, a moment later, would write to what is taken away. */
  private readonly exit = (): void => {
    for (const { member } of this.seats) member?.kill();
    removeTemporaryFolder(this.dir);
  };

  private seat(brokerId: number): Seat {
    const seat = this.seats[brokerId];
    if (seat === undefined) {
      throw new RangeError(`There is no broker ${brokerId}: ids go from 0 to ${this.seats.length - 1}.`);
    }
    return seat;
  }
}

async function until(isSo: () => Promise<boolean>, otherwise: string): Promise<void> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (performance.now() > deadlineMs) throw new Error(`${otherwise} after ${PATIENCE_MS / 1000} s.`);
    await sleep(POLL_MS);
  }
}

async function stopOne({ id, member, logFile }: Seat): Promise<void> {
  if (member === null) return;
  member.stop();
  const late = sleep(STOP_PATIENCE_MS, 'late', { ref: false });
  if ((await Promise.race([member.ended, late])) !== 'late') return;
  member.kill();
  throw new Error(
    `Broker ${id} did not stop within ${STOP_PATIENCE_MS / 1000} s and was ended. Its log is ${logFile}.`,
  );
}
