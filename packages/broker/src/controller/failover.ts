import type { ActiveController } from './active';
import { readInitialBrokers } from './brokers';
import { readDeletions } from './deletion';
import { dropReplicas, electLeaders, onlineReplicas } from './partitions';
import { presumeDead, type Suspect } from './presumed-dead';
import { RequestBatch } from './requests';
import { readInitialTopics } from './topics';

/**
 * A new controller reads the whole cluster, tells the brokers of it, and gives leaders to the partitions that have none,
 * whatever its predecessor has left half done (KafkaController.onControllerFailover). `dead` is that predecessor, where
 * its registration is all that is left of it.
 */
export async function takeOver(controller: ActiveController, dead?: Suspect): Promise<void> {
  const { state, store } = controller;
  // What they tell of is read below.
  await store.deleteLogDirEventNotifications(state.epochVersion);
  await store.deleteIsrChangeNotifications(state.epochVersion);
  await readInitialBrokers(controller);
  if (dead) presumeDead(controller, dead);
  await readInitialTopics(controller);
  // Before anything is announced: a topic that is to be deleted does not come back for a moment.
  await readDeletions(controller);
  // Who follows must know before that its leader lives.
  const brokers = new RequestBatch();
  brokers.addMetadata(state.brokers.keys(), []);
  controller.send(brokers);
  const partitions = [...state.allPartitions()].filter(({ topic }) => !state.isBeingDeleted(topic));
  const replicas = new RequestBatch();
  replicas.addMetadata(state.brokers.keys(), partitions);
  onlineReplicas(controller, partitions, replicas);
  controller.send(replicas);
  await electLeaders(
    controller,
    partitions.filter((id) => state.needsLeader(id)),
  );
  const lost = partitions.flatMap((id) =>
    id.assignment.replicas
      .filter((broker) => !state.isReplicaLive(broker, id.topic, id.partition))
      .map((broker) => ({ ...id, broker })),
  );
  await dropReplicas(controller, lost);
}
