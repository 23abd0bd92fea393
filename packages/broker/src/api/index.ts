import { addOffsetsToTxn } from './add-offsets-to-txn';
import { addPartitionsToTxn } from './add-partitions-to-txn';
import { allocateProducerIds } from './allocate-producer-ids';
import { alterClientQuotas } from './alter-client-quotas';
import { alterConfigs } from './alter-configs';
import { alterPartition } from './alter-partition';
import { alterPartitionReassignments } from './alter-partition-reassignments';
import { alterReplicaLogDirs } from './alter-replica-log-dirs';
import { alterUserScramCredentials } from './alter-user-scram-credentials';
import { apiVersions } from './api-versions';
import { consumerGroupDescribe } from './consumer-group-describe';
import { consumerGroupHeartbeat } from './consumer-group-heartbeat';
import { controlledShutdown } from './controlled-shutdown';
import { createAcls } from './create-acls';
import { createDelegationToken } from './create-delegation-token';
import { createPartitions } from './create-partitions';
import { createTopics } from './create-topics';
import { deleteAcls } from './delete-acls';
import { deleteGroups } from './delete-groups';
import { deleteRecords } from './delete-records';
import { deleteTopics } from './delete-topics';
import { describeAcls } from './describe-acls';
import { describeClientQuotas } from './describe-client-quotas';
import { describeCluster } from './describe-cluster';
import { describeConfigs } from './describe-configs';
import { describeDelegationToken } from './describe-delegation-token';
import { describeGroups } from './describe-groups';
import { describeLogDirs } from './describe-log-dirs';
import { describeProducers } from './describe-producers';
import { describeTransactions } from './describe-transactions';
import { describeUserScramCredentials } from './describe-user-scram-credentials';
import { electLeaders } from './elect-leaders';
import { endTxn } from './end-txn';
import { envelope } from './envelope';
import { expireDelegationToken } from './expire-delegation-token';
import { fetch } from './fetch';
import { findCoordinator } from './find-coordinator';
import type { Handler } from './handler';
import { heartbeat } from './heartbeat';
import { incrementalAlterConfigs } from './incremental-alter-configs';
import { initProducerId } from './init-producer-id';
import { joinGroup } from './join-group';
import { leaderAndIsr } from './leader-and-isr';
import { leaveGroup } from './leave-group';
import { listGroups } from './list-groups';
import { listOffsets } from './list-offsets';
import { listPartitionReassignments } from './list-partition-reassignments';
import { listTransactions } from './list-transactions';
import { metadata } from './metadata';
import { offsetCommit } from './offset-commit';
import { offsetDelete } from './offset-delete';
import { offsetFetch } from './offset-fetch';
import { offsetForLeaderEpoch } from './offset-for-leader-epoch';
import { produce } from './produce';
import { renewDelegationToken } from './renew-delegation-token';
import { saslAuthenticate } from './sasl-authenticate';
import { saslHandshake } from './sasl-handshake';
import type { Services } from './services';
import { stopReplica } from './stop-replica';
import { syncGroup } from './sync-group';
import { throttled } from './throttle';
import { txnOffsetCommit } from './txn-offset-commit';
import { updateFeatures } from './update-features';
import { updateMetadata } from './update-metadata';
import { writeTxnMarkers } from './write-txn-markers';

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
    controlledShutdown(services),
    offsetCommit(services),
    offsetFetch(services),
    findCoordinator(services),
    joinGroup(services),
    heartbeat(services),
    leaveGroup(services),
    syncGroup(services),
    describeGroups(services),
    listGroups(services),
    saslHandshake(),
    apiVersions(() => list, services.finalizedFeaturesEpoch),
    createTopics(services),
    deleteTopics(services),
    deleteRecords(services),
    initProducerId(services),
    offsetForLeaderEpoch(services),
    addPartitionsToTxn(services),
    addOffsetsToTxn(services),
    endTxn(services),
    writeTxnMarkers(services),
    txnOffsetCommit(services),
    describeAcls(),
    createAcls(),
    deleteAcls(),
    describeConfigs(services),
    alterConfigs(services),
    alterReplicaLogDirs(services),
    describeLogDirs(services),
    saslAuthenticate(),
    createPartitions(services),
    createDelegationToken(),
    renewDelegationToken(),
    expireDelegationToken(),
    describeDelegationToken(),
    deleteGroups(services),
    electLeaders(services),
    incrementalAlterConfigs(services),
    alterPartitionReassignments(services),
    listPartitionReassignments(services),
    offsetDelete(services),
    describeClientQuotas(services),
    alterClientQuotas(services),
    describeUserScramCredentials(services),
    alterUserScramCredentials(services),
    alterPartition(services),
    updateFeatures(services),
    envelope(),
    describeCluster(services),
    describeProducers(services),
    describeTransactions(services),
    listTransactions(services),
    allocateProducerIds(services),
    consumerGroupHeartbeat(),
    consumerGroupDescribe(),
  ] as unknown as readonly Handler[];
  return list.map((handler) => throttled(handler, services));
}
