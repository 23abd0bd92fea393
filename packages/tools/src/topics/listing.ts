import type { Metadata } from '@odradek/protocol/messages/metadata';
import type { ResponseOf } from '@odradek/protocol/schema/api';
import type { Admin } from '../client/admin';
import { illegalArgument } from '../tool-error';
import type { TopicsOptions } from './arguments';

/** All topics that the cluster has, sorted by name. */
export async function allTopics(admin: Admin): Promise<ResponseOf<typeof Metadata>['topics']> {
  const { topics } = await admin.call('listTopics', ({ deadlineMs }) => admin.client.metadata(null, deadlineMs));
  return topics.filter(({ name }) => name !== null).sort((a, b) => (a.name! < b.name! ? -1 : 1));
}

/** Throws where a topic was asked for by name and is not there. */
export function ensureTopicExists(found: readonly string[], options: TopicsOptions): void {
  const asked = options.valueOf('topic');
  if (!asked || options.has('if-exists') || found.length > 0) return;
  // The Optional is a slip of TopicCommand's (3.7 to 3.9) that people's scripts see.
  throw illegalArgument(`Topic 'Optional[${asked}]' does not exist as expected`);
}
