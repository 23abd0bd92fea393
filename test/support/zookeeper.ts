import fs from 'node:fs';
import path from 'node:path';
import { ask, freePort, freePorts } from './ports';
import { home, removeDir, ServerProcess, tempDir } from './process';

const JVM = { KAFKA_HEAP_OPTS: '-Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto' };

export interface ZooKeeperOptions {
  /** Lines of zookeeper.properties beyond the port and the folder, e.g. `{ tickTime: 500 }`. */
  readonly settings?: Readonly<Record<string, string | number>>;
  readonly port?: number;
}

/** A real ZooKeeper server with a folder of its own, on a free port. */
export class ZooKeeper {
  private process: ServerProcess | undefined;

  private constructor(
    readonly port: number,
    readonly dir: string,
    private readonly file: string,
  ) {}

  /** Starts one and waits until it serves. */
  static async start(options: ZooKeeperOptions = {}): Promise<ZooKeeper> {
    const server = ZooKeeper.prepare(options.port ?? (await freePort()), options.settings ?? {});
    await server.start();
    return server;
  }

  /** Starts an ensemble of `count` servers and waits until all of them serve. */
  static async startEnsemble(
    count: number,
    settings: Readonly<Record<string, string | number>> = {},
  ): Promise<ZooKeeper[]> {
    const ports = await freePorts(3 * count);
    const members = Array.from({ length: count }, (_, i) => i + 1);
    const addresses = members.map((id) => [
      `server.${id}`,
      `127.0.0.1:${ports[count + id - 1]}:${ports[2 * count + id - 1]}`,
    ]);
    const common = { initLimit: 10, syncLimit: 5, ...Object.fromEntries(addresses), ...settings };
    const servers = members.map((id) => ZooKeeper.prepare(ports[id - 1]!, common, id));
    await Promise.all(servers.map((server) => server.start()));
    return servers;
  }

  private static prepare(port: number, settings: Readonly<Record<string, string | number>>, id?: number): ZooKeeper {
    const dir = tempDir('zookeeper');
    const dataDir = path.join(dir, 'data');
    fs.mkdirSync(dataDir);
    if (id !== undefined) fs.writeFileSync(path.join(dataDir, 'myid'), String(id));
    const all = {
      dataDir,
      clientPort: port,
      clientPortAddress: '127.0.0.1',
      'admin.enableServer': 'false',
      maxClientCnxns: 0,
      ...settings,
    };
    const file = path.join(dir, 'zookeeper.properties');
    fs.writeFileSync(
      file,
      Object.entries(all)
        .map(([key, value]) => `${key}=${value}\n`)
        .join(''),
    );
    return new ZooKeeper(port, dir, file);
  }

  get connect(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Starts the server again on its data. */
  async start(): Promise<void> {
    // The launcher becomes the JVM: signals reach it, and only it.
    this.process = new ServerProcess(path.join(home, 'bin', 'zookeeper-server-start.sh'), [this.file], JVM);
    await this.process.until(() => this.serves());
  }

  /** `ruok` would be answered by a server that failed inside; `srvr` names a mode only when it works. */
  async serves(): Promise<boolean> {
    const answer = await ask(this.port, 'srvr', () => false);
    return answer?.includes('Mode:') ?? false;
  }

  log(): string {
    return this.process?.log() ?? '';
  }

  async stop(): Promise<void> {
    await this.process?.stop();
  }

  async kill(): Promise<void> {
    await this.process?.kill();
  }

  freeze(): void {
    this.process?.freeze();
  }

  thaw(): void {
    this.process?.thaw();
  }

  /** Kills the server if it still runs, and removes its data. */
  async remove(): Promise<void> {
    await this.kill();
    removeDir(this.dir);
  }
}
