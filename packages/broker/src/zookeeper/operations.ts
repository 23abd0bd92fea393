import {
  type ZNodeStat,
  ZooKeeperError,
  ZooKeeperMultiError,
  type ZooKeeperOperation,
  type ZooKeeperOperationResult,
} from '../env/zookeeper';
import type { ZooKeeperClient } from './session';
import { paths } from './znodes';

/** A version that every znode has: for writes that take the content as it is. */
export const ANY_VERSION = -1;

/** Another broker has become controller: what this one wanted to write is no longer its to write. */
export class ControllerMovedError extends Error {
  override readonly name = 'ControllerMovedError';
}

export function isZooKeeperError(error: unknown, code: ZooKeeperError['code']): error is ZooKeeperError {
  return error instanceof ZooKeeperError && error.code === code;
}

/** Turns the error `code` into a value; others go on. */
export function onCode<Value>(code: ZooKeeperError['code'], value: Value): (error: unknown) => Value {
  return (error) => {
    if (isZooKeeperError(error, code)) return value;
    throw error;
  };
}

/**
 * One write of a controller, done only if `/controller_epoch` still has the version of its election; `ANY_VERSION`
 * writes regardless. Returns the stat of a set. Throws `ControllerMovedError`, or the write's own error.
 */
export function guarded(
  client: ZooKeeperClient,
  epochZkVersion: number,
  operation: ZooKeeperOperation,
): Promise<ZNodeStat | null> {
  return guardedBy(client, { path: paths.controllerEpoch, version: epochZkVersion }, operation);
}

/** One write, done only if the node `guard.path` has `guard.version`. Throws `ControllerMovedError` where it has not. */
export async function guardedBy(
  client: ZooKeeperClient,
  guard: { readonly path: string; readonly version: number },
  operation: ZooKeeperOperation,
): Promise<ZNodeStat | null> {
  const results = await multiGuardedBy(client, guard, [operation]).catch((error) => {
    throw error instanceof ZooKeeperMultiError ? new ZooKeeperError(error.code, operation.path) : error;
  });
  const result = results[0];
  return result?.type === 'set' ? result.stat : null;
}

/**
 * Writes of a controller as `guarded` does, all in one step. Null where one of them cannot be done: then none has been.
 * Throws `ControllerMovedError`.
 */
export function guardedTogether(
  client: ZooKeeperClient,
  epochZkVersion: number,
  operations: readonly ZooKeeperOperation[],
): Promise<ZooKeeperOperationResult[] | null> {
  const guard = { path: paths.controllerEpoch, version: epochZkVersion };
  return multiGuardedBy(client, guard, operations).catch((error) => {
    if (error instanceof ZooKeeperMultiError) return null;
    throw error;
  });
}

/** Throws `ControllerMovedError`, or `ZooKeeperMultiError` where one of the operations is to blame. */
async function multiGuardedBy(
  client: ZooKeeperClient,
  guard: { readonly path: string; readonly version: number },
  operations: readonly ZooKeeperOperation[],
): Promise<ZooKeeperOperationResult[]> {
  const checks: ZooKeeperOperation[] = guard.version === ANY_VERSION ? [] : [{ type: 'check', ...guard }];
  try {
    return (await client.multi([...checks, ...operations])).slice(checks.length);
  } catch (error) {
    if (!(error instanceof ZooKeeperMultiError) || error.failedIndex >= checks.length) throw error;
    if (error.code !== 'BAD_VERSION') throw new ZooKeeperError(error.code, guard.path);
    throw new ControllerMovedError(`${guard.path} zkVersion check fails. Expected zkVersion = ${guard.version}`, {
      cause: error,
    });
  }
}

/** Creates a persistent node and what is missing above it. A node that is there already is no error. */
export async function createRecursive(
  client: ZooKeeperClient,
  path: string,
  data: Buffer | null = null,
): Promise<void> {
  try {
    await createNew(client, path, data);
  } catch (error) {
    if (!isZooKeeperError(error, 'NODE_EXISTS')) throw error;
  }
}

/** Creates a persistent node and what is missing above it. Throws NODE_EXISTS where it is there already. */
export async function createNew(client: ZooKeeperClient, path: string, data: Buffer | null): Promise<void> {
  try {
    await client.create(path, data);
  } catch (error) {
    if (!isZooKeeperError(error, 'NO_NODE')) throw error;
    await createRecursive(client, path.slice(0, path.lastIndexOf('/')));
    await client.create(path, data);
  }
}

/** Deletes a node and all below it, guarded. False where there is no such node. */
export async function deleteRecursive(client: ZooKeeperClient, path: string, epochZkVersion: number): Promise<boolean> {
  const children = await client.getChildren(path).catch(onCode('NO_NODE', null));
  if (children === null) return false;
  await Promise.all(children.map((child) => deleteRecursive(client, `${path}/${child}`, epochZkVersion)));
  await guarded(client, epochZkVersion, { type: 'delete', path, version: ANY_VERSION }).catch(onCode('NO_NODE', null));
  return true;
}

/** The content of a node, or null where there is no such node. */
export function readIfExists(
  client: ZooKeeperClient,
  path: string,
): Promise<{ data: Buffer | null; stat: ZNodeStat } | null> {
  return client.getData(path).catch(onCode('NO_NODE', null));
}
