import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { home } from '../scripts/lib/paths.mjs';
import { brokersKnownAt } from '../scripts/lib/probe.mjs';
import { Server } from '../scripts/lib/server.mjs';
import { HOST, RECYCLING } from './brokers.mjs';
import { cpuSeconds, freePort, rssMb } from './machine.mjs';

const BROKERS = 3;
/** What Apache's brokers get each where three share a small machine. */
const HEAP_MB = 512;
const PATIENCE_MS = 60_000;
const PROBE_MS = 4;
const IDLE_MS = 3_000;

/** The settings of config/server.properties but for places, and for what a cluster of three wants. */
function settings(id, port, logDir, zooKeeper) {
  const text = fs.readFileSync(path.join(home, 'config', 'server.properties'), 'utf8');
  const own = {
    'broker.id': id,
    listeners: `PLAINTEXT://${HOST}:${port}`,
    'log.dirs': logDir,
    'zookeeper.connect': zooKeeper,
    'offsets.topic.replication.factor': BROKERS,
    'transaction.state.log.replication.factor': BROKERS,
    'transaction.state.log.min.isr': BROKERS - 1,
    ...RECYCLING,
  };
  const lines = Object.entries(own).map(([key, value]) => `${key}=${value}\n`);
  return `${text}\n${lines.join('')}`;
}

function launch(kind, file) {
  const [command, ...args] = kind.broker(file, HEAP_MB);
  const logFile = `${file}.log`;
  return new Server({ name: `${kind.name} ${path.basename(file)}`, command, args, logFile, patienceMs: PATIENCE_MS });
}

/** Starts three brokers at once on empty folders, and waits until each of them knows all of them. */
export async function startCluster(kind, dir, zooKeeper) {
  const root = fs.mkdtempSync(path.join(dir, `${kind.name}-cluster-`));
  const ports = [];
  for (let id = 0; id < BROKERS; id++) ports.push(await freePort());
  const files = ports.map((port, id) => {
    const file = path.join(root, `server-${id}.properties`);
    fs.writeFileSync(file, settings(id, port, path.join(root, `logs-${id}`), `${zooKeeper}/${path.basename(root)}`));
    return file;
  });
  const startedMs = performance.now();
  const servers = files.map((file) => launch(kind, file));
  const pids = servers.map(({ child }) => child.pid);
  const knowsAll = async (port) => (await brokersKnownAt(HOST, port)) === BROKERS;
  await Promise.all(servers.map((server, id) => server.ready(() => knowsAll(ports[id]), PATIENCE_MS, PROBE_MS)));
  const startSeconds = (performance.now() - startedMs) / 1000;
  const startCpuSeconds = pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
  return {
    name: kind.name,
    port: ports[0],
    brokerPids: pids,
    pids: Object.fromEntries(ports.map((port, id) => [port, pids[id]])),
    start: { startSeconds, startCpuSeconds },
    rssMb: () => pids.reduce((sum, pid) => sum + rssMb(pid), 0),
    async stop() {
      const stopMs = performance.now();
      for (const server of servers) await server.stop();
      const seconds = (performance.now() - stopMs) / 1000;
      fs.rmSync(root, { recursive: true, force: true });
      return seconds;
    },
    /** For a cluster that is not needed any more, of which a broker may be gone. */
    async kill() {
      for (const server of servers) server.kill();
      await Promise.all(servers.map(({ ended }) => ended));
      fs.rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Three brokers start, idle and are gone. */
export async function measureClusterStart(kind, dir, zooKeeper) {
  const cluster = await startCluster(kind, dir, zooKeeper);
  await sleep(IDLE_MS);
  const idleRssMb = cluster.rssMb();
  await cluster.kill();
  return { ...cluster.start, idleRssMb };
}

/** Runs `measure` on a cluster of its own. */
export async function onCluster(kind, dir, zooKeeper, measure) {
  const cluster = await startCluster(kind, dir, zooKeeper);
  try {
    await sleep(IDLE_MS);
    return await measure(cluster);
  } finally {
    await cluster.kill();
  }
}
