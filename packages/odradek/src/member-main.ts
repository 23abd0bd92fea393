// One broker of an embedded cluster, in a thread or a process of its own.
import { hostname } from 'node:os';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { Broker } from '@odradek/broker/broker';
import { loadBrokerConfig } from '@odradek/broker/config/load';
import { InTurns } from '@odradek/broker/env/in-turns';
import { nodeClock } from '@odradek/broker/env/node/clock';
import { nodeConfigSources } from '@odradek/broker/env/node/config-sources';
import { NodeConsole } from '@odradek/broker/env/node/console';
import { NodeDisk } from '@odradek/broker/env/node/disk';
import { nodeHttp } from '@odradek/broker/env/node/http';
import { loggersFromEnvironment } from '@odradek/broker/env/node/logger';
import { nodeNetwork } from '@odradek/broker/env/node/network';
import { nodeRandom } from '@odradek/broker/env/node/random';
import { NodeZooKeeper } from '@odradek/broker/env/node/zookeeper';
import { CLEANER_WORK, CleanerWork } from '@odradek/broker/log/cleaner/cleaner-work';
import { RECORDS_WORK, RecordsWork } from '@odradek/broker/log/records-work';
import { explainStartFailure } from '@odradek/broker/start-failure';
import pino from 'pino';
import type { MemberData, MemberMessage } from './member-messages';
import { STOP } from './member-messages';

const data: MemberData = parentPort === null ? JSON.parse(process.env['ODRADEK_MEMBER']!) : workerData;

function say(message: MemberMessage): void {
  if (parentPort === null) process.send!(message);
  else parentPort.postMessage(message);
}

/** A test that is over, or was interrupted, leaves no broker behind. */
function onStop(stop: () => void): void {
  parentPort?.on('message', (message) => message === STOP && stop());
  process.on('message', (message) => message === STOP && stop());
  process.on('disconnect', () => process.exit(1));
  // Ctrl-C reaches the whole group: whoever started this says when it ends.
  if (parentPort === null) process.on('SIGINT', () => {});
}

async function main(): Promise<void> {
  const destination = pino.destination({ dest: data.logFile, sync: true, append: true });
  const loggers = loggersFromEnvironment({ LOG_LEVEL: data.logLevel }, destination);
  const logger = loggers.logger('kafka.Kafka$');
  const fail = (reason: string): never => {
    logger.fatal(reason);
    say({ type: 'failed', reason });
    process.exit(1);
  };
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: Error) => fail(`A rule of this broker was broken, it stops: ${error.stack ?? error}`));
  }
  const { config, warnings } = loadBrokerConfig({
    text: data.settings,
    fileName: 'the settings of the cluster',
    overrides: [],
    sources: nodeConfigSources,
  });
  for (const warning of warnings) logger.warn(warning);
  const disk = new NodeDisk();
  const broker = new Broker(config, {
    clock: nodeClock,
    random: nodeRandom,
    disk,
    // The cluster of a test has no topics that are worth a thread.
    background: new InTurns(nodeClock, {
      [CLEANER_WORK]: (port) => new CleanerWork(port, disk, nodeClock),
      [RECORDS_WORK]: (port) => new RecordsWork(port),
    }),
    network: nodeNetwork,
    http: nodeHttp,
    // Beside this file, bundled.
    console: new NodeConsole(join(__dirname, 'console', 'main.js')),
    zookeeper: new NodeZooKeeper(loggers),
    loggers,
    hostname: hostname(),
  });
  broker.onHalt(fail);
  onStop(() => void broker.stop().then(() => process.exit(0)));
  const { zookeeperConnect } = config.values;
  const { zookeeperConnectionTimeoutMs } = config.effective;
  try {
    const { port, consolePort } = await broker.start();
    say({ type: 'ready', port: port(config.listeners[0]!.listenerName), consolePort });
  } catch (error) {
    const known = { zookeeperConnect: zookeeperConnect!, zookeeperConnectionTimeoutMs };
    const reason = explainStartFailure(error, known) ?? (error as Error).message;
    await broker.stop();
    fail(reason);
  }
}

main().catch((error: Error) => {
  say({ type: 'failed', reason: error.message });
  process.exit(1);
});
