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
import { mapInTurns } from './turns';

const TYPES: ReadonlySet<number> = new Set(Object.values(RESOURCE));

type Resource = RequestOf<typeof DescribeConfigs>['resources'][number];

/** How many resources of one request are looked up at once. */
const AT_A_TIME = 100;
/** What one answer may hold: those of some 9,000 topics. A broker that is asked for ten thousand times is 2.8 million. */
const MAX_SETTINGS = 300_000;

const tooMany = (): KafkaError =>
  new KafkaError('INVALID_REQUEST', `More than ${MAX_SETTINGS} settings in one answer: ask for less at a time.`);

function failed({ resourceType, resourceName }: Resource, { code, message }: { code: number; message: string }) {
  return { errorCode: code, errorMessage: message, resourceType, resourceName, configs: [] };
}

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
      return failed(resource, error);
    }
  }

  return handler({
    api: DescribeConfigs,
    async handle({ resources, includeSynonyms, includeDocumentation }) {
      // One resource of an unknown type, and none is described.
      if (resources.some(({ resourceType }) => !TYPES.has(resourceType))) throw new KafkaError('INVALID_REQUEST');
      let settings = 0;
      const results = await mapInTurns(services.clock, resources, AT_A_TIME, async (resource) => {
        if (settings > MAX_SETTINGS) return failed(resource, tooMany());
        const result = await answer(resource, includeSynonyms, includeDocumentation);
        settings += result.configs.length;
        return result;
      });
      return { results };
    },
    fail: (error, { resources }) => ({ results: resources.map((resource) => failed(resource, error)) }),
  });
}
