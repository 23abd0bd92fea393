import { ZooKeeperError, type ZooKeeperErrorCode } from '../env/zookeeper';
import { guarded, isZooKeeperError, readIfExists } from './operations';
import type { ZooKeeperClient } from './session';
import { type PartitionState, paths, type TopicPartition, TopicPartitionStateZNode } from './znodes';

/** What became of one partition's state write; the others of the batch have outcomes of their own. */
export type StateWriteResult =
  /** `version` is the znode's new one: the partition epoch. */
  | { readonly type: 'ok'; readonly version: number }
  /** Someone else has written since, or before: read again and decide again. */
  | { readonly type: 'conflict' }
  | { readonly type: 'error'; readonly error: ZooKeeperError };

/** A partition's first state. */
export type PartitionStateCreation = TopicPartition & { readonly state: Omit<PartitionState, 'partitionEpoch'> };

/** A state to replace the one that has `expectedVersion`. */
export type PartitionStateUpdate = PartitionStateCreation & { readonly expectedVersion: number };

/** A partition as `<topic>-<partition>`: the key of `readPartitionStates`. */
export function partitionKeyOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}

/** The states of those partitions that have one, by `<topic>-<partition>`. */
export async function readPartitionStates(
  client: ZooKeeperClient,
  partitions: readonly TopicPartition[],
): Promise<Map<string, PartitionState>> {
  const states = new Map<string, PartitionState>();
  await settled(
    partitions.map(async (partition) => {
      const path = paths.topicPartitionState(partition);
      const found = await readIfExists(client, path);
      const state = found && TopicPartitionStateZNode.decode(path, found.data, found.stat.version);
      if (state) states.set(partitionKeyOf(partition), state);
    }),
  );
  return states;
}

/** Creates first states, and the nodes above them. Throws `ControllerMovedError`. */
export async function createPartitionStates(
  client: ZooKeeperClient,
  creations: readonly PartitionStateCreation[],
  epochZkVersion: number,
): Promise<StateWriteResult[]> {
  const container = (path: string): Promise<unknown> =>
    // What is wrong with a parent shows again, and better, at its state.
    guarded(client, epochZkVersion, { type: 'create', path, data: null, mode: 'persistent' }).catch(unlessStopped);
  await settled([...new Set(creations.map(({ topic }) => paths.topicPartitions(topic)))].map(container));
  await settled(creations.map((creation) => container(paths.topicPartition(creation))));
  return settled(
    creations.map(async (creation): Promise<StateWriteResult> => {
      const path = paths.topicPartitionState(creation);
      const data = TopicPartitionStateZNode.encode(creation.state);
      try {
        await guarded(client, epochZkVersion, { type: 'create', path, data, mode: 'persistent' });
        return { type: 'ok', version: 0 };
      } catch (error) {
        return outcomeOf(client, error, 'NODE_EXISTS', { path, data, version: 0 });
      }
    }),
  );
}

/** Replaces states, each only if it still has its expected version. Throws `ControllerMovedError`. */
export function updatePartitionStates(
  client: ZooKeeperClient,
  updates: readonly PartitionStateUpdate[],
  epochZkVersion: number,
): Promise<StateWriteResult[]> {
  return settled(
    updates.map(async (update): Promise<StateWriteResult> => {
      const path = paths.topicPartitionState(update);
      const data = TopicPartitionStateZNode.encode(update.state);
      const version = update.expectedVersion;
      try {
        const stat = await guarded(client, epochZkVersion, { type: 'set', path, data, version });
        return { type: 'ok', version: stat?.version ?? version + 1 };
      } catch (error) {
        return outcomeOf(client, error, 'BAD_VERSION', { path, data, version: version + 1 });
      }
    }),
  );
}

interface IntendedWrite {
  readonly path: string;
  readonly data: Buffer;
  /** That the node has after the write. */
  readonly version: number;
}

async function outcomeOf(
  client: ZooKeeperClient,
  error: unknown,
  conflict: ZooKeeperErrorCode,
  intended: IntendedWrite,
): Promise<StateWriteResult> {
  unlessStopped(error);
  if (!isZooKeeperError(error, conflict)) return { type: 'error', error: error as ZooKeeperError };
  return (await isWritten(client, intended)) ? { type: 'ok', version: intended.version } : { type: 'conflict' };
}

/**
 * Whether the node holds just what we meant to write, at just the version that our write would have given it: then it
 * was written, and only the reply was lost. Controller epoch and version together tell it from anybody else's.
 */
async function isWritten(client: ZooKeeperClient, { path, data, version }: IntendedWrite): Promise<boolean> {
  const found = await readIfExists(client, path);
  return found?.stat.version === version && found.data !== null && found.data.equals(data);
}

/** Throws what ends the whole batch: another controller, the session's end, anything that is not ZooKeeper's. */
function unlessStopped(error: unknown): void {
  if (!(error instanceof ZooKeeperError) || error.code === 'SESSION_EXPIRED' || error.code === 'CONNECTION_LOSS') {
    throw error;
  }
}

/** As Promise.all, but fails only once nothing is under way any more. */
async function settled<Value>(promises: readonly Promise<Value>[]): Promise<Value[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
