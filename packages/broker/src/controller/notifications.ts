import { ERRORS } from '@odradek/protocol/errors';
import type { ActiveController } from './active';
import { onlineReplicas, onReplicasOffline } from './partitions';
import { onIsrChanged } from './reassignment';
import { RequestBatch } from './requests';
import { type PartitionId, partitionKey } from './state';
import { refreshStates } from './state-writes';

/**
 * Brokers have lost log folders: they are told anew of all their replicas, and answer KAFKA_STORAGE_ERROR for those
 * that are gone (KafkaController.processLogDirEventNotification).
 */
export async function onLogDirEvents(controller: ActiveController): Promise<void> {
  const { state, store } = controller;
  const names = await store.getLogDirEventNotifications();
  if (names.length === 0) return;
  const brokers = new Set(await store.getBrokerIdsFromLogDirEvents(names));
  const batch = new RequestBatch();
  const kept = [...state.allPartitions()].filter(({ topic }) => !state.isBeingDeleted(topic));
  onlineReplicas(controller, kept, batch, brokers);
  controller.send(batch);
  await store.deleteLogDirEventNotifications(state.epochVersion, names);
}

/** Which replicas a broker has and which lie in log folders that have failed: the latter can neither lead nor follow. */
export async function onLeaderAndIsrAnswer(
  controller: ActiveController,
  broker: number,
  answers: readonly { readonly id: PartitionId; readonly errorCode: number }[],
): Promise<void> {
  const { state, logger } = controller;
  const offline = state.offlineReplicas.get(broker) ?? new Set<string>();
  state.offlineReplicas.set(broker, offline);
  const lost: PartitionId[] = [];
  for (const { id, errorCode } of answers) {
    const key = partitionKey(id.topic, id.partition);
    if (errorCode === ERRORS.NONE.code) offline.delete(key);
    if (errorCode !== ERRORS.KAFKA_STORAGE_ERROR.code || offline.has(key)) continue;
    offline.add(key);
    lost.push(id);
  }
  if (lost.length === 0) return;
  logger.info(`Mark replicas ${lost.map((id) => partitionKey(id.topic, id.partition))} on broker ${broker} as offline`);
  const replicas = lost.flatMap((id) => {
    const assignment = state.assignmentOf(id);
    return assignment ? [{ ...id, assignment, broker }] : [];
  });
  await onReplicasOffline(controller, replicas);
}

/** Leaders before inter.broker.protocol.version 2.7 have written ISRs themselves: they are read, and everybody is told. */
export async function onIsrChanges(controller: ActiveController): Promise<void> {
  const { state, store } = controller;
  const names = await store.getIsrChangeNotifications();
  if (names.length === 0) return;
  const changed = await store.getPartitionsFromIsrChangeNotifications(names);
  const partitions = changed.filter((id) => state.assignmentOf(id) !== undefined);
  await refreshStates(controller, partitions);
  const batch = new RequestBatch();
  batch.addMetadata(state.brokers.keys(), partitions);
  controller.send(batch);
  await onIsrChanged(controller, partitions);
  await store.deleteIsrChangeNotifications(state.epochVersion, names);
}
