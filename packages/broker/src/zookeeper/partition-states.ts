import { ZooKeeperError, type ZooKeeperErrorCode, type ZooKeeperOperation } from '../env/zookeeper';
import { guarded, guardedTogether, isZooKeeperError, readIfExists } from './operations';
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

/**
 * So many partitions are written in one step, which costs ZooKeeper hardly more than one of them. Where it cannot be
 * done they are written one by one, each with an outcome of its own.
 */
const PARTITIONS_TOGETHER = 100;

/** Creates first states, and the nodes above them. Throws `ControllerMovedError`. */
export async function createPartitionStates(
  client: ZooKeeperClient,
  creations: readonly PartitionStateCreation[],
  epochZkVersion: number,
): Promise<StateWriteResult[]> {
  const containers = [...new Set(creations.map(({ topic }) => paths.topicPartitions(topic)))].map(container);
  await inChunks<ZooKeeperOperation, unknown>(
    containers,
    (chunk) => guardedTogether(client, epochZkVersion, chunk),
    // What is wrong with a parent shows again, and better, at its state.
    (operation) => guarded(client, epochZkVersion, operation).catch(unlessStopped),
  );
  const stateOf = (creation: PartitionStateCreation) => ({
    type: 'create' as const,
    path: paths.topicPartitionState(creation),
    data: TopicPartitionStateZNode.encode(creation.state),
    mode: 'persistent' as const,
  });
  return inChunks<PartitionStateCreation, StateWriteResult>(
    creations,
    async (chunk) => {
      const nodes = chunk.flatMap((creation) => [container(paths.topicPartition(creation)), stateOf(creation)]);
      return (await guardedTogether(client, epochZkVersion, nodes)) && chunk.map(() => ({ type: 'ok', version: 0 }));
    },
    async (creation) => {
      await guarded(client, epochZkVersion, container(paths.topicPartition(creation))).catch(unlessStopped);
      const operation = stateOf(creation);
      try {
        await guarded(client, epochZkVersion, operation);
        return { type: 'ok', version: 0 };
      } catch (error) {
        return outcomeOf(client, error, 'NODE_EXISTS', { ...operation, version: 0 });
      }
    },
  );
}

/** Replaces states, each only if it still has its expected version. Throws `ControllerMovedError`. */
export function updatePartitionStates(
  client: ZooKeeperClient,
  updates: readonly PartitionStateUpdate[],
  epochZkVersion: number,
): Promise<StateWriteResult[]> {
  const stateOf = (update: PartitionStateUpdate) => ({
    type: 'set' as const,
    path: paths.topicPartitionState(update),
    data: TopicPartitionStateZNode.encode(update.state),
    version: update.expectedVersion,
  });
  return inChunks<PartitionStateUpdate, StateWriteResult>(
    updates,
    async (chunk) =>
      (await guardedTogether(client, epochZkVersion, chunk.map(stateOf))) &&
      chunk.map(({ expectedVersion }) => ({ type: 'ok', version: expectedVersion + 1 })),
    async (update) => {
      const operation = stateOf(update);
      const version = update.expectedVersion + 1;
      try {
        await guarded(client, epochZkVersion, operation);
        return { type: 'ok', version };
      } catch (error) {
        return outcomeOf(client, error, 'BAD_VERSION', { ...operation, version });
      }
    },
  );
}

const container = (path: string): ZooKeeperOperation => ({ type: 'create', path, data: null, mode: 'persistent' });

/** Does all of a chunk together, or, where that says null, one by one; the chunks side by side. Results in order. */
async function inChunks<Item, Result>(
  items: readonly Item[],
  together: (chunk: readonly Item[]) => Promise<readonly Result[] | null>,
  alone: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const chunks = Array.from({ length: Math.ceil(items.length / PARTITIONS_TOGETHER) }, (_, index) =>
    items.slice(index * PARTITIONS_TOGETHER, (index + 1) * PARTITIONS_TOGETHER),
  );
  const results = await settled(
    chunks.map(async (chunk) => (chunk.length > 1 && (await together(chunk))) || settled(chunk.map(alone))),
  );
  return results.flat();
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
