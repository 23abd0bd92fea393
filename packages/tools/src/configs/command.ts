import { commandProperties, createAdmin } from '../client/admin';
import { notForControllers, requireController } from '../client/bootstrap-controller';
import { executionError } from '../client/futures';
import { printJson } from '../json-output';
import { type Io, println } from '../print';
import type { Tool } from '../run-tool';
import { Exit, illegalArgument, ToolError } from '../tool-error';
import { type ConfigsOptions, entitiesOf, parseConfigsArguments } from './arguments';
import { changesOf } from './changes';
import { alterQuotas, describeQuotas, describeQuotasJson } from './quotas';
import { alterResource, describeResources, describeResourcesJson, isResourceType } from './resources';

/** Failures that are told in one line, without the command line. */
const TERSE = [
  'java.lang.IllegalArgumentException',
  'org.apache.kafka.common.errors.InvalidConfigurationException',
  'joptsimple.',
];

async function viaBroker(options: ConfigsOptions, io: Io): Promise<void> {
  const properties = commandProperties(options.valueOf('command-config'));
  const servers = options.valueOf(options.has('bootstrap-server') ? 'bootstrap-server' : 'bootstrap-controller')!;
  const admin = await createAdmin(properties, servers, io);
  if (!options.has('bootstrap-server')) admin.admission = (call) => requireController(admin, call, io);
  try {
    const entities = entitiesOf(options);
    const type = entities.types[0]!;
    const refuseControllers = (): void => {
      if (!options.has('bootstrap-server')) throw executionError(notForControllers());
    };
    const asksBrokers = !isResourceType(type) || (type === 'topics' && entities.names.length === 0);
    if (options.has('describe') && asksBrokers) refuseControllers();
    if (options.has('describe') && options.has('json')) {
      const document = isResourceType(type)
        ? await describeResourcesJson(admin, type, entities.names[0], options.has('all'))
        : await describeQuotasJson(admin, entities);
      printJson(io, document);
      return;
    }
    if (options.has('describe')) {
      if (isResourceType(type)) await describeResources(admin, type, entities.names[0], options.has('all'), io);
      else await describeQuotas(admin, entities, io);
      return;
    }
    if (entities.types.length !== entities.names.length) {
      throw illegalArgument('An entity name must be specified for every entity type');
    }
    const changes = changesOf(options, io);
    const name = entities.names[0]!;
    if (!isResourceType(type)) refuseControllers();
    if (isResourceType(type)) await alterResource(admin, type, name, changes);
    else await alterQuotas(admin, entities, changes);
    println(
      io.stdout,
      name === ''
        ? `Completed updating default config for ${type} in the cluster.`
        : `Completed updating config for ${type.slice(0, -1)} ${name}.`,
    );
  } finally {
    admin.close();
  }
}

/** kafka-configs (kafka.admin.ConfigCommand). */
export const configs: Tool = async (argv, io) => {
  try {
    const options = parseConfigsArguments(argv, io);
    if (options.has('zookeeper')) {
      const { zookeeperConfigs } = await import('./zookeeper-command');
      await zookeeperConfigs(options, io);
    } else {
      await viaBroker(options, io);
    }
    return 0;
  } catch (thrown) {
    if (!(thrown instanceof ToolError) || thrown instanceof Exit) throw thrown;
    if (TERSE.some((name) => thrown.className.startsWith(name))) {
      println(io.stderr, thrown.message);
      return 1;
    }
    println(io.stderr, `Error while executing config command with args '${argv.join(' ')}'`);
    println(io.stderr, thrown.toString());
    return 1;
  }
};
