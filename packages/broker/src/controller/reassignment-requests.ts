import { ZNodeFormatError } from '../zookeeper/json';
import type { ReassignmentTarget } from '../zookeeper/reassignments';
import type { ActiveController } from './active';

/** What `/admin/reassign_partitions` asks for; nothing where nobody asks, or where it cannot be read. Sets the watch. */
export async function readReassignmentRequests(controller: ActiveController): Promise<readonly ReassignmentTarget[]> {
  const { reassignments } = controller.store;
  if (!(await reassignments.isRequested())) return [];
  try {
    const found = (await reassignments.requests()) ?? [];
    // The last one counts where a partition is named twice.
    return [...new Map(found.map((target) => [`${target.topic}-${target.partition}`, target])).values()];
  } catch (error) {
    if (!(error instanceof ZNodeFormatError)) throw error;
    controller.logger.warn(`Ignoring the reassignment of partitions that is asked for in ZooKeeper: ${error.message}`);
    return [];
  }
}

/**
 * Takes what is done, overridden or refused out of `/admin/reassign_partitions`, and deletes it once it is empty
 * (maybeRemoveFromZkReassignment): tools wait for that.
 */
export async function dropReassignmentRequests(
  controller: ActiveController,
  isDropped: (target: ReassignmentTarget) => boolean,
): Promise<void> {
  const { state, store, logger } = controller;
  if (!(await store.reassignments.isRequested())) return;
  const asked = await readReassignmentRequests(controller);
  const left = asked.filter((target) => !isDropped(target));
  if (left.length === 0) {
    logger.info('No more partitions need to be reassigned. Deleting zk path /admin/reassign_partitions');
    await store.reassignments.deleteRequests(state.epochVersion);
    // Whoever asks next must be heard.
    controller.watchReassignmentRequests();
  } else if (left.length < asked.length) {
    await store.reassignments.setRequests(left, state.epochVersion);
  }
}
