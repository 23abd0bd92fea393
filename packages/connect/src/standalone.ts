import { readFileSync } from 'node:fs';
import { loadProperties } from '@odradek/tools/client/properties';
import { type Out, signalExitCode } from '@odradek/tools/print';
import { ToolError } from '@odradek/tools/tool-error';
import { type WorkerConfig, workerConfig } from './config/worker-config';
import { asToolError, ConnectError } from './errors';
import { JavaHashMap } from './java/hash-map';
import { type JsonNode, parseJson } from './java/json';
import { type Logger, Loggers } from './log';
import type { Props } from './plugins/api';
import { builtinPlugins } from './plugins/builtin';
import { Plugins } from './plugins/plugins';
import { loadPlugins } from './plugins/user-plugins';
import { configTransformer } from './providers/config-transformer';
import { configOf, connectorRoutes, initialState } from './rest/connectors';
import { bind } from './rest/listeners';
import { adminRoutes, workerRoutes } from './rest/worker-routes';
import { Clients } from './runtime/clients';
import { Herder } from './runtime/herder';
import type { TargetState } from './runtime/task';
import { Worker } from './runtime/worker';

const CLI = 'org.apache.kafka.connect.cli.';
const USAGE = 'ConnectStandalone worker.properties [connector1.properties connector2.json ...]';

/** What a worker is run with. */
export interface Surroundings {
  readonly stdout: Out;
  /** Calls back once the worker is to end. */
  onInterrupt(listener: (signal: NodeJS.Signals) => void): void;
}

/** A running worker. */
interface Running {
  readonly herder: Herder;
  stop(): Promise<void>;
}

/** connect-standalone: runs a worker until it is interrupted. Returns the exit code (ConnectStandalone). */
export async function connectStandalone(argv: readonly string[], io: Surroundings): Promise<number> {
  const loggers = new Loggers(io.stdout);
  const log = loggers.logger(`${CLI}AbstractConnectCli`);
  if (argv.length < 1 || argv.includes('--help')) {
    log.info(`Usage: ${USAGE}`);
    return 1;
  }
  const interrupted = new Promise<NodeJS.Signals>((resolve) => io.onInterrupt(resolve));
  let running: Running | undefined;
  try {
    const startMs = Date.now();
    log.info('Kafka Connect worker initializing ...');
    const props: Props = argv[0] === '' ? new Map() : new JavaHashMap(loadProperties(argv[0]!));
    running = await startWorker(props, loggers, log);
    log.info(`Kafka Connect worker initialization took ${Date.now() - startMs}ms`);
  } catch (thrown) {
    log.error('Stopping due to error', asToolError(thrown));
    return 2;
  }
  const failure = await createConnectors(argv.slice(1), running.herder, loggers);
  const code = failure ?? signalExitCode(await interrupted);
  await running.stop();
  return code;
}

/** Makes the connectors of files. Returns an exit code where one of them fails. */
async function createConnectors(
  files: readonly string[],
  herder: Herder,
  loggers: Loggers,
): Promise<number | undefined> {
  const log = loggers.logger(`${CLI}ConnectStandalone`);
  for (const file of files) {
    try {
      const { name, config, target } = readConnectorFile(file);
      await create(herder, name, config, target).catch((thrown) => {
        log.error(`Failed to create connector for ${file}`);
        throw thrown;
      });
      log.info(`Created connector ${name}`);
    } catch (thrown) {
      log.error('Stopping after connector error', asToolError(thrown));
      return 3;
    }
  }
  return undefined;
}

/** Java's worker waits for a future, whose failures come wrapped. */
async function create(herder: Herder, name: string, config: Props, target: TargetState | undefined): Promise<void> {
  try {
    await herder.putConfig(name, config, target, false);
  } catch (thrown) {
    const cause = asToolError(thrown);
    throw new ToolError('java.util.concurrent.ExecutionException', cause.line, cause);
  }
}

/** Starts a worker. Throws `ToolError`. */
async function startWorker(props: Props, loggers: Loggers, log: Logger): Promise<Running> {
  log.info('Scanning for plugin classes. This might take a moment ...');
  const paths = (props.get('plugin.path') ?? '').split(',').map((path) => path.trim());
  const found = await loadPlugins(paths, loggers.logger('org.apache.kafka.connect.runtime.isolation.PluginScanner'));
  const plugins = new Plugins([...builtinPlugins(), ...found]);
  const transformer = configTransformer(props, plugins, loggers);
  const config = workerConfig((await transformer.transform(props)).props);
  const clusterId = await fetchClusterId(config, loggers);
  const bound = await bind(config, loggers);
  let herder: Herder;
  try {
    const worker = new Worker(config, plugins, loggers, transformer, bound.advertised);
    worker.checkConverters();
    herder = new Herder(worker, clusterId);
    await herder.start();
  } catch (thrown) {
    await bound.close();
    throw thrown;
  }
  const rest = loggers.logger('org.apache.kafka.connect.runtime.rest.RestServer');
  bound.serve([...workerRoutes(herder), ...connectorRoutes(herder, rest)], adminRoutes(loggers, Date.now));
  loggers.logger('org.apache.kafka.connect.runtime.Connect').info('Kafka Connect started');
  return {
    herder,
    stop: async () => {
      const name = 'org.apache.kafka.connect.runtime.Connect';
      loggers.logger(name).info('Kafka Connect stopping');
      await bound.close();
      await herder.stop();
      transformer.close();
      loggers.logger(name).info('Kafka Connect stopped');
    },
  };
}

async function fetchClusterId(config: WorkerConfig, loggers: Loggers): Promise<string | null> {
  const log = loggers.logger('org.apache.kafka.connect.runtime.WorkerConfig');
  log.info('Creating Kafka admin client');
  try {
    const admin = await new Clients(config, loggers).admin('adminclient-1');
    try {
      const { clusterId } = await admin.call('listNodes', ({ deadlineMs }) => admin.client.metadata([], deadlineMs));
      log.info(`Kafka cluster ID: ${clusterId}`);
      return clusterId;
    } finally {
      admin.close();
    }
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    const what =
      "Failed to connect to and describe Kafka cluster. Check worker's broker connection and security properties.";
    throw new ConnectError(what, thrown);
  }
}

interface ConnectorFile {
  readonly name: string;
  readonly config: Props;
  readonly target: TargetState | undefined;
}

/** Reads a connector's file: JSON of one of two forms, or properties. Throws `ToolError`. */
function readConnectorFile(file: string): ConnectorFile {
  const json = jsonOf(file);
  if (json instanceof Map && json.get('config') instanceof Map) {
    const config = configOf(json.get('config'));
    const name = String(json.get('name') ?? '');
    if (config.has('name') && config.get('name') !== name) {
      throw new ConnectError(
        `Connector name configuration in 'config' doesn't match the one specified in 'name' at '${file}'`,
      );
    }
    return { name, config: config.set('name', name), target: initialState(json.get('initial_state')) };
  }
  const config = json instanceof Map ? configOf(json) : new JavaHashMap(propertiesOf(file));
  const name = config.get('name');
  if (name === undefined) {
    throw new ConnectError(`Connector configuration at '${file}' is missing the mandatory 'name' configuration`);
  }
  return { name, config, target: undefined };
}

/** Java opens connectors' files by another class than the worker's, which says otherwise what is missing. */
function propertiesOf(file: string): Map<string, string> {
  try {
    return loadProperties(file);
  } catch (thrown) {
    if (!(thrown instanceof ToolError) || !thrown.className.endsWith('NoSuchFileException')) throw thrown;
    throw new ToolError('java.io.FileNotFoundException', `${file} (No such file or directory)`);
  }
}

function jsonOf(file: string): JsonNode {
  try {
    return parseJson(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
