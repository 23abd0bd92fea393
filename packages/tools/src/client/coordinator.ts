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

/** Asks any broker where a group's coordinator is. Throws `ToolError` where no broker answers until the deadline. */
export async function findCoordinator(client: KafkaClient, groupId: string, deadlineMs: number): Promise<Located> {
  const response = await client.sendToAny(FindCoordinator, requestFor([groupId]), deadlineMs);
  const { errorCode, errorMessage, nodeId, host, port } = response.coordinators[0] ?? response;
  if (errorCode !== 0) return { error: new ServerError(errorName(errorCode), errorMessage) };
  return { node: { id: nodeId, host, port, rack: null } };
}
