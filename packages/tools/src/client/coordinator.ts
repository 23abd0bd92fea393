import { errorName } from '@odradek/protocol/errors';
import { FindCoordinator } from '@odradek/protocol/messages/find-coordinator';
import type { RequestInit } from '@odradek/protocol/schema/api';
import { ServerError } from '../tool-error';
import type { KafkaClient, Node } from './client';

const GROUP_KEY = 0;
/** From this version on one request asks for several coordinators (KIP-699). */
const FIRST_WITH_SEVERAL = 4;

const requestFor =
  (keys: readonly string[]) =>
  (version: number): RequestInit<typeof FindCoordinator> =>
    version < FIRST_WITH_SEVERAL
      ? { key: keys[0]!, ...(version > 0 && { keyType: GROUP_KEY }) }
      : { keyType: GROUP_KEY, coordinatorKeys: [...keys] };

/** A group's coordinator, or why there is none now. */
export type Located = { readonly node: Node } | { readonly error: ServerError };

/** Asks any broker where groups' coordinators are. Throws `ToolError` where no broker answers until the deadline. */
export async function findCoordinators(
  client: KafkaClient,
  groupIds: readonly string[],
  deadlineMs: number,
): Promise<Map<string, Located>> {
  const response = await client.sendToAny(FindCoordinator, requestFor(groupIds), deadlineMs);
  // Old brokers answer for the first group only.
  const answers = response.coordinators.length > 0 ? response.coordinators : [{ ...response, key: groupIds[0]! }];
  const located = new Map<string, Located>();
  for (const { key, errorCode, errorMessage, nodeId, host, port } of answers) {
    const failed = errorCode !== 0;
    const found = { node: { id: nodeId, host, port, rack: null } };
    located.set(key, failed ? { error: new ServerError(errorName(errorCode), errorMessage) } : found);
  }
  return located;
}

/** As `findCoordinators`, for one group. */
export async function findCoordinator(client: KafkaClient, groupId: string, deadlineMs: number): Promise<Located> {
  return (await findCoordinators(client, [groupId], deadlineMs)).get(groupId)!;
}
