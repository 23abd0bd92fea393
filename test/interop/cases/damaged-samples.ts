import { AddOffsetsToTxn } from '@odradek/protocol/messages/add-offsets-to-txn';
import { AddPartitionsToTxn } from '@odradek/protocol/messages/add-partitions-to-txn';
import { AllocateProducerIds } from '@odradek/protocol/messages/allocate-producer-ids';
import { AlterPartitionReassignments } from '@odradek/protocol/messages/alter-partition-reassignments';
import { AlterReplicaLogDirs } from '@odradek/protocol/messages/alter-replica-log-dirs';
import { ApiVersions } from '@odradek/protocol/messages/api-versions';
import { CreatePartitions } from '@odradek/protocol/messages/create-partitions';
import { DeleteGroups } from '@odradek/protocol/messages/delete-groups';
import { DeleteRecords } from '@odradek/protocol/messages/delete-records';
import { DeleteTopics } from '@odradek/protocol/messages/delete-topics';
import { DescribeClientQuotas } from '@odradek/protocol/messages/describe-client-quotas';
import { DescribeCluster } from '@odradek/protocol/messages/describe-cluster';
import { DescribeConfigs } from '@odradek/protocol/messages/describe-configs';
import { DescribeGroups } from '@odradek/protocol/messages/describe-groups';
import { DescribeLogDirs } from '@odradek/protocol/messages/describe-log-dirs';
import { DescribeProducers } from '@odradek/protocol/messages/describe-producers';
import { DescribeTransactions } from '@odradek/protocol/messages/describe-transactions';
import { DescribeUserScramCredentials } from '@odradek/protocol/messages/describe-user-scram-credentials';
import { ElectLeaders } from '@odradek/protocol/messages/elect-leaders';
import { EndTxn } from '@odradek/protocol/messages/end-txn';
import { Fetch } from '@odradek/protocol/messages/fetch';
import { FindCoordinator } from '@odradek/protocol/messages/find-coordinator';
import { Heartbeat } from '@odradek/protocol/messages/heartbeat';
import { IncrementalAlterConfigs } from '@odradek/protocol/messages/incremental-alter-configs';
import { InitProducerId } from '@odradek/protocol/messages/init-producer-id';
import { JoinGroup } from '@odradek/protocol/messages/join-group';
import { LeaveGroup } from '@odradek/protocol/messages/leave-group';
import { ListGroups } from '@odradek/protocol/messages/list-groups';
import { ListOffsets } from '@odradek/protocol/messages/list-offsets';
import { ListPartitionReassignments } from '@odradek/protocol/messages/list-partition-reassignments';
import { ListTransactions } from '@odradek/protocol/messages/list-transactions';
import { Metadata } from '@odradek/protocol/messages/metadata';
import { OffsetCommit } from '@odradek/protocol/messages/offset-commit';
import { OffsetDelete } from '@odradek/protocol/messages/offset-delete';
import { OffsetFetch } from '@odradek/protocol/messages/offset-fetch';
import { OffsetForLeaderEpoch } from '@odradek/protocol/messages/offset-for-leader-epoch';
import { Produce } from '@odradek/protocol/messages/produce';
import { SyncGroup } from '@odradek/protocol/messages/sync-group';
import { TxnOffsetCommit } from '@odradek/protocol/messages/txn-offset-commit';
import { WriteTxnMarkers } from '@odradek/protocol/messages/write-txn-markers';
import type { Api, RequestInit } from '@odradek/protocol/schema/api';
import type { Fields } from '@odradek/protocol/schema/fields';
import { batch } from '../records';

export interface Sample<A extends Api<Fields, Fields>> {
  readonly api: A;
  readonly request: (version: number) => RequestInit<A>;
}

const sample = <A extends Api<Fields, Fields>>(api: A, request: (version: number) => RequestInit<A>): Sample<Api> =>
  ({ api, request }) as never;

const partition = { partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 };

/** Requests that change nothing, or the same on both sides. CreateTopics is left out: a count of 2^24 partitions is the end of Apache's heap. */
export const SAMPLES: readonly Sample<Api>[] = [
  sample(Produce, () => ({
    acks: 1,
    timeoutMs: 100,
    topicData: [{ name: 'damaged', partitionData: [{ index: 0, records: batch(1) }] }],
  })),
  sample(Fetch, () => ({
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 1000,
    topics: [{ topic: 'damaged', partitions: [partition] }],
    forgottenTopicsData: [],
  })),
  sample(ListOffsets, () => ({
    replicaId: -1,
    topics: [{ name: 'damaged', partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
  })),
  sample(Metadata, (version) =>
    version < 4 ? { topics: [] } : { topics: [{ name: 'damaged' }], allowAutoTopicCreation: false },
  ),
  sample(ApiVersions, () => ({ clientSoftwareName: 'a', clientSoftwareVersion: 'b' })),
  sample(
    DeleteTopics,
    (version) =>
      ({
        ...(version < 6 ? { topicNames: ['damaged-none'] } : { topics: [{ name: 'damaged-none' }] }),
        timeoutMs: 100,
      }) as never,
  ),
  sample(DeleteRecords, () => ({
    topics: [{ name: 'damaged-none', partitions: [{ partitionIndex: 0, offset: 0 }] }],
    timeoutMs: 100,
  })),
  sample(InitProducerId, () => ({ transactionalId: '', transactionTimeoutMs: 1000 })),
  sample(OffsetForLeaderEpoch, () => ({
    topics: [{ topic: 'damaged', partitions: [{ partition: 0, leaderEpoch: 0 }] }],
  })),
  sample(DescribeLogDirs, () => ({ topics: [{ topic: 'damaged', partitions: [0] }] })),
  sample(CreatePartitions, () => ({
    topics: [{ name: 'damaged-none', count: 2, assignments: null }],
    timeoutMs: 100,
    validateOnly: true,
  })),
  sample(DescribeCluster, () => ({ includeClusterAuthorizedOperations: true })),
  sample(DescribeProducers, () => ({ topics: [{ name: 'damaged', partitionIndexes: [0] }] })),
  sample(FindCoordinator, (version) => (version < 4 ? { key: 'damaged' } : { coordinatorKeys: ['damaged'] })),
  // An unknown member: whatever is changed, nobody joins.
  sample(JoinGroup, () => ({
    groupId: 'damaged',
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    memberId: 'nobody',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.from('ab') }],
  })),
  sample(SyncGroup, () => ({
    groupId: 'damaged',
    generationId: 1,
    memberId: 'nobody',
    protocolType: 'consumer',
    protocolName: 'range',
    assignments: [{ memberId: 'nobody', assignment: Buffer.from('ab') }],
  })),
  sample(Heartbeat, () => ({ groupId: 'damaged', generationId: 1, memberId: 'nobody' })),
  sample(
    LeaveGroup,
    (version) =>
      ({
        groupId: 'damaged',
        ...(version < 3 ? { memberId: 'nobody' } : { members: [{ memberId: 'nobody' }] }),
      }) as never,
  ),
  sample(OffsetCommit, () => ({
    groupId: 'damaged',
    memberId: 'nobody',
    generationIdOrMemberEpoch: 5,
    topics: [{ name: 'damaged', partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: 'm' }] }],
  })),
  sample(OffsetFetch, (version) => {
    const topics = [{ name: 'damaged', partitionIndexes: [0] }];
    return version < 8 ? { groupId: 'damaged-none', topics } : { groups: [{ groupId: 'damaged-none', topics }] };
  }),
  sample(OffsetDelete, () => ({
    groupId: 'damaged-none',
    topics: [{ name: 'damaged', partitions: [{ partitionIndex: 0 }] }],
  })),
  sample(DescribeGroups, () => ({ groups: ['damaged-none'] })),
  sample(ListGroups, (version) => (version < 4 ? {} : { statesFilter: ['Dead'] })),
  sample(DeleteGroups, () => ({ groupsNames: ['damaged-none'] })),
  sample(AllocateProducerIds, () => ({ brokerId: 3, brokerEpoch: 7 })),
  // Transactions that nobody has begun, and topics that are not there.
  sample(AddPartitionsToTxn, (version) => {
    const topics = [{ name: 'damaged-none', partitions: [0, 1] }];
    const [transactionalId, producerId, producerEpoch] = ['damaged', 7, 1];
    if (version > 3)
      return { transactions: [{ transactionalId, producerId, producerEpoch, verifyOnly: true, topics }] };
    return {
      v3AndBelowTransactionalId: transactionalId,
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: producerEpoch,
      v3AndBelowTopics: topics,
    };
  }),
  sample(AddOffsetsToTxn, () => ({ transactionalId: 'damaged', producerId: 7, producerEpoch: 1, groupId: 'damaged' })),
  sample(EndTxn, () => ({ transactionalId: 'damaged', producerId: 7, producerEpoch: 1, committed: true })),
  sample(TxnOffsetCommit, () => ({
    transactionalId: 'damaged',
    groupId: 'damaged-none',
    producerId: 7,
    producerEpoch: 1,
    topics: [{ name: 'damaged-none', partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: 'm' }] }],
  })),
  sample(WriteTxnMarkers, () => ({
    markers: [
      {
        producerId: 7,
        producerEpoch: 1,
        transactionResult: true,
        coordinatorEpoch: 1,
        topics: [{ name: 'damaged-none', partitionIndexes: [0] }],
      },
    ],
  })),
  sample(DescribeTransactions, () => ({ transactionalIds: ['damaged', ''] })),
  sample(ListTransactions, () => ({ stateFilters: ['Dead'], producerIdFilters: [7] })),
  sample(DescribeConfigs, () => ({
    resources: [{ resourceType: 2, resourceName: 'damaged-none', configurationKeys: ['retention.ms'] }],
  })),
  sample(IncrementalAlterConfigs, () => ({
    resources: [
      {
        resourceType: 2,
        resourceName: 'damaged-none',
        configs: [{ name: 'retention.ms', configOperation: 0, value: '1' }],
      },
    ],
    validateOnly: true,
  })),
  sample(ElectLeaders, (version) => ({
    ...(version > 0 && { electionType: 0 }),
    topicPartitions: [{ topic: 'damaged-none', partitions: [0] }],
    timeoutMs: 100,
  })),
  sample(ListPartitionReassignments, () => ({
    topics: [{ name: 'damaged-none', partitionIndexes: [0] }],
    timeoutMs: 100,
  })),
  sample(AlterPartitionReassignments, () => ({
    topics: [{ name: 'damaged-none', partitions: [{ partitionIndex: 0, replicas: [0] }] }],
    timeoutMs: 100,
  })),
  sample(DescribeClientQuotas, () => ({
    components: [{ entityType: 'user', matchType: 0, match: 'damaged' }],
    strict: true,
  })),
  sample(DescribeUserScramCredentials, () => ({ users: [{ name: 'damaged' }] })),
  sample(AlterReplicaLogDirs, () => ({
    dirs: [{ path: '/damaged', topics: [{ name: 'damaged-none', partitions: [0] }] }],
  })),
];
