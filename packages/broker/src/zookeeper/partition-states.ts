import { ZooKeeperError, type ZooKeeperErrorCode } from '../env/zookeeper';
import { ControllerMovedError, guarded, onCode, readIfExists } from './operations';
import type { ZooKeeperClient } from './session';
import { type PartitionState, paths, type TopicPartition, TopicPartitionStateZNode } from './znodes';

/** What became of one partition's state write; the others of the batch have outcomes of their own. */
export type StateWriteResult =
  /** `partitionEpoch` is the znode's new version. */
  | { readonly type: 'ok'; readonly partitionEpoch: number }
  /** Someone else has written since: read again and decide again. */
  | { readonly type: 'bad-version' }
  | { readonly type: 'error'; readonly code: ZooKeeperErrorCode };

/** A state to write. For an update its `partitionEpoch` is the version that it must replace. */
export type PartitionStateWrite = TopicPartition & { readonly state: PartitionState };

/** The states as far as there are any, in the order asked for; null where there is none. */
export function readPartitionStates(
  client: ZooKeeperClient,
  partitions: readonly TopicPartition[],
): Promise<(PartitionState | null)[]> {
  return Promise.all(
    partitions.map(async (partition) => {
      const path = paths.topicPartitionState(partition);
      const found = await readIfExists(client, path);
      return found && TopicPartitionStateZNode.decode(path, found.data, found.stat.version);
    }),
  );
}

/** Creates states that there are none of, with the nodes above them. Throws `ControllerMovedError`. */
export async function createPartitionStates(
  client: ZooKeeperClient,
  writes: readonly PartitionStateWrite[],
  epochZkVersion: number,
): Promise<StateWriteResult[]> {
  const container = (path: string): Promise<unknown> =>
    // What is wrong with a parent shows again, and better, at its state.
    guarded(client, epochZkVersion, { type: 'create', path, data: null, mode: 'persistent' }).catch(notMoved);
  await settled([...new Set(writes.map(({ topic }) => paths.topicPartitions(topic)))].map(container));
  await settled(writes.map((write) => container(paths.topicPartition(write))));
  return settled(
    writes.map(async ({ state, ...partition }): Promise<StateWriteResult> => {
      const path = paths.topicPartitionState(partition);
      const data = TopicPartitionStateZNode.encode(state);
      try {
        await guarded(client, epochZkVersion, { type: 'create', path, data, mode: 'persistent' });
        return { type: 'ok', partitionEpoch: 0 };
      } catch (error) {
        const code = codeOf(error);
        if (code === 'NODE_EXISTS' && (await holds(client, path, data, 0))) return { type: 'ok', partitionEpoch: 0 };
        return { type: 'error', code };
      }
    }),
  );
}

/** Replaces states, each only if it still has the version in `state.partitionEpoch`. Throws `ControllerMovedError`. */
export function updatePartitionStates(
  client: ZooKeeperClient,
  writes: readonly PartitionStateWrite[],
  epochZkVersion: number,
): Promise<StateWriteResult[]> {
  return settled(
    writes.map(async ({ state, ...partition }): Promise<StateWriteResult> => {
      const path = paths.topicPartitionState(partition);
      const data = TopicPartitionStateZNode.encode(state);
      const version = state.partitionEpoch;
      try {
        const stat = await guarded(client, epochZkVersion, { type: 'set', path, data, version });
        return { type: 'ok', partitionEpoch: stat?.version ?? version + 1 };
      } catch (error) {
        const code = codeOf(error);
        if (code !== 'BAD_VERSION') return { type: 'error', code };
        const isOurs = await holds(client, path, data, version + 1);
        return isOurs ? { type: 'ok', partitionEpoch: version + 1 } : { type: 'bad-version' };
      }
    }),
  );
}

/**
 * Whether the node holds just what we meant to write, at just the version that our write would have given it: then it
 * was written, and only the reply was lost. Controller epoch and version together tell it from anybody else's.
 */
async function holds(client: ZooKeeperClient, path: string, data: Buffer, version: number): Promise<boolean> {
  const found = await client.getData(path).catch(onCode('NO_NODE', null));
  return found?.stat.version === version && found.data !== null && found.data.equals(data);
}

function codeOf(error: unknown): ZooKeeperErrorCode {
  if (error instanceof ZooKeeperError && error.code !== 'SESSION_EXPIRED') return error.code;
  throw error;
}

function notMoved(error: unknown): void {
  if (error instanceof ControllerMovedError || !(error instanceof ZooKeeperError)) throw error;
}

/** As Promise.all, but fails only once nothing is under way any more. */
async function settled<Value>(promises: readonly Promise<Value>[]): Promise<Value[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
