import { AllocateProducerIds } from '@odradek/protocol/messages/allocate-producer-ids';
import { ApiVersions } from '@odradek/protocol/messages/api-versions';
import { CreatePartitions } from '@odradek/protocol/messages/create-partitions';
import { DeleteGroups } from '@odradek/protocol/messages/delete-groups';
import { DeleteRecords } from '@odradek/protocol/messages/delete-records';
import { DeleteTopics } from '@odradek/protocol/messages/delete-topics';
import { DescribeCluster } from '@odradek/protocol/messages/describe-cluster';
import { DescribeGroups } from '@odradek/protocol/messages/describe-groups';
import { DescribeLogDirs } from '@odradek/protocol/messages/describe-log-dirs';
import { DescribeProducers } from '@odradek/protocol/messages/describe-producers';
import { Fetch } from '@odradek/protocol/messages/fetch';
import { FindCoordinator } from '@odradek/protocol/messages/find-coordinator';
import { Heartbeat } from '@odradek/protocol/messages/heartbeat';
import { InitProducerId } from '@odradek/protocol/messages/init-producer-id';
import { JoinGroup } from '@odradek/protocol/messages/join-group';
import { LeaveGroup } from '@odradek/protocol/messages/leave-group';
import { ListGroups } from '@odradek/protocol/messages/list-groups';
import { ListOffsets } from '@odradek/protocol/messages/list-offsets';
import { Metadata } from '@odradek/protocol/messages/metadata';
import { OffsetCommit } from '@odradek/protocol/messages/offset-commit';
import { OffsetDelete } from '@odradek/protocol/messages/offset-delete';
import { OffsetFetch } from '@odradek/protocol/messages/offset-fetch';
import { OffsetForLeaderEpoch } from '@odradek/protocol/messages/offset-for-leader-epoch';
import { Produce } from '@odradek/protocol/messages/produce';
import { SyncGroup } from '@odradek/protocol/messages/sync-group';
import type { Api, RequestInit } from '@odradek/protocol/schema/api';
import type { Fields } from '@odradek/protocol/schema/fields';
import { Writer } from '@odradek/protocol/wire/writer';
import { type Both, framed, header } from '../both';
import type { Scenario } from '../main';
import { batch } from '../records';
import { untilThereIsACoordinator } from './groups';
import { untilThereIsABlock } from './ids';

/** What a broken request may wait for: a byte of a maximum wait becomes hours. */
const PATIENCE_MS = 400;
const REPLACEMENTS = [0x00, 0x01, 0x7f, 0xff];

interface Sample<A extends Api<Fields, Fields>> {
  readonly api: A;
  readonly request: (version: number) => RequestInit<A>;
}

const sample = <A extends Api<Fields, Fields>>(api: A, request: (version: number) => RequestInit<A>): Sample<Api> =>
  ({ api, request }) as never;

const partition = { partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 };

/** Requests that change nothing, or the same on both sides. CreateTopics is left out: a count of 2^24 partitions is the end of Apache's heap. */
const SAMPLES: readonly Sample<Api>[] = [
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
];

/** The oldest version, the newest, and where the encoding changes. */
function versionsOf({ range, isFlexible }: Api): number[] {
  const all = Array.from({ length: range.to - range.from + 1 }, (_, index) => range.from + index);
  const firstFlexible = all.find(isFlexible);
  return [...new Set([range.from, firstFlexible ?? range.to, range.to])];
}

/** Both are compared by scenarios of their own. */
const except = {
  paths: ['apiKeys', 'results[0].topics['],
  why: 'only what is served is advertised; recompressed records have other sizes',
};

async function damage(both: Both, { api, request }: Sample<Api>): Promise<void> {
  for (const version of versionsOf(api)) {
    const writer = new Writer();
    api.requestCodec(version).encode(writer, request(version) as never);
    const body = writer.toBuffer();
    const head = header(api.key, version, 0, api.requestHeaderVersion(version));
    const send = (note: string, bytes: Buffer) =>
      both.sendRaw(`${note}: ${bytes.toString('hex')}`, framed(head, bytes), {
        api,
        version,
        patienceMs: PATIENCE_MS,
        mayHang: true,
        except,
      });
    for (let at = 0; at < body.length; at++) await send(`v${version} cut at ${at}`, body.subarray(0, at));
    await send(`v${version} with more behind`, Buffer.concat([body, Buffer.from([1, 2, 3])]));
    for (let at = 0; at < body.length; at++) {
      for (const value of REPLACEMENTS) {
        const changed = Buffer.from(body);
        changed[at] = value;
        await send(`v${version} with ${value} at ${at}`, changed);
      }
    }
  }
}

/** Every served API, cut at every byte, and with every byte changed: parsed or refused alike. */
export const damaged: readonly Scenario[] = SAMPLES.map((each, index) => ({
  name: `damaged: ${each.api.name}`,
  async run(both) {
    if (index === 0) await both.createTopic('damaged');
    await untilThereIsABlock(both);
    await untilThereIsACoordinator(both);
    await damage(both, each);
  },
}));
