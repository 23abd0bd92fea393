import { ServerError, ToolError } from '../tool-error';
import type { Admin, Call } from './admin';
import type { Node } from './client';
import { type AnyApi, snake } from './connection';
import { type CoordinatorKind, findCoordinators } from './coordinator';

/** The outcome of each key: what was asked for, or why there is none. */
export type Results<K, T> = Map<K, T | ToolError>;

/** Refusals after which the coordinator is looked up, and asked, again. */
export const AGAIN: ReadonlySet<string> = new Set([
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
  'REBALANCE_IN_PROGRESS',
]);

/** One operation on groups or transactional ids. */
export interface CoordinatorQuestion<T> {
  readonly kind: CoordinatorKind;
  /** As time-outs call it. */
  readonly name: string;
  readonly api: AnyApi;
  ask(call: Call, coordinator: Node, ids: readonly string[]): Promise<[string, T | ToolError][]>;
}

/** Asks each id's coordinator, all ids of one coordinator at once, until each has an outcome or time is up. */
export async function atCoordinators<T>(
  admin: Admin,
  { kind, name, api, ask }: CoordinatorQuestion<T>,
  ids: readonly string[],
): Promise<Results<string, T>> {
  const results: Results<string, T> = new Map();
  const pending = (): string[] => [...new Set(ids)].filter((id) => !results.has(id));
  if (pending().length === 0) return results;
  try {
    await admin.call(name, async (call) => {
      call.stage = 'FIND_COORDINATOR';
      const coordinators = await locate(admin, kind, call, pending(), results);
      call.stage = snake(api.name);
      const asked = [...coordinators.values()].map(async ({ node, ids: some }) => {
        for (const [id, result] of await ask(call, node, some)) {
          const passes = result instanceof ServerError && AGAIN.has(result.error);
          if (!passes) results.set(id, result);
        }
      });
      await Promise.all(asked);
      if (pending().length > 0) throw new ServerError('COORDINATOR_NOT_AVAILABLE');
    });
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    for (const id of pending()) results.set(id, thrown);
  }
  return results;
}

/** The outcome of one key. Throws where that is a failure. */
export function outcomeOf<K, T>(results: Results<K, T>, key: K): T {
  const result = results.get(key)!;
  if (result instanceof ToolError) throw result;
  return result;
}

async function locate<T>(
  { client }: Admin,
  kind: CoordinatorKind,
  call: Call,
  ids: readonly string[],
  results: Results<string, T>,
): Promise<Map<number, { node: Node; ids: string[] }>> {
  const located = await findCoordinators(client, kind, ids, call.deadlineMs);
  const coordinators = new Map<number, { node: Node; ids: string[] }>();
  for (const [id, where] of located) {
    if ('node' in where) {
      const at = coordinators.get(where.node.id);
      if (at) at.ids.push(id);
      else coordinators.set(where.node.id, { node: where.node, ids: [id] });
    } else if (!AGAIN.has(where.error.error)) {
      results.set(id, lookupFailure(kind, id, where.error));
    }
  }
  const unknown = [...coordinators.keys()].some((id) => !client.node(id));
  if (unknown) await client.metadata([], call.deadlineMs);
  return coordinators;
}

/** Refusals that concern an id as such, by the name that messages give it (CoordinatorStrategy). */
const UNAUTHORIZED: Readonly<Record<string, string>> = {
  GROUP_AUTHORIZATION_FAILED: 'groupId',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'transactionalId',
};

function lookupFailure(kind: CoordinatorKind, id: string, { error }: ServerError): ServerError {
  const unauthorized = UNAUTHORIZED[error];
  const end = unauthorized ? 'authorization failure' : 'an unexpected error';
  const key = `CoordinatorKey(idValue='${id}', type=${kind})`;
  return new ServerError(error, `FindCoordinator request for ${unauthorized ?? 'key'} \`${key}\` failed due to ${end}`);
}
