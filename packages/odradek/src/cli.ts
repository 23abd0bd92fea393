#!/usr/bin/env node
// npx odradek: a cluster to try things out on, until Ctrl-C.
import { parseArgs } from 'node:util';
import type { Cluster, ClusterOptions } from './api';
import { startCluster } from './cluster';

const USAGE = `Usage: odradek [options]
Starts Kafka brokers, and what coordinates them, until Ctrl-C.

  --brokers N            how many (1)
  --port PORT            of the first broker; the others take the ones after it (9092)
  --host HOST            where they listen and what they tell clients (127.0.0.1)
  --data DIR             keeps data and logs there; without it they go when the cluster ends
  --config KEY=VALUE     a setting of all brokers, by Kafka's own name; may be given again
  --console PORT         of a web page that shows the cluster; without it there is none
  --zookeeper HOST:PORT  a real ZooKeeper; without it a service in memory stands in for it
  --zookeeper-port PORT  of that service (2181)
  --processes            each broker as a process of its own
  --help                 this text
`;

/** A mistake of the person who types. */
class UsageError extends Error {}

function portOf(option: string, text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port;
  throw new UsageError(`--${option} ${text}: a port is a number from 0 (any free one) to 65535.`);
}

function settingOf(text: string): [key: string, value: string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new UsageError(`--config ${text}: it must look like num.partitions=3.`);
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const known = {
  ...{ brokers: text, port: text, host: text, data: text, console: text, zookeeper: text, 'zookeeper-port': text },
  ...{ processes: flag, help: flag, config: { type: 'string', multiple: true } as const },
};

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: known }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** Null where only help is wanted. Throws `UsageError`. */
function readOptions(args: readonly string[]): ClusterOptions | null {
  const values = parse(args);
  if (values.help) return null;
  const { brokers = '1', port = '9092', 'zookeeper-port': zookeeperPort = '2181' } = values;
  const count = Number(brokers);
  if (!Number.isInteger(count) || count < 1) throw new UsageError(`--brokers ${brokers}: give a number from 1 on.`);
  return {
    brokers: count,
    port: portOf('port', port),
    zookeeperPort: portOf('zookeeper-port', zookeeperPort),
    processes: values.processes,
    host: values.host,
    dir: values.data,
    zookeeper: values.zookeeper,
    console: values.console === undefined ? false : portOf('console', values.console),
    config: Object.fromEntries((values.config ?? []).map(settingOf)),
  };
}

const describe = (cluster: Cluster, isInMemory: boolean): string => `Brokers: ${cluster.bootstrapServers}
ZooKeeper: ${cluster.zookeeper}${isInMemory ? ' (a service in memory that stands in for it: for tests and tries only)' : ''}
${cluster.console === null ? '' : `Console: ${cluster.console}\n`}Logs: ${cluster.brokers.map(({ logFile }) => logFile).join(', ')}
Ctrl-C ends it.
`;

/** npx passes on a Ctrl-C that the terminal has sent here already: that is one, not a second. */
const ECHO_MS = 1000;

/** Resolves when a signal asks for the end. One that comes again, later, is from somebody who does not want to wait. */
function askedToEnd(): Promise<void> {
  return new Promise((resolve) => {
    let firstMs: number | null = null;
    const hear = (): void => {
      firstMs ??= performance.now();
      if (performance.now() - firstMs > ECHO_MS) process.exit(1);
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, hear);
  });
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options === null) {
    process.stdout.write(USAGE);
    return 0;
  }
  const cluster = await startCluster(options);
  process.stdout.write(describe(cluster, options.zookeeper === undefined));
  await askedToEnd();
  await cluster.stop();
  return 0;
}

main().then(
  (code) => process.exit(code),
  (error: Error) => {
    process.stderr.write(`${error.message}\n${error instanceof UsageError ? USAGE : ''}`);
    process.exit(1);
  },
);
