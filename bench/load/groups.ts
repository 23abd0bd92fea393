import { setTimeout as sleep } from 'node:timers/promises';
import { Fetch } from '@odradek/protocol/messages/fetch';
import { FindCoordinator } from '@odradek/protocol/messages/find-coordinator';
import { Heartbeat } from '@odradek/protocol/messages/heartbeat';
import { JoinGroup } from '@odradek/protocol/messages/join-group';
import { OffsetCommit } from '@odradek/protocol/messages/offset-commit';
import { OffsetFetch } from '@odradek/protocol/messages/offset-fetch';
import { Produce } from '@odradek/protocol/messages/produce';
import { SyncGroup } from '@odradek/protocol/messages/sync-group';
import { ConsumerProtocolSubscription } from '@odradek/protocol/stored/consumer-protocol';
import { Writer } from '@odradek/protocol/wire/writer';
import { buildBatch } from './batches';
import { encodeRequest } from './calls';
import { Client, untilGood } from './client';
import type { CommitJob, GroupsJob, JoinJob } from './job';
import type { Traffic } from './link';

const COMMIT_VERSION = 7;
const PATIENCE_MS = 120_000;
const MEMBER_ID_REQUIRED = 79;
const REBALANCE_IN_PROGRESS = 27;
const AT_ONCE = 100;

const partitionsUpTo = (count: number) => Array.from({ length: count }, (_, index) => index);

const commitOf = (groupId: string, topic: string, partitions: number) => ({
  groupId,
  memberId: '',
  topics: [
    {
      name: topic,
      partitions: partitionsUpTo(partitions).map((partitionIndex) => ({
        partitionIndex,
        committedOffset: 1234,
        committedMetadata: '',
      })),
    },
  ],
});

async function untilThereIsACoordinator(port: number, group: string): Promise<void> {
  const client = new Client(port);
  await untilGood(
    () => client.ask(FindCoordinator, 1, { key: group, keyType: 0 }),
    ({ errorCode }) => errorCode,
  );
  await untilGood(
    () => client.ask(OffsetFetch, 5, { groupId: group, topics: null }),
    ({ errorCode }) => errorCode,
  );
  client.close();
}

/** Commits of consumers that assign themselves, a group for each connection. */
export async function commitTraffic({ port, topic, partitions, connections, inFlight }: CommitJob): Promise<Traffic[]> {
  return Promise.all(
    partitionsUpTo(connections).map(async (connection) => {
      const group = `${topic}-${String(connection).padStart(3, '0')}`;
      await untilThereIsACoordinator(port, group);
      const request = encodeRequest(OffsetCommit, COMMIT_VERSION, commitOf(group, topic, partitions));
      return {
        ring: Buffer.concat(Array.from({ length: inFlight }, () => request)),
        requestBytes: request.length,
        inFlight,
        // Length, correlation id, throttle time, topics' count, name, partitions' count, index.
        errorCodeAt: 4 + 4 + 4 + 4 + 2 + Buffer.byteLength(topic) + 4 + 4,
        prepare() {},
      };
    }),
  );
}

/** Fills `groups` groups with offsets; or waits until each of them answers with what it holds. */
export async function runGroups(job: GroupsJob): Promise<void> {
  const names = partitionsUpTo(job.groups).map((index) => `idle-${index}`);
  const clients = partitionsUpTo(AT_ONCE).map(() => new Client(job.port));
  await Promise.all(
    clients.map(async (client) => {
      for (let name = names.pop(); name !== undefined; name = names.pop()) await one(client, job, name);
      client.close();
    }),
  );
}

async function one(client: Client, { action, topic, partitions }: GroupsJob, group: string): Promise<void> {
  if (action === 'fill') {
    await untilGood(
      () => client.ask(OffsetCommit, COMMIT_VERSION, commitOf(group, topic, partitions)),
      ({ topics }) => topics[0]!.partitions[0]!.errorCode,
    );
    return;
  }
  const answer = await untilGood(
    () => client.ask(OffsetFetch, 5, { groupId: group, topics: null }),
    ({ errorCode }) => errorCode,
  );
  const found = answer.topics.flatMap((one) => one.partitions).length;
  if (found !== partitions) throw new Error(`group ${group} has ${found} offsets instead of ${partitions}`);
}

/** Makes the coordinator, so that nobody waits for its topic. */
export const prepareGroups = (port: number): Promise<void> => untilThereIsACoordinator(port, 'prepared');

/**
 * Seconds from the first member's first request to the last one's first record, the median of some groups. Others come
 * first, unmeasured: while this process is cold it takes longer than the broker.
 */
export async function runJoin(job: JoinJob): Promise<number> {
  await fillTopic(job);
  const measured: number[] = [];
  for (let index = 0; index < job.coldGroups + job.groups; index++) {
    const group = `${job.topic}-${index}`;
    await untilThereIsACoordinator(job.port, group);
    const startedMs = performance.now();
    await Promise.all(partitionsUpTo(job.members).map(() => member(job, group)));
    if (index >= job.coldGroups) measured.push((performance.now() - startedMs) / 1000);
  }
  return measured.toSorted((a, b) => a - b)[measured.length >> 1]!;
}

/** A record in every partition. */
async function fillTopic({ port, topic, partitions }: JoinJob): Promise<void> {
  const records = buildBatch({ valueBytes: 100, records: 1, compression: 'none', idempotent: false });
  const partitionData = partitionsUpTo(partitions).map((index) => ({ index, records }));
  const client = new Client(port);
  await client.ask(Produce, 8, { acks: -1, timeoutMs: PATIENCE_MS, topicData: [{ name: topic, partitionData }] });
  client.close();
}

/**
 * One consumer, from its start to its first record. It asks every `heartbeatMs` whether the group rebalances, as real ones
 * do every three seconds: so short, the time is the broker's.
 */
async function member(job: JoinJob, groupId: string): Promise<void> {
  const client = new Client(job.port);
  const metadata = subscription(job.topic);
  const { topic, heartbeatMs } = job;
  let memberId = '';
  for (;;) {
    const joined = await client.ask(JoinGroup, 5, {
      groupId,
      sessionTimeoutMs: 30_000,
      rebalanceTimeoutMs: 60_000,
      memberId,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata }],
    });
    memberId = joined.memberId;
    if (joined.errorCode === MEMBER_ID_REQUIRED) continue;
    if (joined.errorCode !== 0) throw new Error(`JoinGroup: error ${joined.errorCode}`);
    const { generationId } = joined;
    const assignments = joined.members.map((one, index) => ({
      memberId: one.memberId,
      assignment: dealt(job.partitions, joined.members.length, index),
    }));
    const synced = await client.ask(SyncGroup, 3, { groupId, generationId, memberId, assignments });
    if (synced.errorCode === REBALANCE_IN_PROGRESS) continue;
    if (synced.errorCode !== 0) throw new Error(`SyncGroup: error ${synced.errorCode}`);
    const [members, ...own] = [...new Uint16Array(Uint8Array.from(synced.assignment).buffer)];
    // Of a group that is not whole yet nobody may take his leave: it would wait for him as long as a rebalance may take.
    if (members === job.members) {
      await firstRecord(client, groupId, topic, own);
      client.close();
      return;
    }
    await untilRebalance(client, { groupId, generationId, memberId }, heartbeatMs);
  }
}

function subscription(topic: string): Buffer {
  const writer = new Writer();
  writer.int16(0);
  ConsumerProtocolSubscription.codec(0).encode(writer, { topics: [topic] });
  return writer.toBuffer();
}

/** How many members there are, and the partitions of one of them. */
function dealt(partitions: number, members: number, index: number): Buffer {
  const own = [members];
  for (let partition = index; partition < partitions; partition += members) own.push(partition);
  return Buffer.from(Uint16Array.from(own).buffer);
}

async function untilRebalance(
  client: Client,
  request: { groupId: string; generationId: number; memberId: string },
  heartbeatMs: number,
): Promise<void> {
  for (;;) {
    const { errorCode } = await client.ask(Heartbeat, 3, request);
    if (errorCode === REBALANCE_IN_PROGRESS) return;
    if (errorCode !== 0) throw new Error(`Heartbeat: error ${errorCode}`);
    await sleep(heartbeatMs);
  }
}

async function firstRecord(client: Client, groupId: string, topic: string, own: readonly number[]): Promise<void> {
  await client.ask(OffsetFetch, 5, { groupId, topics: [{ name: topic, partitionIndexes: [...own] }] });
  const partitions = own.map((partition) => ({ partition, fetchOffset: 0, partitionMaxBytes: 1 << 20 }));
  const { responses } = await client.ask(Fetch, 11, {
    maxWaitMs: 500,
    minBytes: 1,
    maxBytes: 1 << 24,
    topics: [{ topic, partitions }],
    forgottenTopicsData: [],
  });
  const bytes = responses
    .flatMap((one) => one.partitions)
    .reduce((sum, { records }) => sum + (records?.length ?? 0), 0);
  if (bytes === 0) throw new Error('a member fetches nothing');
}
