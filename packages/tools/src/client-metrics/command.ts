import { randomBytes } from 'node:crypto';
import { errorName } from '@odradek/protocol/errors';
import { DescribeConfigs } from '@odradek/protocol/messages/describe-configs';
import { IncrementalAlterConfigs } from '@odradek/protocol/messages/incremental-alter-configs';
import type { ResponseOf } from '@odradek/protocol/schema/api';
import { uuidFromBytes } from '@odradek/protocol/wire/uuid';
import { type OptionSet, parseOptions } from '../args/joptsimple';
import { usageOf } from '../args/usage';
import { type Admin, commandProperties, createAdmin } from '../client/admin';
import { CLIENT_METRICS_RESOURCE } from '../client/config-resources';
import type { Properties } from '../client/properties';
import { exitCodeAfter } from '../failures';
import { printJson } from '../json-output';
import { type Io, logTo, println } from '../print';
import { Exit, illegalArgument, ServerError, ToolError } from '../tool-error';
import { ListClientMetricsResources } from './list-client-metrics';
import { CLIENT_METRICS_OPTIONS } from './options';

const DESCRIPTION = 'This tool helps to manipulate and describe client metrics configurations.';
const LOGGER = 'org.apache.kafka.tools.ClientMetricsCommand';
const ACTIONS = ['alter', 'delete', 'describe', 'list'] as const;
const UUID_BYTES = 16;
const INT_MAX = 0x7fffffff;
const SET = 0;
const DELETE = 1;

type Options = OptionSet<typeof CLIENT_METRICS_OPTIONS>;
type Config = ResponseOf<typeof DescribeConfigs>['results'][number]['configs'][number];

interface Operation {
  readonly name: string;
  readonly configOperation: number;
  readonly value: string | null;
}

function parseArguments(argv: readonly string[], io: Io): Options {
  const options = parseOptions(CLIENT_METRICS_OPTIONS, argv);
  const usage = usageOf(options, io);
  usage.helpOrVersion(argv, DESCRIPTION);
  if (ACTIONS.filter((action) => options.has(action)).length !== 1) {
    usage.fail('Command must include exactly one action: --alter, --delete, --describe or --list.');
  }
  if (!options.has('bootstrap-server')) throw illegalArgument('--bootstrap-server must be specified.');
  usage.forbid('delete', ['generate-name', 'interval', 'match', 'metrics']);
  usage.forbid('describe', ['generate-name', 'interval', 'match', 'metrics']);
  usage.forbid('list', ['name', 'generate-name', 'interval', 'match', 'metrics']);
  if (options.has('alter')) {
    if (options.has('name') === options.has('generate-name')) {
      throw illegalArgument('One of --name or --generate-name must be specified with --alter.');
    }
    const interval = options.valueOf('interval') ?? '';
    if (interval !== '' && !(/^[+-]?\d+$/.test(interval) && Math.abs(Number(interval)) <= INT_MAX)) {
      throw illegalArgument('Invalid interval value. Enter an integer, or leave empty to reset.');
    }
  }
  if (options.has('delete') && !options.has('name')) {
    throw illegalArgument('A client metrics resource name must be specified with --delete.');
  }
  return options;
}

/** As Kafka's Uuid.randomUuid: one that begins with a dash would look like an option. */
function randomUuid(): string {
  const uuid = uuidFromBytes(randomBytes(UUID_BYTES));
  return uuid.startsWith('-') ? randomUuid() : uuid;
}

function refuse({ errorCode, errorMessage }: { errorCode: number; errorMessage: string | null }): void {
  if (errorCode !== 0) throw new ServerError(errorName(errorCode), errorMessage, true);
}

const listNames = (admin: Admin): Promise<string[]> =>
  admin.call('listClientMetricsResources', async (call) => {
    const { errorCode, clientMetricsResources } = await admin.toAny(call, ListClientMetricsResources, {});
    refuse({ errorCode, errorMessage: null });
    return clientMetricsResources.map(({ name }) => name);
  });

const configsOf = (admin: Admin, name: string): Promise<Config[]> =>
  admin.call('describeConfigs', async (call) => {
    const resources = [{ resourceType: CLIENT_METRICS_RESOURCE, resourceName: name, configurationKeys: null }];
    const { results } = await admin.toAny(call, DescribeConfigs, { resources });
    refuse(results[0]!);
    return results[0]!.configs;
  });

const change = (admin: Admin, name: string, configs: readonly Operation[]): Promise<void> =>
  admin.call('incrementalAlterConfigs', async (call) => {
    const resources = [{ resourceType: CLIENT_METRICS_RESOURCE, resourceName: name, configs: [...configs] }];
    const { responses } = await admin.toAny(call, IncrementalAlterConfigs, { resources, validateOnly: false });
    refuse(responses[0]!);
  });

async function alter(admin: Admin, options: Options, io: Io): Promise<void> {
  const name = options.has('generate-name') ? randomUuid() : options.valueOf('name')!;
  const values: (readonly [string, string | undefined])[] = [
    ['interval.ms', options.valueOf('interval')],
    ['metrics', options.has('metrics') ? options.valuesOf('metrics').join(',') : undefined],
    ['match', options.has('match') ? options.valuesOf('match').join(',') : undefined],
  ];
  const operations = values.flatMap(([config, value]) =>
    value === undefined ? [] : [{ name: config, configOperation: value === '' ? DELETE : SET, value }],
  );
  await change(admin, name, operations);
  println(io.stdout, `Altered client metrics config for ${name}.`);
}

async function remove(admin: Admin, name: string, io: Io): Promise<void> {
  const configs = await configsOf(admin, name);
  const operations = configs.map((config) => ({ name: config.name, configOperation: DELETE, value: config.value }));
  await change(admin, name, operations);
  println(io.stdout, `Deleted client metrics config for ${name}.`);
}

async function describe(admin: Admin, name: string | undefined, asJson: boolean, io: Io): Promise<void> {
  const names = name === undefined ? await listNames(admin) : [name];
  const resources: { name: string; configs: Record<string, string | null> }[] = [];
  for (const each of names) {
    if (!asJson) println(io.stdout, `Client metrics configs for ${each} are:`);
    const configs = await configsOf(admin, each);
    resources.push({ name: each, configs: Object.fromEntries(configs.map((config) => [config.name, config.value])) });
    if (!asJson) for (const config of configs) println(io.stdout, `  ${config.name}=${config.value}`);
  }
  if (asJson) printJson(io, { clientMetrics: resources });
}

async function act(options: Options, properties: Properties, io: Io): Promise<void> {
  const admin = await createAdmin(properties, options.valueOf('bootstrap-server')!, io);
  const asJson = options.has('json');
  try {
    if (options.has('alter')) await alter(admin, options, io);
    else if (options.has('describe')) await describe(admin, options.valueOf('name'), asJson, io);
    else if (options.has('delete')) await remove(admin, options.valueOf('name')!, io);
    else if (asJson) printJson(io, { clientMetrics: (await listNames(admin)).map((name) => ({ name })) });
    else println(io.stdout, (await listNames(admin)).join('\n'));
  } finally {
    admin.close();
  }
}

/** kafka-client-metrics (org.apache.kafka.tools.ClientMetricsCommand). */
export const clientMetrics = (argv: readonly string[], io: Io): Promise<number> =>
  exitCodeAfter(io, async () => {
    const options = parseArguments(argv, io);
    const properties = commandProperties(options.valueOf('command-config'));
    try {
      await act(options, properties, io);
    } catch (thrown) {
      if (!(thrown instanceof ToolError)) throw thrown;
      println(io.stdout, `Error while executing client metrics command : ${thrown.message}`);
      logTo(io.stderr)('ERROR', `${thrown.toString()}\n`, LOGGER);
      throw new Exit(1);
    }
  });
