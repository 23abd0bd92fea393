import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const START_LIMIT_MS = 30_000;
const PROBE_INTERVAL_MS = 50;

/** A real Apache ZooKeeper server of this test's own. */
export interface TestZooKeeper {
  readonly port: number;
  /** For `zookeeper.connect`. */
  readonly connect: string;
  /** Stops the process where it stands: connections stay open, nothing is answered. */
  pause(): void;
  resume(): void;
  /** kill -9, data kept. */
  kill(): Promise<void>;
  /** Starts it again on its data and port. */
  restart(): Promise<void>;
  /** Ends it and deletes its data. */
  stop(): Promise<void>;
}

/** Starts a server whose ticks are 200 ms: it grants sessions from 400 ms on. */
export async function startZooKeeper(): Promise<TestZooKeeper> {
  const { java, classPath } = await javaAndClassPath();
  const folder = mkdtempSync(join(tmpdir(), 'odradek-zookeeper-'));
  const port = await freePort();
  writeFileSync(
    join(folder, 'zoo.cfg'),
    [
      'tickTime=200',
      'minSessionTimeout=400',
      'maxSessionTimeout=60000',
      `dataDir=${folder}`,
      `clientPort=${port}`,
      'clientPortAddress=127.0.0.1',
      'admin.enableServer=false',
      'maxClientCnxns=0',
      '4lw.commands.whitelist=srvr',
    ].join('\n'),
  );
  const launch = async (): Promise<ChildProcess> => {
    const child = spawn(
      java,
      [
        ...['-Xmx96m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', classPath],
        ...['org.apache.zookeeper.server.quorum.QuorumPeerMain', join(folder, 'zoo.cfg')],
      ],
      { stdio: 'ignore' },
    );
    await serving(port, child);
    return child;
  };
  let child = await launch();
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  return {
    port,
    connect: `127.0.0.1:${port}`,
    pause: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
    kill,
    async restart() {
      await kill();
      child = await launch();
    },
    async stop() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Found, or fetched, as `npm start` does it. */
async function javaAndClassPath(): Promise<{ java: string; classPath: string }> {
  const module = resolve(__dirname, '../../scripts/lib/zookeeper-home.mjs');
  // In a process of its own: jest does not import ES modules.
  const script = `import(${JSON.stringify(module)}).then((m) => m.resolveZooKeeper()).then((r) => console.log('\\n' + JSON.stringify(r)))`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script]);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Until `srvr` answers with a mode: `ruok` says yes also of a server that has died inside. */
async function serving(port: number, child: ChildProcess): Promise<void> {
  const deadlineMs = Date.now() + START_LIMIT_MS;
  while (Date.now() < deadlineMs) {
    if (child.exitCode !== null) throw new Error(`ZooKeeper exited with ${child.exitCode}`);
    if ((await fourLetters(port)).includes('Mode:')) return;
    await new Promise((tick) => setTimeout(tick, PROBE_INTERVAL_MS));
  }
  child.kill('SIGKILL');
  throw new Error('ZooKeeper did not start');
}

function fourLetters(port: number): Promise<string> {
  return new Promise((answer) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write('srvr'));
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    socket.on('error', () => {});
    socket.on('close', () => answer(text));
  });
}
