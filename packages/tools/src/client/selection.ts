import type { Metadata } from '@odradek/protocol/messages/metadata';
import type { ResponseOf } from '@odradek/protocol/schema/api';

/** The topics to be read. */
export type TopicSelection =
  | { readonly topics: readonly string[] }
  | { readonly pattern: RegExp; readonly excludeInternal: boolean };

type TopicAnswer = ResponseOf<typeof Metadata>['topics'][number];

/** Whether a topic is one of the selection. */
export function isSelected(selection: TopicSelection, { name, isInternal }: TopicAnswer): boolean {
  if (!('pattern' in selection)) return selection.topics.includes(name!);
  return selection.pattern.test(name!) && !(selection.excludeInternal && isInternal);
}
