import type { ControllerState } from './state';

/** What a controller tells of the cluster in numbers. */
export function controllerFacts(state: ControllerState) {
  let [partitions, offlinePartitions, imbalancedPartitions] = [0, 0, 0];
  for (const id of state.allPartitions()) {
    partitions++;
    // What is about to go is nobody's trouble.
    if (state.isBeingDeleted(id.topic)) continue;
    if (state.needsLeader(id)) offlinePartitions++;
    if (state.stateOf(id)?.leader !== id.assignment.replicas[0]) imbalancedPartitions++;
  }
  const replicasOf = (topic: string): number =>
    [...state.partitionsOf(topic)].reduce((count, { assignment }) => count + assignment.replicas.length, 0);
  return {
    brokers: state.brokers.size,
    topics: state.topics.size,
    partitions,
    offlinePartitions,
    imbalancedPartitions,
    topicsToDelete: state.deletions.size,
    replicasToDelete: [...state.deletions.keys()].reduce((count, topic) => count + replicasOf(topic), 0),
  };
}
