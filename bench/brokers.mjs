import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { home } from '../scripts/lib/paths.mjs';
import { brokerServes, zooKeeperServes } from '../scripts/lib/probe.mjs';
import { Server } from '../scripts/lib/server.mjs';
import { smallJvm, zooKeeperCommand } from '../scripts/lib/zookeeper-command.mjs';
import { cpuSeconds, freePort, rssMb } from './machine.mjs';

export const HOST = '127.0.0.1';
const PATIENCE_MS = 60_000;
const PROBE_MS = 4;
const IDLE_MS = 3_000;

/** What Apache's scripts give to the JVM of a broker, and of a tool. */
const JVM = [
  '-server',
  '-XX:+UseG1GC',
  '-XX:MaxGCPauseMillis=20',
  '-XX:InitiatingHeapOccupancyPercent=35',
  '-XX:+ExplicitGCInvokesConcurrent',
  '-Djava.awt.headless=true',
];
const BROKER_HEAP_MB = 1024;
const TOOL_HEAP = ['-Xmx256M'];

const log4j = (level, target) => `log4j.rootLogger=${level}, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.target=${target}
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=[%d] %p %m (%c)%n
`;

/** A kind of broker: how it and its tools are run. */
export const ours = (bundle) => ({
  name: 'ours',
  broker: (file) =>
    bundle === undefined
      ? ['sh', path.join(home, 'bin', 'kafka-server-start.sh'), file]
      : [process.execPath, '--min-semi-space-size=16', bundle, file],
  tool: ({ script }, args) => [path.join(home, 'bin', `${script}.sh`), ...args],
});

export function apache(java, classPath, dir) {
  const command = (heap, log, words) => [
    java,
    ...heap,
    ...JVM,
    `-Dlog4j.configuration=file:${log}`,
    '-cp',
    classPath,
    ...words,
  ];
  const [brokerLog, toolLog] = ['broker', 'tool'].map((name) => path.join(dir, `${name}-log4j.properties`));
  fs.writeFileSync(brokerLog, log4j('INFO', 'System.out'));
  fs.writeFileSync(toolLog, log4j('WARN', 'System.err'));
  return {
    name: 'apache',
    broker: (file, heapMb = BROKER_HEAP_MB) =>
      command([`-Xmx${heapMb}M`, `-Xms${heapMb}M`], brokerLog, ['kafka.Kafka', file]),
    tool: ({ mainClass }, args) => command(TOOL_HEAP, toolLog, [mainClass, ...args]),
  };
}

/** Retention at the pace of a bench: what a produce load has written goes while it runs (see bench/load/calls.ts). */
export const RECYCLING = { 'log.initial.task.delay.ms': 200, 'log.retention.check.interval.ms': 200 };

/** The settings of config/server.properties, which both get, but for places and recycling, and what a bench wants. */
function settings(port, logDir, zooKeeper, own) {
  const text = fs.readFileSync(path.join(home, 'config', 'server.properties'), 'utf8');
  const places = {
    listeners: `PLAINTEXT://${HOST}:${port}`,
    'log.dirs': logDir,
    'zookeeper.connect': zooKeeper,
    ...RECYCLING,
    ...own,
  };
  return `${text}\n${Object.entries(places)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')}`;
}

/** Starts a broker on an empty folder and waits for its first answer to Metadata. */
export async function startBroker(kind, dir, zooKeeper, own = {}) {
  const root = fs.mkdtempSync(path.join(dir, `${kind.name}-`));
  const port = await freePort();
  const file = path.join(root, 'server.properties');
  const logDir = path.join(root, 'logs');
  fs.writeFileSync(file, settings(port, logDir, `${zooKeeper}/${path.basename(root)}`, own));
  let running = await launch(kind, file, port);
  return {
    name: kind.name,
    port,
    logDir,
    get pid() {
      return running.pid;
    },
    start: running.start,
    rssMb: () => rssMb(running.pid),
    /** Starts it again on what it has written; returns the time at which that began. */
    async restart() {
      await running.server.stop();
      const startedMs = performance.now();
      running = await launch(kind, file, port);
      return startedMs;
    },
    /** Returns how long it took. */
    async stop() {
      const stopMs = performance.now();
      await running.server.stop();
      const seconds = (performance.now() - stopMs) / 1000;
      fs.rmSync(root, { recursive: true, force: true });
      return seconds;
    },
  };
}

async function launch(kind, file, port) {
  const [command, ...args] = kind.broker(file);
  const startedMs = performance.now();
  const server = new Server({
    name: kind.name,
    command,
    args,
    logFile: path.join(path.dirname(file), 'broker.log'),
    patienceMs: PATIENCE_MS,
  });
  const { pid } = server.child;
  await server.ready(() => brokerServes(HOST, port), PATIENCE_MS, PROBE_MS);
  const start = { startSeconds: (performance.now() - startedMs) / 1000, startCpuSeconds: cpuSeconds(pid) };
  return { server, pid, start };
}

/** Makes groups, restarts the broker, and waits until it knows them all. `load` runs a job on it. */
export async function measureGroups(kind, dir, zooKeeper, load) {
  const broker = await startBroker(kind, dir, zooKeeper);
  try {
    await sleep(IDLE_MS);
    const emptyRssMb = broker.rssMb();
    await load(broker, 'fill');
    await sleep(IDLE_MS);
    const filledRssMb = broker.rssMb() - emptyRssMb;
    const startedMs = await broker.restart();
    await load(broker, 'served');
    return { filledRssMb, servedSeconds: (performance.now() - startedMs) / 1000 };
  } finally {
    await broker.stop();
  }
}

/** Starts a broker, lets it idle, stops it. */
export async function measureLife(kind, dir, zooKeeper) {
  const broker = await startBroker(kind, dir, zooKeeper);
  await sleep(IDLE_MS);
  const idleRssMb = broker.rssMb();
  return { ...broker.start, idleRssMb, stopSeconds: await broker.stop() };
}

/** Runs a tool to its end. */
export async function measureTool(kind, tool, port) {
  const [command, ...args] = kind.tool(tool, ['--bootstrap-server', `${HOST}:${port}`, ...tool.args]);
  const startedMs = performance.now();
  const child = spawn(command, args, { stdio: 'ignore' });
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', resolve);
  });
  if (code !== 0) throw new Error(`${kind.name}'s ${tool.title} ends with exit code ${code}`);
  return { seconds: (performance.now() - startedMs) / 1000 };
}

/** ZooKeeper on an empty folder; both kinds of broker get a tree of their own for each start. */
export async function startZooKeeper(dir) {
  const port = await freePort();
  const file = path.join(dir, 'zookeeper.properties');
  const lines = [
    `dataDir=${path.join(dir, 'zookeeper')}`,
    `clientPort=${port}`,
    'maxClientCnxns=0',
    'admin.enableServer=false',
    '4lw.commands.whitelist=srvr',
  ];
  fs.writeFileSync(file, `${lines.join('\n')}\n`);
  const { command, args } = await zooKeeperCommand(smallJvm);
  const server = new Server({
    name: 'ZooKeeper',
    command,
    args: [...args, file],
    logFile: path.join(dir, 'zookeeper.log'),
    patienceMs: PATIENCE_MS,
  });
  await server.ready(() => zooKeeperServes(HOST, port), PATIENCE_MS);
  return { connect: `${HOST}:${port}`, stop: () => server.stop() };
}
