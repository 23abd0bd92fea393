import { errorName } from '@odradek/protocol/errors';
import { AlterConfigs } from '@odradek/protocol/messages/alter-configs';
import { DescribeConfigs } from '@odradek/protocol/messages/describe-configs';
import { IncrementalAlterConfigs } from '@odradek/protocol/messages/incremental-alter-configs';
import type { RequestInit, ResponseOf } from '@odradek/protocol/schema/api';
import type { Admin, Call } from '../client/admin';
import {
  BROKER_LOGGER_RESOURCE,
  BROKER_RESOURCE,
  CLIENT_METRICS_RESOURCE,
  TOPIC_RESOURCE,
} from '../client/config-resources';
import type { AnyApi } from '../client/connection';
import { execute, executeWithin, executionError } from '../client/futures';
import { hashMapOrder, integerSetOrder, stringHash } from '../java-order';
import type { JsonDocument } from '../json-output';
import { type Io, println } from '../print';
import { ServerError, type ToolError } from '../tool-error';
import { validateTopicName } from '../topics/topic-name';
import type { Changes } from './changes';

/** Sources of a config's value, by number (org.apache.kafka.clients.admin.ConfigEntry.ConfigSource). */
const SOURCES = [
  'UNKNOWN',
  'DYNAMIC_TOPIC_CONFIG',
  'DYNAMIC_BROKER_CONFIG',
  'DYNAMIC_DEFAULT_BROKER_CONFIG',
  'STATIC_BROKER_CONFIG',
  'DEFAULT_CONFIG',
  'DYNAMIC_BROKER_LOGGER_CONFIG',
  'DYNAMIC_CLIENT_METRICS_CONFIG',
];

/** How long Kafka's tool waits for answers, whatever its client's own time-outs are. */
const DESCRIBE_TIMEOUT_MS = 30_000;
const ALTER_TIMEOUT_MS = 60_000;

const SET = 0;
const DELETE = 1;

interface ResourceKind {
  readonly type: number;
  /** The source of values that were set for this very entity; none: all of them. */
  readonly dynamicSource: (name: string) => string | undefined;
}

const KINDS: Readonly<Record<string, ResourceKind>> = {
  topics: { type: TOPIC_RESOURCE, dynamicSource: () => 'DYNAMIC_TOPIC_CONFIG' },
  brokers: {
    type: BROKER_RESOURCE,
    dynamicSource: (name) => (name === '' ? 'DYNAMIC_DEFAULT_BROKER_CONFIG' : 'DYNAMIC_BROKER_CONFIG'),
  },
  'broker-loggers': { type: BROKER_LOGGER_RESOURCE, dynamicSource: () => undefined },
  'client-metrics': { type: CLIENT_METRICS_RESOURCE, dynamicSource: () => 'DYNAMIC_CLIENT_METRICS_CONFIG' },
};

/** Entity types whose configs are those of a resource. */
export const isResourceType = (entityType: string): boolean => Object.hasOwn(KINDS, entityType);

type Entry = ResponseOf<typeof DescribeConfigs>['results'][number]['configs'][number];

/** Sends to the broker that the resource is, or to any. */
async function toResource<A extends AnyApi>(
  admin: Admin,
  call: Call,
  entityType: string,
  name: string,
  api: A,
  request: RequestInit<A>,
): Promise<ResponseOf<A>> {
  if (name === '' || (entityType !== 'brokers' && entityType !== 'broker-loggers')) {
    return admin.toAny(call, api, request);
  }
  return admin.toBroker(call, Number(name), api, request);
}

async function configsOf(admin: Admin, entityType: string, name: string, all: boolean): Promise<Entry[]> {
  if (entityType === 'topics' && name !== '') validateTopicName(name);
  const { type: resourceType, dynamicSource } = KINDS[entityType]!;
  const request = {
    resources: [{ resourceType, resourceName: name, configurationKeys: null }],
    includeSynonyms: true,
  };
  const configs = await executeWithin(DESCRIBE_TIMEOUT_MS, admin, 'describeConfigs', async (call) => {
    const response = await toResource(admin, call, entityType, name, DescribeConfigs, request);
    const result = response.results[0]!;
    refuse(result);
    return result.configs;
  });
  const source = all ? undefined : dynamicSource(name);
  return configs
    .filter(({ configSource }) => source === undefined || SOURCES[configSource] === source)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function allEntities(admin: Admin, entityType: string): Promise<string[]> {
  if (entityType === 'client-metrics') {
    throw executionError(
      new ServerError('UNSUPPORTED_VERSION', 'The node does not support LIST_CLIENT_METRICS_RESOURCES'),
    );
  }
  const names = entityType === 'topics' ? null : [];
  const { topics } = await execute(admin, entityType === 'topics' ? 'listTopics' : 'listNodes', ({ deadlineMs }) =>
    admin.client.metadata(names, deadlineMs),
  );
  if (entityType === 'topics')
    return hashMapOrder(
      topics.map(({ name }) => name!),
      stringHash,
    );
  return [...integerSetOrder(admin.client.nodes.map(({ id }) => id)).map(String), ''];
}

/** The same as one JSON document. An entity's name is null where its type's defaults are meant. */
export async function describeResourcesJson(
  admin: Admin,
  entityType: string,
  name: string | undefined,
  all: boolean,
): Promise<JsonDocument> {
  const entities: JsonDocument[] = [];
  for (const entity of name === undefined ? await allEntities(admin, entityType) : [name]) {
    const configs = (await configsOf(admin, entityType, entity, all)).map(
      ({ name, value, isSensitive, configSource, synonyms }) => ({
        name,
        value,
        isSensitive,
        source: SOURCES[configSource]!,
        synonyms: synonyms.map((each) => ({ source: SOURCES[each.source]!, name: each.name, value: each.value })),
      }),
    );
    entities.push({ entity: { [entityType.replace(/s$/, '')]: entity === '' ? null : entity }, configs });
  }
  return { entities };
}

/** `--describe` of topics, brokers, broker-loggers and client-metrics. */
export async function describeResources(
  admin: Admin,
  entityType: string,
  name: string | undefined,
  all: boolean,
  io: Io,
): Promise<void> {
  for (const entity of name === undefined ? await allEntities(admin, entityType) : [name]) {
    println(
      io.stdout,
      entity === ''
        ? `Default configs for ${entityType} in the cluster are:`
        : `${all ? 'All' : 'Dynamic'} configs for ${entityType.slice(0, -1)} ${entity} are:`,
    );
    for (const entry of await configsOf(admin, entityType, entity, all)) {
      const synonyms = entry.synonyms.map((each) => `${SOURCES[each.source]}:${each.name}=${each.value}`).join(', ');
      println(io.stdout, `  ${entry.name}=${entry.value} sensitive=${entry.isSensitive} synonyms={${synonyms}}`);
    }
  }
}

const invalidConfiguration = (message: string): ToolError => new ServerError('INVALID_CONFIG', message);

/** `--alter` of topics, brokers, broker-loggers and client-metrics. */
export async function alterResource(admin: Admin, entityType: string, name: string, changes: Changes): Promise<void> {
  const { added, deleted } = changes;
  const old = new Map((await configsOf(admin, entityType, name, false)).map((entry) => [entry.name, entry.value]));
  if (entityType === 'broker-loggers') {
    const unknown = [...deleted, ...added.keys()].filter((logger) => !old.has(logger));
    if (unknown.length > 0) throw invalidConfiguration(`Invalid broker logger(s): ${unknown.join(',')}`);
  }
  const absent = deleted.filter((config) => !old.has(config));
  if (absent.length > 0) throw invalidConfiguration(`Invalid config(s): ${absent.join(',')}`);
  // Brokers still go by the older request, which replaces all dynamic configs at once.
  if (entityType === 'brokers') await replaceConfigs(admin, name, old, changes);
  else await changeConfigs(admin, entityType, name, changes);
}

async function replaceConfigs(
  admin: Admin,
  name: string,
  old: ReadonlyMap<string, string | null>,
  { added, deleted }: Changes,
): Promise<void> {
  const configs = new Map<string, string | null>([...old, ...added]);
  for (const config of deleted) configs.delete(config);
  const hidden = [...configs].filter(([, value]) => value === null).map(([config]) => config);
  if (hidden.length > 0) {
    throw invalidConfiguration(
      `All sensitive broker config entries must be specified for --alter, missing entries: Set(${hidden.join(', ')})`,
    );
  }
  const request = {
    resources: [
      {
        resourceType: BROKER_RESOURCE,
        resourceName: name,
        configs: [...configs].map(([config, value]) => ({ name: config, value })),
      },
    ],
    validateOnly: false,
  };
  await executeWithin(ALTER_TIMEOUT_MS, admin, 'alterConfigs', async (call) => {
    const { responses } = await toResource(admin, call, 'brokers', name, AlterConfigs, request);
    refuse(responses[0]!);
  });
}

async function changeConfigs(
  admin: Admin,
  entityType: string,
  name: string,
  { added, deleted }: Changes,
): Promise<void> {
  const operations = [
    ...[...added].map(([config, value]) => ({ name: config, configOperation: SET, value })),
    ...deleted.map((config) => ({ name: config, configOperation: DELETE, value: '' })),
  ];
  const request = {
    resources: [{ resourceType: KINDS[entityType]!.type, resourceName: name, configs: operations }],
    validateOnly: false,
  };
  await executeWithin(ALTER_TIMEOUT_MS, admin, 'incrementalAlterConfigs', async (call) => {
    const { responses } = await toResource(admin, call, entityType, name, IncrementalAlterConfigs, request);
    refuse(responses[0]!);
  });
}

function refuse({ errorCode, errorMessage }: { errorCode: number; errorMessage: string | null }): void {
  // Java's client tries the request again where that may help, but not for what befell a single resource.
  if (errorCode !== 0) throw new ServerError(errorName(errorCode), errorMessage, true);
}
