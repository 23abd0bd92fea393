import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { CoordinationServer } from '../../packages/odradek/src/zookeeper/server';
import { freePorts } from '../support/ports';
import { home, removeDir, ServerProcess, tempDir } from '../support/process';
import { runTool } from '../support/tool';

// What an image runs, without an engine for images: the same programs, told by the same variables.
const dist = path.join(home, 'packages', 'container', 'dist');
const [main, healthcheck] = ['main.js', 'healthcheck.js'].map((name) => path.join(dist, name)) as [string, string];

let zooKeeper: CoordinationServer;
let zooKeeperPort: number;
let dir: string;

beforeEach(async () => {
  zooKeeper = new CoordinationServer();
  zooKeeperPort = await zooKeeper.start(0, '127.0.0.1');
  dir = tempDir('container');
});
afterEach(async () => {
  await zooKeeper.stop();
  removeDir(dir);
});

/** The exit code of the health check, as an engine sees it. */
const health = (env: NodeJS.ProcessEnv): Promise<number> =>
  promisify(execFile)(process.execPath, [healthcheck], { env: { ...process.env, ...env } }).then(
    () => 0,
    ({ code }: { code: number }) => code,
  );

test("a container's variables make a broker that is healthy once its topics are there, and stops on SIGTERM", async () => {
  const [port, metricsPort] = (await freePorts(2)) as [number, number];
  const properties = path.join(dir, 'server.properties');
  const env = {
    ODRADEK_PROPERTIES: properties,
    KAFKA_ZOOKEEPER_CONNECT: `127.0.0.1:${zooKeeperPort}`,
    KAFKA_LISTENERS: `PLAINTEXT://127.0.0.1:${port}`,
    KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://_{HOSTNAME_COMMAND}:_{PORT_COMMAND}',
    HOSTNAME_COMMAND: 'echo 127.0.0.1',
    PORT_COMMAND: `echo ${port}`,
    BROKER_ID_COMMAND: 'echo 5',
    KAFKA_CFG_LOG_DIRS: path.join(dir, 'logs'),
    KAFKA_ODRADEK_METRICS_LISTENER: `127.0.0.1:${metricsPort}`,
    KAFKA_CREATE_TOPICS: 'orders:3:1,users:1:1:compact',
    KAFKA_LOG4J_LOGGERS: 'kafka.server.KafkaServer=FATAL',
  };
  const container = new ServerProcess(process.execPath, [main], env);
  await container.until(async () => (await health(env)) === 0);
  expect(fs.statSync(properties).mode & 0o777).toBe(0o600);
  const described = await runTool('kafka-topics', ['--bootstrap-server', `127.0.0.1:${port}`, '--describe']);
  expect(described.stdout).toMatch(/Topic: orders\t.*PartitionCount: 3/);
  expect(described.stdout).toMatch(/Topic: users\t.*Configs: cleanup\.policy=compact/);
  expect(described.stdout).toContain('Leader: 5');
  expect(container.log()).not.toContain('kafka.server.KafkaServer');
  expect(await container.stop()).toEqual({ code: 143, signal: null });
  expect(await health(env)).toBe(1);
});

test('variables that make no broker are told in one line', async () => {
  const container = new ServerProcess(process.execPath, [main], { KAFKA_ZOOKEEPER_CONNECT: '' });
  expect(await container.ended).toEqual({ code: 1, signal: null });
  expect(container.log()).toBe(
    'KAFKA_ZOOKEEPER_CONNECT is missing: set it to the ZooKeeper to use, such as zookeeper:2181.\n',
  );
});
