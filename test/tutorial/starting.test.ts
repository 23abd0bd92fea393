import fs from 'node:fs';
import path from 'node:path';
import { ask, freePorts } from '../support/ports';
import { home, removeDir, type ServerProcess, tempDir } from '../support/process';
import { runningServers } from '../support/servers';
import { until } from '../support/until';
import { started, typed } from './typed';

// Section 1 of the tutorials: starting the cluster, with copies of config/ whose ports and folders a reader has edited.

interface Place {
  readonly dir: string;
  readonly broker: number;
  readonly zooKeeper: number;
  readonly serverProperties: string;
  readonly zooKeeperProperties: string;
}

let place: Place;
let servers: ServerProcess[];

/** A file of config/, with some of its lines edited as with an editor. */
function edited(file: string, dir: string, edits: readonly (readonly [RegExp, string])[]): string {
  let text = fs.readFileSync(path.join(home, 'config', file), 'utf8');
  for (const [line, replacement] of edits) {
    expect(text).toMatch(line);
    text = text.replace(line, replacement);
  }
  const copy = path.join(dir, file);
  fs.writeFileSync(copy, text);
  return copy;
}

beforeEach(async () => {
  const dir = tempDir('tutorial');
  const [broker, zooKeeper] = (await freePorts(2)) as [number, number];
  const zooKeeperProperties = edited('zookeeper.properties', dir, [
    [/^dataDir=.*$/m, `dataDir=${dir}/zookeeper`],
    [/^clientPort=.*$/m, `clientPort=${zooKeeper}`],
  ]);
  // Row 1.5: each of these settings takes effect.
  const serverProperties = edited('server.properties', dir, [
    [/^broker\.id=.*$/m, 'broker.id=7'],
    [/^#listeners=.*$/m, `listeners=PLAINTEXT://:${broker}`],
    [/^#advertised\.listeners=.*$/m, `advertised.listeners=PLAINTEXT://localhost:${broker}`],
    [/^log\.dirs=.*$/m, `log.dirs=${dir}/kafka-logs`],
    [/^zookeeper\.connect=.*$/m, `zookeeper.connect=localhost:${zooKeeper}`],
  ]);
  place = { dir, broker, zooKeeper, serverProperties, zooKeeperProperties };
  servers = [];
});

afterEach(async () => {
  for (const server of servers.reverse()) await server.stop();
  // What was started in the background is no child of ours: it is known by its properties file.
  for (const kind of ['brokersAmong', 'zooKeepersAmong'] as const) {
    for (const { pid } of (await runningServers(kind)).filter(({ pid }) => runsOn(pid, place.dir))) {
      process.kill(pid, 'SIGKILL');
      await until(() => !isAlive(pid));
    }
  }
  removeDir(place.dir);
});

/** Another's server that was found may be gone meanwhile. */
function runsOn(pid: number, dir: string): boolean {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(dir);
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const zooKeeperServes = async () => (await ask(place.zooKeeper, 'srvr', () => false))?.includes('Mode:') ?? false;
const shell = async (words: string) => (await typed(place, `bin/zookeeper-shell.sh localhost:2181 ${words}`)).stdout;

async function start(
  line: string,
  isUp: (server: ServerProcess) => boolean | Promise<boolean>,
): Promise<ServerProcess> {
  const server = started(place, line);
  servers.push(server);
  await server.until(() => isUp(server));
  return server;
}

const startZooKeeper = () => start(`bin/zookeeper-server-start.sh ${place.zooKeeperProperties}`, zooKeeperServes);
const saysStarted = (log: string) => log.includes('[KafkaServer id=7] started (kafka.server.KafkaServer)');

/** The registration of broker 7, once it is there. */
async function registration(): Promise<{ endpoints: string[] }> {
  for (;;) {
    const json = /^\{.*\}$/m.exec(await shell('get /brokers/ids/7'));
    if (json) return JSON.parse(json[0]) as { endpoints: string[] };
  }
}

test('1.1 1.3 1.5 ZooKeeper and broker in the foreground, the broker registered as its file says', async () => {
  await startZooKeeper();
  await start(`bin/kafka-server-start.sh ${place.serverProperties}`, (server) => saysStarted(server.log()));

  expect(await shell('ls /brokers/ids')).toContain('\n[7]\n');
  expect((await registration()).endpoints).toEqual([`PLAINTEXT://localhost:${place.broker}`]);
  expect(fs.readFileSync(path.join(place.dir, 'kafka-logs', 'meta.properties'), 'utf8')).toContain('broker.id=7\n');
  const topic = await typed(place, 'bin/kafka-topics.sh --create --topic t --bootstrap-server localhost:9092');
  expect(topic.stdout).toBe('Created topic t.\n');
  expect(fs.existsSync(path.join(place.dir, 'kafka-logs', 't-0'))).toBe(true);
});

test('1.2 1.4 both with -daemon: they return at once, serve, and write to the log folder', async () => {
  const logs = path.join(place.dir, 'logs');
  const daemon = (script: string, file: string) =>
    typed(place, `LOG_DIR=${logs} bin/${script} -daemon ${file}`).then(({ code }) => code);

  await expect(daemon('zookeeper-server-start.sh', place.zooKeeperProperties)).resolves.toBe(0);
  await until(zooKeeperServes);
  await expect(daemon('kafka-server-start.sh', place.serverProperties)).resolves.toBe(0);
  const out = path.join(logs, 'kafkaServer.out');
  await until(() => fs.existsSync(out) && saysStarted(fs.readFileSync(out, 'utf8')));
  expect((await registration()).endpoints).toEqual([`PLAINTEXT://localhost:${place.broker}`]);
  expect(fs.readFileSync(path.join(logs, 'zookeeper.out'), 'utf8')).toContain('QuorumPeerMain');
});

test('1.4 the broker with &', async () => {
  await startZooKeeper();
  const log = path.join(place.dir, 'broker.log');
  await typed(place, `bin/kafka-server-start.sh ${place.serverProperties} >${log} 2>&1 &`);
  await until(() => fs.existsSync(log) && saysStarted(fs.readFileSync(log, 'utf8')));
  expect(await shell('ls /brokers/ids')).toContain('\n[7]\n');
});
