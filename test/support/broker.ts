import path from 'node:path';
import { ask, freePort } from './ports';
import { type Ending, home, type Place, removeDir, ServerProcess, tempDir, writeProperties } from './process';

const LAUNCHER = path.join(home, 'bin', 'kafka-server-start.sh');

/** Metadata v1 for no topic: key 3, version 1, correlation id 1, no client id, an empty array. */
const METADATA = Buffer.from([0, 0, 0, 14, 0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff, 0, 0, 0, 0]);
const isWholeFrame = (bytes: Buffer) => bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0);

type Settings = Readonly<Record<string, string | number>>;

export interface BrokerOptions {
  /** `zookeeper.connect`. */
  readonly zooKeeper: string;
  /** Settings beside or instead of the usual ones below; some follow from the port that the broker is given. */
  readonly settings?: Settings | ((port: number) => Settings);
  /** Given after the file, as `--override key=value`. */
  readonly overrides?: Settings;
  readonly place?: Place;
}

/** Our broker as a real process, started by its launcher, with a folder of its own, on a free port. */
export class Broker {
  private process: ServerProcess | undefined;

  private constructor(
    readonly port: number,
    readonly dir: string,
    private readonly args: readonly string[],
    private readonly within: readonly string[],
  ) {}

  /** Starts one and waits until it answers Metadata. */
  static async start(options: BrokerOptions): Promise<Broker> {
    const broker = await Broker.prepare(options);
    await broker.start();
    return broker;
  }

  /** Writes the properties of a broker that is not started yet. */
  static async prepare({ zooKeeper, settings = {}, overrides = {}, place }: BrokerOptions): Promise<Broker> {
    const dir = tempDir('broker');
    const port = place?.port ?? (await freePort());
    const all = {
      'broker.id': 0,
      listeners: `PLAINTEXT://127.0.0.1:${port}`,
      'log.dirs': path.join(dir, 'logs'),
      'zookeeper.connect': zooKeeper,
      'offsets.topic.replication.factor': 1,
      'transaction.state.log.replication.factor': 1,
      'transaction.state.log.min.isr': 1,
      'group.initial.rebalance.delay.ms': 0,
      ...(typeof settings === 'function' ? settings(port) : settings),
    };
    const file = path.join(dir, 'server.properties');
    writeProperties(file, all);
    const flags = Object.entries(overrides).flatMap(([key, value]) => ['--override', `${key}=${value}`]);
    return new Broker(port, dir, [file, ...flags], place?.within ?? []);
  }

  get bootstrap(): string {
    return `127.0.0.1:${this.port}`;
  }

  get logDir(): string {
    return path.join(this.dir, 'logs');
  }

  /** Starts the process without waiting for it: for a start that must fail. */
  launch(): ServerProcess {
    const [command, ...args] = [...this.within, LAUNCHER, ...this.args];
    this.process = new ServerProcess(command!, args, { LOG_DIR: path.join(this.dir, 'app-logs') });
    return this.process;
  }

  /** Starts the broker (again) on its data and waits until it serves. */
  async start(): Promise<void> {
    await this.launch().until(() => this.serves());
  }

  async serves(): Promise<boolean> {
    const answer = await ask(this.port, METADATA, isWholeFrame);
    return answer !== undefined && answer.length >= 12 && answer.readInt32BE(8) > 0;
  }

  get pid(): number {
    return this.process!.pid;
  }

  /** What the broker wrote to stdout and stderr since its last start. */
  log(): string {
    return this.process?.log() ?? '';
  }

  /** Resolves when the process has ended, of its own will or not. */
  async ended(): Promise<Ending | undefined> {
    return this.process?.ended;
  }

  /** SIGTERM: the controlled shutdown. */
  async stop(): Promise<Ending | undefined> {
    return this.process?.stop();
  }

  /** kill -9. */
  async kill(): Promise<Ending | undefined> {
    return this.process?.kill();
  }

  /** Stops the process where it stands: connections stay open, nothing is answered. */
  pause(): void {
    this.process?.pause();
  }

  resume(): void {
    this.process?.resume();
  }

  /** Kills the broker if it still runs, and removes its data. */
  async remove(): Promise<void> {
    await this.kill();
    removeDir(this.dir);
  }
}
