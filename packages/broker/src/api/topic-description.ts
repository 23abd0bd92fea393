import { describeTopic } from '../config/describe';
import type { Services } from './services';

/** The settings of a topic that has just been created, as CreateTopics tells them (KIP-525). */
export function describeCreatedTopic(services: Services, overrides: Readonly<Record<string, string>>) {
  const options = { includeSynonyms: false, includeDocumentation: false, keys: null };
  return describeTopic(new Map(Object.entries(overrides)), services.configAdmin.dynamic, options).map(
    ({ name, value, readOnly, configSource, isSensitive }) => ({ name, value, readOnly, configSource, isSensitive }),
  );
}
