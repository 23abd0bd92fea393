import { ZERO_UUID } from '@odradek/protocol/wire/uuid';
import type { ActiveController } from './active';
import { onTopicDeletions } from './deletion';
import { electLeaders, onlineReplicas } from './partitions';
import { RequestBatch } from './requests';
import type { PartitionId } from './state';
import { refreshStates } from './state-writes';

/** Reads these topics' znodes into the state, giving an id to each topic that has none (IBP 2.8 and later). */
async function readTopics(controller: ActiveController, topics: readonly string[]): Promise<void> {
  const { state, store } = controller;
  for (const topic of topics) controller.watchTopic(topic);
  for (const [name, node] of await store.getTopicAssignments(topics)) {
    let topicId = node.topicId ?? ZERO_UUID;
    if (topicId === ZERO_UUID) {
      topicId = controller.randomTopicId();
      await store.setTopicAssignment(name, { topicId, partitions: node.partitions }, state.epochVersion);
    }
    state.topics.set(name, { name, topicId, partitions: new Map(node.partitions) });
  }
}

/** Fills the topics and partition states of a new controller. */
export async function readInitialTopics(controller: ActiveController): Promise<void> {
  const topics = await controller.store.getTopics();
  await readTopics(controller, topics);
  await refreshStates(controller, [...controller.state.allPartitions()]);
}

/** `/brokers/topics` has changed: topics to bring up, topics that somebody removed by hand. */
export async function onTopicsChanged(controller: ActiveController): Promise<void> {
  const { state, logger } = controller;
  const topics = await controller.store.getTopics();
  const now = new Set(topics);
  const removed = [...state.topics.keys()].filter((topic) => !now.has(topic));
  for (const topic of removed) {
    controller.unwatchTopic(topic);
    state.forgetTopic(topic);
  }
  const added = topics.filter((topic) => !state.topics.has(topic));
  await readTopics(controller, added);
  logger.info(`New topics: [${added}], deleted topics: [${removed}]`);
  await bringUp(
    controller,
    added.flatMap((topic) => [...state.partitionsOf(topic)]),
  );
  // A deletion may have been asked for before the topic was seen.
  if (added.length > 0) await onTopicDeletions(controller);
}

async function bringUp(
  controller: ActiveController,
  partitions: readonly (PartitionId & { assignment: { replicas: readonly number[] } })[],
) {
  if (partitions.length === 0) return;
  // A partition may have a state already: its topic was created by a controller that did not live to tell.
  await refreshStates(controller, partitions);
  const replicas = new RequestBatch();
  onlineReplicas(controller, partitions, replicas);
  controller.send(replicas);
  await electLeaders(
    controller,
    partitions.filter((id) => controller.state.needsLeader(id)),
  );
}

/** A topic's znode has changed: partitions were added. Everything else in it is the controller's own writing. */
export async function onPartitionsAdded(controller: ActiveController, topic: string): Promise<void> {
  const { state, store, logger } = controller;
  const known = state.topics.get(topic);
  if (!known) return;
  const node = (await store.getTopicAssignments([topic])).get(topic);
  if (!node) return;
  // Tools of 2.7 and before drop the id that they do not know (KAFKA-14190).
  if ((node.topicId ?? ZERO_UUID) === ZERO_UUID) {
    await store.setTopicAssignment(topic, { topicId: known.topicId, partitions: node.partitions }, state.epochVersion);
  }
  const added = [...node.partitions].filter(([partition]) => !known.partitions.has(partition));
  if (added.length === 0) return;
  if (state.isBeingDeleted(topic)) {
    logger.error(
      `Skipping adding partitions ${added.map(([partition]) => partition)} for topic ${topic} since it is currently being deleted`,
    );
    await store.setTopicAssignment(topic, { topicId: known.topicId, partitions: known.partitions }, state.epochVersion);
    return;
  }
  logger.info(`New partitions to be added ${added.map(([partition]) => `${topic}-${partition}`)}`);
  for (const [partition, assignment] of added) known.partitions.set(partition, assignment);
  await bringUp(
    controller,
    added.map(([partition, assignment]) => ({ topic, partition, assignment })),
  );
}
