import type { ActiveController } from './active';
import { RequestBatch } from './requests';
import type { PartitionId } from './state';

const replicaKey = ({ topic, partition }: PartitionId, broker: number): string => `${topic}-${partition}@${broker}`;

/** `/admin/delete_topics` has changed: queue what exists, drop what does not (or must not be deleted at all). */
export async function onTopicDeletions(controller: ActiveController): Promise<void> {
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
  await resumeDeletions(controller);
}

/**
 * Goes on with every queued deletion that can go on: all replicas of the topic must live, since a dead one would bring
 * the topic back with it.
 */
export async function resumeDeletions(controller: ActiveController): Promise<void> {
  for (const topic of [...controller.state.deletions.keys()]) await advance(controller, topic);
}

async function advance(controller: ActiveController, topic: string): Promise<void> {
  const { state } = controller;
  const progress = state.deletions.get(topic);
  if (!progress) return;
  const partitions = [...state.partitionsOf(topic)];
  const replicas = partitions.flatMap((id) => id.assignment.replicas.map((broker) => ({ id, broker })));
  if (replicas.every(({ id, broker }) => progress.get(replicaKey(id, broker)) === 'successful')) {
    await completeDeletion(controller, topic);
    return;
  }
  if (replicas.some(({ id, broker }) => !state.isReplicaLive(broker, id.topic, id.partition))) {
    controller.logger.info(`Deletion of topic ${topic} waits for its replicas on brokers that are down`);
    return;
  }
  const batch = new RequestBatch();
  batch.addMetadata(state.brokers.keys(), partitions);
  for (const { id, broker } of replicas) {
    const before = progress.get(replicaKey(id, broker));
    if (before === 'started' || before === 'successful') continue;
    progress.set(replicaKey(id, broker), 'started');
    batch.addStopReplica(broker, id, true);
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
    const progress = controller.state.deletions.get(topic);
    if (progress && [...progress.values()].every((replica) => replica === 'successful')) {
      await completeDeletion(controller, topic);
    }
  }
}

async function completeDeletion(controller: ActiveController, topic: string): Promise<void> {
  const { state, store, logger } = controller;
  // Its own removal must not look like a change of its partitions.
  controller.unwatchTopic(topic);
  await store.deleteTopicZNodes(topic, state.epochVersion);
  state.forgetTopic(topic);
  logger.info(`Deletion of topic ${topic} successfully completed`);
}
