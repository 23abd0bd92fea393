import { allocateProducerIds } from './allocate-producer-ids';
import { alterConfigs } from './alter-configs';
import { apiVersions } from './api-versions';
import { createPartitions } from './create-partitions';
import { createTopics } from './create-topics';
import { deleteRecords } from './delete-records';
import { deleteTopics } from './delete-topics';
import { describeCluster } from './describe-cluster';
import { describeConfigs } from './describe-configs';
import { describeLogDirs } from './describe-log-dirs';
import { describeProducers } from './describe-producers';
import { fetch } from './fetch';
import type { Handler } from './handler';
import { incrementalAlterConfigs } from './incremental-alter-configs';
import { initProducerId } from './init-producer-id';
import { leaderAndIsr } from './leader-and-isr';
import { listOffsets } from './list-offsets';
import { metadata } from './metadata';
import { offsetForLeaderEpoch } from './offset-for-leader-epoch';
import { produce } from './produce';
import type { Services } from './services';
import { stopReplica } from './stop-replica';
import { updateMetadata } from './update-metadata';

/** THE LIST: every API that this broker serves, in API-key order. What is not here is not advertised. */
export function handlers(services: Services): readonly Handler[] {
  const list = [
    produce(services),
    fetch(services),
    listOffsets(services),
    metadata(services),
    leaderAndIsr(services),
    stopReplica(services),
    updateMetadata(services),
    apiVersions(() => list, services.finalizedFeaturesEpoch),
    createTopics(services),
    deleteTopics(services),
    deleteRecords(services),
    initProducerId(services),
    offsetForLeaderEpoch(services),
    describeConfigs(services),
    alterConfigs(services),
    describeLogDirs(services),
    createPartitions(services),
    incrementalAlterConfigs(services),
    describeCluster(services),
    describeProducers(services),
    allocateProducerIds(services),
  ] as unknown as readonly Handler[];
  return list;
}
