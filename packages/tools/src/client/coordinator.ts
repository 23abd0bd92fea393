import { errorName } from '@odradek/protocol/errors';
import { FindCoordinator } from '@odradek/protocol/messages/find-coordinator';
import type { RequestInit } from '@odradek/protocol/schema/api';
import { ServerError } from '../tool-error';
import type { KafkaClient, Node } from './client';

/** Kinds of coordinators by number (FindCoordinatorRequest.CoordinatorType). */
const KEY_TYPES = { GROUP: 0, TRANSACTION: 1 };
export type CoordinatorKind = keyof typeof KEY_TYPES;

/** From this version on one request asks for several coordinators (KIP-699). */
const FIRST_WITH_SEVERAL = 4;

const requestFor =
  (kind: CoordinatorKind, keys: readonly string[]) =>
  (version: number): RequestInit<typeof FindCoordinator> =>
    version < FIRST_WITH_SEVERAL
      ? { key: keys[0]!, ...(version > 0 && { keyType: KEY_TYPES[kind] }) }
      : { keyType: KEY_TYPES[kind], coordinatorKeys: [...keys] };

/** The coordinator of a group or transactional id, or why there is none now. */
export type Located = { readonly node: Node } | { readonly error: ServerError };

/** Asks any broker where coordinators are, by the ids of groups or transactions. Throws `ToolError` where no broker answers until the deadline. */
export async function findCoordinators(
  client: KafkaClient,
  kind: CoordinatorKind,
  ids: readonly string[],
  deadlineMs: number,
): Promise<Map<string, Located>> {
  const response = await client.sendToAny(FindCoordinator, requestFor(kind, ids), deadlineMs);
  // Old brokers answer for the first only.
  const answers = response.coordinators.length > 0 ? response.coordinators : [{ ...response, key: ids[0]! }];
  const located = new Map<string, Located>();
  for (const { key, errorCode, errorMessage, nodeId, host, port } of answers) {
    const failed = errorCode !== 0;
    const found = { node: { id: nodeId, host, port, rack: null } };
    located.set(key, failed ? { error: new ServerError(errorName(errorCode), errorMessage) } : found);
  }
  return located;
}

/** As `findCoordinators`, for one id. */
export async function findCoordinator(
  client: KafkaClient,
  kind: CoordinatorKind,
  id: string,
  deadlineMs: number,
): Promise<Located> {
  return (await findCoordinators(client, kind, [id], deadlineMs)).get(id)!;
}
