import { AddOffsetsToTxn } from './add-offsets-to-txn';
import { AddPartitionsToTxn } from './add-partitions-to-txn';
import { AllocateProducerIds } from './allocate-producer-ids';
import { AlterClientQuotas } from './alter-client-quotas';
import { AlterConfigs } from './alter-configs';
import { AlterPartition } from './alter-partition';
import { AlterPartitionReassignments } from './alter-partition-reassignments';
import { AlterReplicaLogDirs } from './alter-replica-log-dirs';
import { AlterUserScramCredentials } from './alter-user-scram-credentials';
import { ApiVersions } from './api-versions';
import { ConsumerGroupDescribe } from './consumer-group-describe';
import { ConsumerGroupHeartbeat } from './consumer-group-heartbeat';
import { ControlledShutdown } from './controlled-shutdown';
import { CreateAcls } from './create-acls';
import { CreateDelegationToken } from './create-delegation-token';
import { CreatePartitions } from './create-partitions';
import { CreateTopics } from './create-topics';
import { DeleteAcls } from './delete-acls';
import { DeleteGroups } from './delete-groups';
import { DeleteRecords } from './delete-records';
import { DeleteTopics } from './delete-topics';
import { DescribeAcls } from './describe-acls';
import { DescribeClientQuotas } from './describe-client-quotas';
import { DescribeCluster } from './describe-cluster';
import { DescribeConfigs } from './describe-configs';
import { DescribeDelegationToken } from './describe-delegation-token';
import { DescribeGroups } from './describe-groups';
import { DescribeLogDirs } from './describe-log-dirs';
import { DescribeProducers } from './describe-producers';
import { DescribeTransactions } from './describe-transactions';
import { DescribeUserScramCredentials } from './describe-user-scram-credentials';
import { ElectLeaders } from './elect-leaders';
import { EndTxn } from './end-txn';
import { Envelope } from './envelope';
import { ExpireDelegationToken } from './expire-delegation-token';
import { Fetch } from './fetch';
import { FindCoordinator } from './find-coordinator';
import { Heartbeat } from './heartbeat';
import { IncrementalAlterConfigs } from './incremental-alter-configs';
import { InitProducerId } from './init-producer-id';
import { JoinGroup } from './join-group';
import { LeaderAndIsr } from './leader-and-isr';
import { LeaveGroup } from './leave-group';
import { ListGroups } from './list-groups';
import { ListOffsets } from './list-offsets';
import { ListPartitionReassignments } from './list-partition-reassignments';
import { ListTransactions } from './list-transactions';
import { Metadata } from './metadata';
import { OffsetCommit } from './offset-commit';
import { OffsetDelete } from './offset-delete';
import { OffsetFetch } from './offset-fetch';
import { OffsetForLeaderEpoch } from './offset-for-leader-epoch';
import { Produce } from './produce';
import { RenewDelegationToken } from './renew-delegation-token';
import { SaslAuthenticate } from './sasl-authenticate';
import { SaslHandshake } from './sasl-handshake';
import { StopReplica } from './stop-replica';
import { SyncGroup } from './sync-group';
import { TxnOffsetCommit } from './txn-offset-commit';
import { UpdateFeatures } from './update-features';
import { UpdateMetadata } from './update-metadata';
import { WriteTxnMarkers } from './write-txn-markers';

/** THE LIST: every API that a ZooKeeper-mode 3.9 broker knows, in API-key order. All else derives from it. */
export const APIS = [
  Produce,
  Fetch,
  ListOffsets,
  Metadata,
  LeaderAndIsr,
  StopReplica,
  UpdateMetadata,
  ControlledShutdown,
  OffsetCommit,
  OffsetFetch,
  FindCoordinator,
  JoinGroup,
  Heartbeat,
  LeaveGroup,
  SyncGroup,
  DescribeGroups,
  ListGroups,
  SaslHandshake,
  ApiVersions,
  CreateTopics,
  DeleteTopics,
  DeleteRecords,
  InitProducerId,
  OffsetForLeaderEpoch,
  AddPartitionsToTxn,
  AddOffsetsToTxn,
  EndTxn,
  WriteTxnMarkers,
  TxnOffsetCommit,
  DescribeAcls,
  CreateAcls,
  DeleteAcls,
  DescribeConfigs,
  AlterConfigs,
  AlterReplicaLogDirs,
  DescribeLogDirs,
  SaslAuthenticate,
  CreatePartitions,
  CreateDelegationToken,
  RenewDelegationToken,
  ExpireDelegationToken,
  DescribeDelegationToken,
  DeleteGroups,
  ElectLeaders,
  IncrementalAlterConfigs,
  AlterPartitionReassignments,
  ListPartitionReassignments,
  OffsetDelete,
  DescribeClientQuotas,
  AlterClientQuotas,
  DescribeUserScramCredentials,
  AlterUserScramCredentials,
  AlterPartition,
  UpdateFeatures,
  Envelope,
  DescribeCluster,
  DescribeProducers,
  DescribeTransactions,
  ListTransactions,
  AllocateProducerIds,
  ConsumerGroupHeartbeat,
  ConsumerGroupDescribe,
] as const;
