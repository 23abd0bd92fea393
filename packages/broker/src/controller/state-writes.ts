import type { ActiveController } from './active';
import type { LeaderAndIsr } from './leader-choice';
import { type PartitionId, type PartitionState, partitionKey } from './state';

/**
 * Writes the next state of each of these partitions: `nextOf` what is known of it, or nothing where that is null. A state
 * that somebody else has changed meanwhile is read again and decided anew. Returns those that were written; why others
 * could not be is logged. States written by a controller after this one are left alone.
 */
export async function rewriteStates<Item extends PartitionId>(
  controller: ActiveController,
  items: readonly Item[],
  nextOf: (item: Item, current: PartitionState) => LeaderAndIsr | null,
): Promise<Item[]> {
  const { state, store, logger } = controller;
  const written: Item[] = [];
  let left = items;
  while (left.length > 0) {
    const writes = left.flatMap((item) => {
      const current = state.stateOf(item);
      const next = current ? nextOf(item, current) : null;
      if (!current || next === null || isForeign(controller, item, current)) return [];
      return [{ item, next, expectedVersion: current.partitionEpoch }];
    });
    const updates = writes.map(({ item: { topic, partition }, next, expectedVersion }) => ({
      topic,
      partition,
      state: { ...next, controllerEpoch: state.controllerEpoch },
      expectedVersion,
    }));
    const results = await store.updatePartitionStates(updates, state.epochVersion);
    const again: Item[] = [];
    for (const [index, { item }] of writes.entries()) {
      const result = results[index]!;
      if (result.type === 'ok') {
        state.setState(item, { ...updates[index]!.state, partitionEpoch: result.version });
        written.push(item);
      } else if (result.type === 'conflict') {
        again.push(item);
      } else {
        const name = partitionKey(item.topic, item.partition);
        logger.error(`The state of partition ${name} could not be written: ${result.error.message}`);
      }
    }
    const read = await refreshStates(controller, again);
    left = again.filter(({ topic, partition }) => read.has(partitionKey(topic, partition)));
  }
  return written;
}

/** Whether another controller, elected after this one, has written the state: it is no longer this one's to change. */
export function isForeign(
  { state, logger }: ActiveController,
  { topic, partition }: PartitionId,
  { controllerEpoch }: PartitionState,
): boolean {
  if (controllerEpoch <= state.controllerEpoch) return false;
  logger.error(
    `Partition ${partitionKey(topic, partition)} was written by another controller with epoch ${controllerEpoch}; this one's is ${state.controllerEpoch}`,
  );
  return true;
}

/** Reads the state znodes of these partitions again; returns, as `topic-N`, those that have one that can be read. */
export async function refreshStates(
  controller: ActiveController,
  partitions: readonly PartitionId[],
): Promise<ReadonlySet<string>> {
  if (partitions.length === 0) return new Set();
  const read = await controller.store.getPartitionStates(partitions);
  for (const id of partitions) {
    const found = read.get(partitionKey(id.topic, id.partition));
    if (found) controller.state.setState(id, found);
  }
  return new Set(read.keys());
}
