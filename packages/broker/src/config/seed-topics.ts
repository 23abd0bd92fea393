import { ConfigException } from './errors';
import type { Validator } from './validators';

/** A topic that is to be there once the cluster serves. */
export interface SeedTopic {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  /** `cleanup.policy`, or null for the cluster's. */
  readonly cleanupPolicy: string | null;
}

const FORM =
  'Write name:partitions:replicas or name:partitions:replicas:policy, several separated by commas, such as orders:3:1,users:1:1:compact.';
const ONE = /^([^:,\s]+):([1-9]\d{0,8}):([1-9]\d{0,3})(?::([a-z]+))?$/;

/** Reads `name:partitions:replicas[:policy],…`; null where the text is something else. */
export function parseSeedTopics(text: string): SeedTopic[] | null {
  const words = text.split(',').map((word) => word.trim());
  const topics: SeedTopic[] = [];
  for (const word of words.filter((one) => one !== '')) {
    const match = ONE.exec(word);
    if (match === null) return null;
    const [, name, partitions, replicationFactor, cleanupPolicy = null] = match;
    topics.push({
      name: name!,
      partitions: Number(partitions),
      replicationFactor: Number(replicationFactor),
      cleanupPolicy,
    });
  }
  return topics;
}

export const seedTopics: Validator = (key, value) => {
  if (parseSeedTopics(value as string) === null) throw ConfigException.of(key, value, 'It names no topics', FORM);
};
