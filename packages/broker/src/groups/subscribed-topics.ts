import { ConsumerProtocolSubscription } from '@odradek/protocol/stored/consumer-protocol';
import { MalformedMessageError } from '@odradek/protocol/wire/errors';
import { Reader } from '@odradek/protocol/wire/reader';

const VERSION_BYTES = 2;
/** Of one member: more than a cluster on ZooKeeper is said to bear. Whoever claims more has unknown topics. */
const MAX_TOPICS = 200_000;

/**
 * The topics of consumers' subscriptions, or null where one cannot be read (GroupMetadata.computeSubscribedTopics).
 * Every version of a subscription begins as version 0 does; what follows is not looked at.
 */
export function topicsOfSubscriptions(subscriptions: Iterable<Buffer>): ReadonlySet<string> | null {
  const codec = ConsumerProtocolSubscription.codec(0);
  const topics = new Set<string>();
  try {
    for (const subscription of subscriptions) {
      const reader = new Reader(subscription, 0, subscription.length, MAX_TOPICS);
      reader.take(VERSION_BYTES);
      for (const topic of codec.decode(reader).topics) topics.add(topic);
    }
  } catch (error) {
    if (error instanceof MalformedMessageError) return null;
    throw error;
  }
  return topics;
}
