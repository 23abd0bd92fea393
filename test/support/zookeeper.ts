import fs from 'node:fs';
import path from 'node:path';
import { silentLoggers } from '@odradek/broker/env/logger';
import { NodeZooKeeper } from '@odradek/broker/env/node/zookeeper';
import { decodeKeptSession, KEPT_SESSION_FILE } from '@odradek/broker/zookeeper/kept-session';
import { ask, freePort, freePorts } from './ports';
import { home, type Place, removeDir, ServerProcess, tempDir, writeProperties } from './process';

const JVM = { KAFKA_HEAP_OPTS: '-Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto' };

type Settings = Readonly<Record<string, string | number>>;

/**
 * Ticks of 200 ms: sessions from 400 ms on are granted. What is written survives its process, not the machine: a slow
 * disk would be waited for between the pings of short sessions.
 */
const QUICK: Settings = { tickTime: 200, minSessionTimeout: 400, maxSessionTimeout: 60_000, forceSync: 'no' };

/** A real Apache ZooKeeper server of this test's own, with its own folder. */
export class TestZooKeeper {
  private process: ServerProcess | undefined;

  constructor(
    readonly port: number,
    private readonly dir: string,
    private readonly file: string,
    private readonly within: readonly string[] = [],
  ) {}

  /** For `zookeeper.connect`. */
  get connect(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Ends the server if it still runs, and starts it (again) on its data and port. */
  async restart(): Promise<void> {
    await this.kill();
    // The launcher becomes the JVM: signals reach it, and only it.
    const launcher = path.join(home, 'bin', 'zookeeper-server-start.sh');
    const [command, ...args] = [...this.within, launcher, this.file];
    this.process = new ServerProcess(command!, args, JVM);
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

  /** Stops the process where it stands: connections stay open, nothing is answered. */
  pause(): void {
    this.process?.pause();
  }

  resume(): void {
    this.process?.resume();
  }

  /** Ends the session of a broker with this log folder, as it ends when its time is up. */
  async endSessionOf({ logDir }: { readonly logDir: string }): Promise<void> {
    const resume = decodeKeptSession(fs.readFileSync(path.join(logDir, KEPT_SESSION_FILE)))!;
    const options = { connect: this.connect, sessionTimeoutMs: 20_000, connectionTimeoutMs: 10_000 };
    const double = await new NodeZooKeeper(silentLoggers).connect({ ...options, resume });
    await double.close();
  }

  /** kill -9, data kept. */
  async kill(): Promise<void> {
    await this.process?.kill();
  }

  /** Ends it and deletes its data. */
  async stop(): Promise<void> {
    await this.kill();
    removeDir(this.dir);
  }
}

/** Starts a server and waits until it serves. `settings` are lines of zookeeper.properties, beyond port and folder. */
export async function startZooKeeper(settings: Settings = {}, place?: Place): Promise<TestZooKeeper> {
  const server = prepare(place?.port ?? (await freePort()), settings, { within: place?.within });
  await server.restart();
  return server;
}

/** Starts an ensemble and waits until all of its servers serve. */
export async function startEnsemble(count: number, settings: Settings = {}): Promise<TestZooKeeper[]> {
  const ports = await freePorts(3 * count);
  const ids = Array.from({ length: count }, (_, i) => i + 1);
  const addresses = ids.map((id) => [
    `server.${id}`,
    `127.0.0.1:${ports[count + id - 1]}:${ports[2 * count + id - 1]}`,
  ]);
  const common = { initLimit: 50, syncLimit: 25, ...Object.fromEntries(addresses), ...settings };
  const servers = ids.map((id) => prepare(ports[id - 1]!, common, { id }));
  await Promise.all(servers.map((server) => server.restart()));
  return servers;
}

interface Details {
  readonly id?: number;
  readonly within?: readonly string[] | undefined;
}

function prepare(port: number, settings: Settings, { id, within }: Details): TestZooKeeper {
  const dir = tempDir('zookeeper');
  const dataDir = path.join(dir, 'data');
  fs.mkdirSync(dataDir);
  if (id !== undefined) fs.writeFileSync(path.join(dataDir, 'myid'), String(id));
  const own = { dataDir, clientPort: port, clientPortAddress: '127.0.0.1', 'admin.enableServer': 'false' };
  const file = path.join(dir, 'zookeeper.properties');
  writeProperties(file, { ...own, maxClientCnxns: 0, ...QUICK, ...settings });
  return new TestZooKeeper(port, dir, file, within);
}
