import type { ActiveController } from './active';
import { withoutReplica } from './leader-choice';
import { isTopicBeingReassigned } from './reassignment-plan';
import { RequestBatch } from './requests';
import type { ControllerState, PartitionId } from './state';
import { rewriteStates } from './state-writes';

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
  const { state } = controller;
  await completeDeletions(controller, state.deletions.keys());
  const stops = new RequestBatch();
  const deletions = new RequestBatch();
  const staying: DoomedReplica[] = [];
  for (const topic of state.deletions.keys()) {
    if (isTopicBeingReassigned(state, topic)) {
      controller.logger.info(`Halted deletion of topics ${topic} due to topic reassignment in progress`);
      continue;
    }
    const { waiting, away } = begin(controller, topic);
    if (waiting.length > 0) stops.addMetadata(state.brokers.keys(), state.partitionsOf(topic));
    for (const { id, broker } of waiting) {
      // First all stop fetching: from a leader that has deleted its replica there would be nothing but errors.
      stops.addStopReplica(broker, id, false);
      deletions.addStopReplica(broker, id, true);
    }
    if (away.size === 0) continue;
    controller.logger.info(`Deletion of topic ${topic} waits for its replicas on brokers [${[...away]}]`);
    staying.push(...waiting);
  }
  controller.send(stops);
  await leaveInSyncSets(controller, staying);
  controller.send(deletions);
}

interface DoomedReplica {
  readonly id: PartitionId;
  readonly broker: number;
}

/** The replicas that are to be deleted now, marked so; and the brokers of those that cannot be reached. */
function begin({ state }: ActiveController, topic: string): { waiting: DoomedReplica[]; away: Set<number> } {
  const progress = state.deletions.get(topic)!;
  const away = new Set<number>();
  const waiting = replicasOf(state, topic).filter(({ id, broker }) => {
    const before = progress.get(replicaKey(id, broker));
    if (before === 'started' || before === 'successful') return false;
    if (state.isReplicaLive(broker, id.topic, id.partition)) return true;
    away.add(broker);
    return false;
  });
  for (const { id, broker } of waiting) progress.set(replicaKey(id, broker), 'started');
  return { waiting, away };
}

/** As long as a topic is there, ZooKeeper shows that nobody leads it. */
async function leaveInSyncSets(controller: ActiveController, replicas: readonly DoomedReplica[]): Promise<void> {
  const { state } = controller;
  const led = replicas.filter(({ id }) => (state.stateOf(id)?.leader ?? -1) >= 0);
  for (const leaving of [...new Set(led.map(({ broker }) => broker))].sort((a, b) => a - b)) {
    await rewriteStates(
      controller,
      led.filter(({ broker }) => broker === leaving).map(({ id }) => id),
      (_id, current) => (current.isr.includes(leaving) ? withoutReplica(current, leaving) : null),
    );
  }
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
  await completeDeletions(controller, touched);
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

function replicasOf(state: ControllerState, topic: string): DoomedReplica[] {
  return [...state.partitionsOf(topic)].flatMap((id) => id.assignment.replicas.map((broker) => ({ id, broker })));
}

function isDeleted(state: ControllerState, topic: string): boolean {
  const progress = state.deletions.get(topic);
  if (!progress) return false;
  return replicasOf(state, topic).every(({ id, broker }) => progress.get(replicaKey(id, broker)) === 'successful');
}

/** Of these topics, those whose replicas are all deleted are gone. */
async function completeDeletions(controller: ActiveController, topics: Iterable<string>): Promise<void> {
  const deleted = [...topics].filter((topic) => isDeleted(controller.state, topic));
  const outcomes = await Promise.allSettled(deleted.map((topic) => completeDeletion(controller, topic)));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

async function completeDeletion(controller: ActiveController, topic: string): Promise<void> {
  const { state, store, logger } = controller;
  // Its own removal must not look like a change of its partitions.
  controller.unwatchTopic(topic);
  await store.deleteTopicZNodes(topic, state.epochVersion);
  state.forgetTopic(topic);
  logger.info(`Deletion of topic ${topic} successfully completed`);
}
