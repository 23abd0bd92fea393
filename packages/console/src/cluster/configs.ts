import { errorName } from '@odradek/protocol/errors';
import { DescribeConfigs } from '@odradek/protocol/messages/describe-configs';
import type { ResponseOf } from '@odradek/protocol/schema/api';
import type { Admin } from '@odradek/tools/client/admin';
import { BROKER_RESOURCE, TOPIC_RESOURCE } from '@odradek/tools/client/config-resources';
import { ServerError } from '@odradek/tools/tool-error';
import type { Config, ConfigSource } from '../api';

/** By number (org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource). */
const SOURCES: readonly ConfigSource[] = [
  'UNKNOWN',
  'DYNAMIC_TOPIC_CONFIG',
  'DYNAMIC_BROKER_CONFIG',
  'DYNAMIC_DEFAULT_BROKER_CONFIG',
  'STATIC_BROKER_CONFIG',
  'DEFAULT_CONFIG',
  'DYNAMIC_BROKER_LOGGER_CONFIG',
];

/** By number (DescribeConfigsResponse.ConfigType). */
const TYPES = ['UNKNOWN', 'BOOLEAN', 'STRING', 'INT', 'SHORT', 'LONG', 'DOUBLE', 'LIST', 'CLASS', 'PASSWORD'];

const MIN_ISR = 'min.insync.replicas';

type Result = ResponseOf<typeof DescribeConfigs>['results'][number];

const configOf = (entry: Result['configs'][number]): Config => {
  const { name, value, configSource, readOnly, isSensitive, configType, documentation } = entry;
  const source = SOURCES[configSource] ?? 'UNKNOWN';
  return {
    name,
    value: isSensitive ? null : value,
    source,
    isDefault: source === 'DEFAULT_CONFIG',
    isReadOnly: readOnly,
    isSensitive,
    type: TYPES[configType] ?? 'UNKNOWN',
    documentation,
  };
};

function configsOf({ errorCode, errorMessage, configs }: Result): Config[] {
  if (errorCode !== 0) throw new ServerError(errorName(errorCode), errorMessage);
  return configs.map(configOf).sort((a, b) => (a.name < b.name ? -1 : 1));
}

const question = (resourceType: number, resourceName: string) => ({
  resources: [{ resourceType, resourceName, configurationKeys: null }],
  includeDocumentation: true,
});

/** All settings of a topic. Throws `ToolError`. */
export async function readTopicConfigs(admin: Admin, topic: string): Promise<Config[]> {
  return admin.call('describeConfigs', async (call) => {
    const { results } = await admin.toAny(call, DescribeConfigs, question(TOPIC_RESOURCE, topic));
    return configsOf(results[0]!);
  });
}

/** All settings of a broker, told by itself. Throws `ToolError`. */
export async function readBrokerConfigs(admin: Admin, brokerId: number): Promise<Config[]> {
  const { results } = await admin.client.sendTo(brokerId, DescribeConfigs, question(BROKER_RESOURCE, String(brokerId)));
  return configsOf(results[0]!);
}

/** `min.insync.replicas` of each topic. Throws `ToolError`. */
export async function readMinIsrs(admin: Admin, topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (topics.length === 0) return new Map();
  const resources = topics.map((resourceName) => ({
    resourceType: TOPIC_RESOURCE,
    resourceName,
    configurationKeys: [MIN_ISR],
  }));
  const { results } = await admin.call('describeConfigs', (call) => admin.toAny(call, DescribeConfigs, { resources }));
  return new Map(
    results
      .filter(({ errorCode }) => errorCode === 0)
      .map(({ resourceName, configs }) => [resourceName, Number(configs[0]?.value ?? 1)]),
  );
}
