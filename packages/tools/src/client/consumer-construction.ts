import type { Log } from '../print';
import { illegalArgument, kafkaException, ToolError } from '../tool-error';
import { KafkaClient } from './client';
import type { TrafficObserver } from './connection';
import type { ConsumerSettings } from './consumer-config';
import { groupSettings } from './group/group-config';
import { GroupConsumer, type RebalanceListener } from './group-consumer';
import type { Properties } from './properties';
import type { TopicSelection } from './selection';

/** A connected client. Throws `ToolError` as creating Java's consumer does where no bootstrap server can be used. */
export async function createConsumerClient(
  settings: ConsumerSettings,
  log: Log,
  observer?: TrafficObserver,
): Promise<KafkaClient> {
  try {
    const client = new KafkaClient({
      ...settings,
      logPrefix: `[Consumer clientId=${settings.clientId}, groupId=${settings.groupId}] `,
      log,
      reportsBootstrap: true,
      observer,
    });
    await client.checkBootstrap();
    return client;
  } catch (thrown) {
    throw thrown instanceof ToolError ? kafkaException('Failed to construct kafka consumer', thrown) : thrown;
  }
}

/** A member of a group from a consumer's properties, which fails and warns as creating Java's does. */
export async function createGroupConsumer(
  properties: Properties,
  selection: TopicSelection,
  log: Log,
  listener: RebalanceListener,
  observer?: TrafficObserver,
): Promise<GroupConsumer> {
  if (!properties.has('client.id')) {
    // Java numbers the consumers of a process; a tool has one.
    const name = properties.get('group.instance.id') ?? '1';
    properties.set('client.id', `consumer-${properties.get('group.id')}-${name}`);
  }
  const settings = groupSettings(properties, log);
  const client = await createConsumerClient(settings, log, observer);
  if (settings.groupId === '') {
    log(
      'WARN',
      `${client.options.logPrefix}Support for using the empty group id by consumers is deprecated and will be removed in the next major release.`,
      'org.apache.kafka.clients.consumer.internals.ClassicKafkaConsumer',
    );
  }
  return new GroupConsumer(client, settings, selection, listener);
}

/** What subscribing to a topic refuses before anything is sent. */
export function checkSubscription(topic: string): void {
  if (topic.trim() === '') {
    throw illegalArgument('Topic collection to subscribe to cannot contain null or empty topic');
  }
}
