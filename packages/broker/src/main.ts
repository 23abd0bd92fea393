import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Broker } from './broker';
import { ConfigError } from './config/errors';
import { loadBrokerConfig } from './config/load';
import { NodeBackground, portOfThread, workOfThread } from './env/node/background';
import { nodeClock } from './env/node/clock';
import { nodeConfigSources } from './env/node/config-sources';
import { NodeConsole } from './env/node/console';
import { NodeDisk } from './env/node/disk';
import { nodeHttp } from './env/node/http';
import { loggersFromEnvironment } from './env/node/logger';
import { nodeNetwork } from './env/node/network';
import { nodeRandom } from './env/node/random';
import { NodeZooKeeper } from './env/node/zookeeper';
import { CLEANER_WORK, CleanerWork } from './log/cleaner/cleaner-work';
import { RECORDS_WORK, RecordsWork } from './log/records-work';
import { explainStartFailure, type StartSettings } from './start-failure';

const VERSION = '3.9.1';
/** From this file, bundled, to that of packages/console. */
const CONSOLE = '../../console/dist/main.js';
const USAGE = 'USAGE: kafka-server-start.sh [-daemon] server.properties [--override property=value]*';
const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** A mistake of the person who types: told in one line, without a stack trace. */
function refuse(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

/** Reads `FILE [--override k=v]*`. */
function readArguments(argv: readonly string[]): { file: string; overrides: string[] } {
  if (argv.includes('--version')) {
    process.stdout.write(`${VERSION}\n`);
    process.exit(0);
  }
  const [file, ...rest] = argv;
  if (file === undefined || file.startsWith('-')) refuse(USAGE);
  const overrides: string[] = [];
  while (rest.length > 0) {
    const word = rest.shift()!;
    const given = word.startsWith('--override=')
      ? word.slice('--override='.length)
      : word === '--override'
        ? rest.shift()
        : undefined;
    if (given === undefined) refuse(`Found non argument parameters: ${word}\n${USAGE}`);
    overrides.push(given);
  }
  return { file, overrides };
}

function readConfig(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    return refuse(`Cannot read the configuration file ${file}: ${(error as Error).message}`);
  }
}

async function main(): Promise<void> {
  const { file, overrides } = readArguments(process.argv.slice(2));
  const loggers = loggersFromEnvironment(process.env);
  const logger = loggers.logger('kafka.Kafka$');
  let broker: Broker;
  let settings: StartSettings;
  try {
    const loaded = loadBrokerConfig({
      text: readConfig(file),
      fileName: file,
      overrides,
      sources: nodeConfigSources,
    });
    for (const warning of loaded.warnings) logger.warn(warning);
    const { values, effective } = loaded.config;
    settings = {
      zookeeperConnect: values.zookeeperConnect!,
      zookeeperConnectionTimeoutMs: effective.zookeeperConnectionTimeoutMs,
    };
    broker = new Broker(loaded.config, {
      clock: nodeClock,
      random: nodeRandom,
      disk: new NodeDisk(),
      background: new NodeBackground(__filename),
      network: nodeNetwork,
      http: nodeHttp,
      console: new NodeConsole(join(__dirname, CONSOLE)),
      zookeeper: new NodeZooKeeper(loggers),
      loggers,
      hostname: hostname(),
    });
  } catch (error) {
    if (error instanceof ConfigError) refuse(error.message);
    throw error;
  }
  let isEnding = false;
  const end = (exitCode: number): void => {
    if (isEnding) return;
    isEnding = true;
    void broker.stop().then(() => process.exit(exitCode));
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      logger.info(`Terminating process due to signal ${signal}`);
      end(EXIT_CODES[signal]);
    });
  }
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: Error) => {
      logger.fatal(`A rule of this broker was broken, it stops: ${error.stack ?? error}`, { error });
      process.exit(1);
    });
  }
  broker.onHalt((reason) => {
    logger.fatal(reason);
    process.exit(1);
  });
  try {
    await broker.start();
  } catch (error) {
    // A signal came first: what the start still needed has been taken from it, and `end` sees to the rest.
    if (isEnding) return;
    isEnding = true;
    const reason = explainStartFailure(error, settings);
    logger.error(
      `Fatal error during KafkaServer startup. Prepare to shutdown: ${reason ?? String(error)}`,
      reason === null ? { error } : {},
    );
    await broker.stop();
    logger.fatal('Exiting Kafka due to fatal exception during startup.');
    process.exit(1);
  }
}

switch (workOfThread()) {
  case CLEANER_WORK:
    new CleanerWork(portOfThread(), new NodeDisk(), nodeClock);
    break;
  case RECORDS_WORK:
    new RecordsWork(portOfThread());
    break;
  default:
    void main();
}
