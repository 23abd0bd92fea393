import type { ActiveController } from './active';
import { RequestBatch } from './requests';
import type { ControllerState, PartitionId } from './state';

const replicaKey = ({ topic, partition }: PartitionId, broker: number): string => `${topic}-${partition}@${broker}`;

/** `/admin/delete_topics` has changed. */
export async function onTopicDeletions(controller: ActiveController): Promise<void> {
  await readDeletions(controller);
  await resumeDeletions(controller);
}

/** Reads `/admin/delete_topics`: queues what exists, drops what does not (or must not be deleted at all). */
export async function readDeletions(controller: ActiveController): Promise<void> {
  const { state, store, logger } = controller;
  const asked = await store.getTopicDeletions();
  const unknown = asked.filter((topic) => !state.topics.has(topic));
  const refused = controller.deleteTopicEnabled ? unknown : asked;
  if (refused.length > 0) {
    if (unknown.length > 0) logger.warn(`Ignoring request to delete non-existing topics ${unknown}`);
    await store.deleteTopicDeletions(refused, state.epochVersion);
  }
  if (!controller.deleteTopicEnabled) return;
  for (const topic of asked) {
    if (state.topics.has(topic) && !state.deletions.has(topic)) state.deletions.set(topic, new Map());
  }
}

/**
 * Goes on with every queued deletion as far as it can go: replicas that live are deleted, those on brokers that are down
 * when these are back. Until then the topic stays in ZooKeeper, and no client sees it (TopicDeletionManager).
 */
export async function resumeDeletions(controller: ActiveController): Promise<void> {
  for (const topic of [...controller.state.deletions.keys()]) await advance(controller, topic);
}

async function advance(controller: ActiveController, topic: string): Promise<void> {
  const { state } = controller;
  const progress = state.deletions.get(topic);
  if (!progress) return;
  if (isDeleted(state, topic)) {
    await completeDeletion(controller, topic);
    return;
  }
  const batch = new RequestBatch();
  batch.addMetadata(state.brokers.keys(), state.partitionsOf(topic));
  const away = new Set<number>();
  for (const { id, broker } of replicasOf(state, topic)) {
    const before = progress.get(replicaKey(id, broker));
    if (before === 'started' || before === 'successful') continue;
    if (!state.isReplicaLive(broker, id.topic, id.partition)) {
      away.add(broker);
      continue;
    }
    progress.set(replicaKey(id, broker), 'started');
    batch.addStopReplica(broker, id, true);
  }
  if (away.size > 0) {
    controller.logger.info(
      `Deletion of topic ${topic} waits for its replicas on brokers [${[...away]}], which are down`,
    );
  }
  controller.send(batch);
}

/** What a broker said of the replicas that it was to delete. */
export async function onDeletionAnswer(
  controller: ActiveController,
  answers: readonly { readonly id: PartitionId; readonly broker: number; readonly deleted: boolean }[],
): Promise<void> {
  const touched = new Set<string>();
  for (const { id, broker, deleted } of answers) {
    const progress = controller.state.deletions.get(id.topic);
    if (!progress) continue;
    progress.set(replicaKey(id, broker), deleted ? 'successful' : 'ineligible');
    if (deleted) touched.add(id.topic);
    else
      controller.logger.warn(`Replica ${broker} of ${id.topic}-${id.partition} could not be deleted; the topic stays`);
  }
  for (const topic of touched) {
    if (isDeleted(controller.state, topic)) await completeDeletion(controller, topic);
  }
}

/** Brokers are gone: what they were to delete and have not answered for, they must be told again. */
export function forgetUnanswered({ state }: ActiveController, gone: ReadonlySet<number>): void {
  for (const [topic, progress] of state.deletions) {
    for (const { id, broker } of replicasOf(state, topic)) {
      const key = replicaKey(id, broker);
      if (gone.has(broker) && progress.get(key) === 'started') progress.delete(key);
    }
  }
}

function replicasOf(state: ControllerState, topic: string): { id: PartitionId; broker: number }[] {
  return [...state.partitionsOf(topic)].flatMap((id) => id.assignment.replicas.map((broker) => ({ id, broker })));
}

function isDeleted(state: ControllerState, topic: string): boolean {
  const progress = state.deletions.get(topic);
  if (!progress) return false;
  return replicasOf(state, topic).every(({ id, broker }) => progress.get(replicaKey(id, broker)) === 'successful');
}

async function completeDeletion(controller: ActiveController, topic: string): Promise<void> {
  const { state, store, logger } = controller;
  // Its own removal must not look like a change of its partitions.
  controller.unwatchTopic(topic);
  await store.deleteTopicZNodes(topic, state.epochVersion);
  state.forgetTopic(topic);
  logger.info(`Deletion of topic ${topic} successfully completed`);
}
