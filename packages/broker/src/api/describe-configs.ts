import { KafkaError } from '@odradek/protocol/errors';
import { DescribeConfigs } from '@odradek/protocol/messages/describe-configs';
import type { RequestOf } from '@odradek/protocol/schema/api';
import { RESOURCE } from '../cluster/config-admin';
import { validateTopicName } from '../cluster/topic-names';
import {
  type DescribedConfig,
  type DescribeOptions,
  describeBroker,
  describeBrokerDefaults,
  describeTopic,
} from '../config/describe';
import { type Handler, handler } from './handler';
import type { Services } from './services';

const TYPES: ReadonlySet<number> = new Set(Object.values(RESOURCE));

type Resource = RequestOf<typeof DescribeConfigs>['resources'][number];

// Where nothing is to say, Kafka's ConfigHelper leaves errorMessage at its schema's default: empty, not null.
/** What topics and brokers are set to, and why (KIP-133, KIP-226, KIP-569). */
export function describeConfigs(services: Services): Handler<typeof DescribeConfigs> {
  const { configAdmin, store, metadata } = services;

  async function describe(
    { resourceType, resourceName }: Resource,
    options: DescribeOptions,
  ): Promise<DescribedConfig[]> {
    switch (resourceType) {
      case RESOURCE.topic: {
        validateTopicName(resourceName);
        if (!metadata.image.topics.has(resourceName)) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', '');
        const overrides = await store.configs.get('topics', resourceName);
        return describeTopic(new Map(Object.entries(overrides)), configAdmin.dynamic, options);
      }
      case RESOURCE.broker:
        if (resourceName === '') return describeBrokerDefaults(configAdmin.dynamic, options);
        configAdmin.checkDescribedBroker(resourceName);
        return describeBroker(configAdmin.dynamic, options);
      case RESOURCE.brokerLogger:
        return configAdmin.describeLoggers(resourceName, options.keys);
      case RESOURCE.clientMetrics:
        throw new KafkaError(
          'INVALID_REQUEST',
          resourceName === ''
            ? 'Client metrics subscription name must not be empty'
            : 'Config type client-metrics is only supported on KRaft clusters',
        );
      default:
        throw new Error(`type ${resourceType} has been refused`);
    }
  }

  async function answer(resource: Resource, includeSynonyms: boolean, includeDocumentation: boolean) {
    const { resourceType, resourceName, configurationKeys } = resource;
    try {
      const options = { includeSynonyms, includeDocumentation, keys: configurationKeys };
      const configs = await describe(resource, options);
      return { errorCode: 0, errorMessage: '', resourceType, resourceName, configs };
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      return { errorCode: error.code, errorMessage: error.message, resourceType, resourceName, configs: [] };
    }
  }

  return handler({
    api: DescribeConfigs,
    async handle({ resources, includeSynonyms, includeDocumentation }) {
      // One resource of an unknown type, and none is described.
      if (resources.some(({ resourceType }) => !TYPES.has(resourceType))) throw new KafkaError('INVALID_REQUEST');
      const results = resources.map((resource) => answer(resource, includeSynonyms, includeDocumentation));
      return { results: await Promise.all(results) };
    },
    fail: ({ code, message }, { resources }) => ({
      results: resources.map(({ resourceType, resourceName }) => ({
        errorCode: code,
        errorMessage: message,
        resourceType,
        resourceName,
        configs: [],
      })),
    }),
  });
}
