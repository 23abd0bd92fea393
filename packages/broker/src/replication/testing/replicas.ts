import { Fetch } from '@odradek/protocol/messages/fetch';
import { ListOffsets } from '@odradek/protocol/messages/list-offsets';
import { OffsetForLeaderEpoch } from '@odradek/protocol/messages/offset-for-leader-epoch';
import { forEachBatch, lastOffsetAt } from '@odradek/protocol/records/batch';
import type { ResponseOf } from '@odradek/protocol/schema/api';
import { Reader } from '@odradek/protocol/wire/reader';
import { Writer } from '@odradek/protocol/wire/writer';
import type { MetadataCache } from '../../cluster/metadata-cache';
import type { Peer } from '../../cluster/peers';
import type { DiskError } from '../../env/disk';
import { silentLoggers } from '../../env/logger';
import { ManualClock } from '../../env/testing/clock';
import { MemoryLoggers } from '../../env/testing/logger';
import { MemoryDisk } from '../../env/testing/memory-disk';
import type { LogConfig } from '../../log/log-config';
import { openLog, readAll, START_MS, steadyRandom } from '../../log/testing/fixture';
import type { FetchRequest } from '../fetch-plan';
import { codeOfFetch, FetchReader } from '../fetch-reader';
import { FetchSessions } from '../fetch-sessions';
import { FollowerStates } from '../follower-states';
import { LeaderQuestions } from '../leader-questions';
import { Partition } from '../partition';
import type { ReplicaManager } from '../replica-manager';

export const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';
const FETCH_VERSION = 17;
const BACKOFF_MS = 1000;
const FIRST_SESSION_VERSION = 7;
const SESSIONLESS = -1;

/** Throttles every replica, while its quota is said to be exceeded. */
class TestThrottle {
  isExceeded = false;
  bytes = 0;

  holdsBack(): boolean {
    return this.isExceeded;
  }

  record(_topic: string, _partition: number, bytes: number): void {
    this.bytes += bytes;
  }
}

/** One replica of `t-0` on a broker of its own: as a follower it fetches when told to, as a leader it answers. */
export class TestReplica {
  readonly disk: MemoryDisk;
  readonly loggers = new MemoryLoggers();
  readonly failed: Partition[] = [];
  readonly diskErrors: DiskError[] = [];
  /** Where the log has been cut. */
  readonly truncated: number[] = [];
  /** What it sends as a leader, and what it fetches as a follower. */
  readonly sending = new TestThrottle();
  readonly fetching = new TestThrottle();
  private nextSession = 1;
  partition: Partition;
  states: FollowerStates;
  private sessions: FetchSessions;

  constructor(
    readonly id: number,
    private readonly world: TestReplicas,
  ) {
    this.disk = new MemoryDisk(() => world.clock.nowMs());
    this.disk.makeFolder('/data');
    [this.partition, this.states, this.sessions] = this.open(true);
  }

  get log() {
    return this.partition.log;
  }

  /** The process has ended without notice and begins anew: high watermarks are as checkpointed. */
  restart(checkpointedHighWatermark: number): void {
    [this.partition, this.states, this.sessions] = this.open(false);
    this.log.setHighWatermark(checkpointedHighWatermark);
  }

  private open(isClean: boolean): [Partition, FollowerStates, FetchSessions] {
    const { clock, config } = this.world;
    const log = openLog(this.disk, clock, config, {
      hadCleanShutdown: isClean,
      onDiskError: (error) => this.diskErrors.push(error),
    });
    if (log.topicId === null) log.assignTopicId(TOPIC_ID);
    const partition = new Partition(
      {
        topic: 't',
        partition: 0,
        brokerId: this.id,
        clock,
        loggers: silentLoggers,
        alterIsr: () => {},
        isrCounts: { shrinks: 0, expands: 0, failedUpdates: 0 },
        minInsyncReplicas: () => 1,
        replicaLagTimeMaxMs: 30_000,
        isBrokerAlive: () => true,
        onTruncated: () => this.truncated.push(partition.log.logEndOffset),
      },
      log,
    );
    const logger = this.loggers.logger('fetcher');
    const versions = { fetch: FETCH_VERSION, listOffsets: 9, offsetForLeaderEpoch: 4, truncatesOnFetch: true };
    const { truncatesOnFetch } = this.world;
    const states = new FollowerStates({
      clock,
      logger,
      questions: new LeaderQuestions(this.id, versions, 1000),
      truncatesOnFetch,
      supportsTopicIds: true,
      partitionMaxBytes: this.world.partitionMaxBytes,
      backoffMs: BACKOFF_MS,
      throttle: this.fetching,
      onFailed: (failed) => this.failed.push(failed),
    });
    return [partition, states, new FetchSessions(10, { ...steadyRandom, below: () => this.nextSession++ })];
  }

  /** One exchange with the leader, questions first. False where there is nothing to ask. */
  async fetch(): Promise<boolean> {
    const { role } = this.partition;
    if (role.type !== 'follower' || !this.states.isReady()) return false;
    const leader = this.world.replica(role.leaderId);
    await this.states.resolveDoubts(leader.peer());
    const request = this.states.next();
    if (request === null) return false;
    this.states.take(leader.answer(this.id, request));
    return true;
  }

  /** What the leader's side answers, through the bytes of the protocol. */
  answer(follower: number, request: FetchRequest, version = FETCH_VERSION): ResponseOf<typeof Fetch> {
    const wishes = request.topics.flatMap(({ topic, topicId, partitions }) =>
      partitions.map(({ partitionMaxBytes, ...wish }) => ({
        topic,
        topicId,
        currentLeaderEpoch: -1,
        lastFetchedEpoch: -1,
        logStartOffset: -1,
        ...wish,
        maxBytes: partitionMaxBytes,
      })),
    );
    const forgotten = request.forgottenTopicsData.flatMap(({ partitions, ...topic }) =>
      partitions.map((partition) => ({ ...topic, partition })),
    );
    const { sessionId } = request;
    const sessionEpoch = version >= FIRST_SESSION_VERSION ? request.sessionEpoch : SESSIONLESS;
    const asked = { sessionId, sessionEpoch, isFollower: true, usesTopicIds: true, wishes, forgotten };
    const session = this.sessions.begin(asked, this.world.clock.monotonicMs());
    const reader = new FetchReader({
      replicas: { get: () => this.partition } as unknown as ReplicaManager,
      metadata: { contains: () => true } as unknown as MetadataCache,
      clock: this.world.clock,
      selectReplica: null,
      throttle: this.sending,
    });
    const limits = {
      maxBytes: 1 << 20,
      hardLimit: false,
      isolation: 'log-end',
      replicaId: follower,
      leaderOnly: true,
      consumer: null,
    } as const;
    const { partitions } = reader.read(session.wishes, limits);
    for (const [index, { error, divergingEpoch }] of partitions.entries()) {
      const { fetchOffset, logStartOffset } = session.wishes[index]!;
      if (!error && !divergingEpoch) this.partition.onFollowerFetch(follower, fetchOffset, logStartOffset, -1);
    }
    const states = partitions.map((fetched) => ({
      errorCode: codeOfFetch(fetched),
      highWatermark: fetched.highWatermark,
      logStartOffset: fetched.logStartOffset,
      recordBytes: fetched.slice.bytes,
      hasHint: fetched.divergingEpoch !== null,
    }));
    const finished = session.finish(states);
    const entries = partitions.flatMap((fetched, index) => {
      if (!finished.send(index)) return [];
      const records = Buffer.alloc(fetched.slice.bytes);
      fetched.slice.readInto(records, 0);
      const { errorCode, highWatermark, logStartOffset } = states[index]!;
      const { divergingEpoch } = fetched;
      return [
        {
          topic: 't',
          topicId: TOPIC_ID,
          partitions: [
            {
              partitionIndex: session.wishes[index]!.partition,
              errorCode,
              highWatermark,
              logStartOffset,
              records,
              abortedTransactions: null,
              ...(divergingEpoch && { divergingEpoch }),
            },
          ],
        },
      ];
    });
    const writer = new Writer();
    const codec = Fetch.responseCodec(version);
    codec.encode(writer, { errorCode: 0, sessionId: finished.sessionId, responses: entries } as never);
    return codec.decode(new Reader(writer.toBuffer())) as ResponseOf<typeof Fetch>;
  }

  private peer(): Peer {
    const { log } = this.partition;
    const answers = new Map<unknown, (request: never) => unknown>([
      [
        ListOffsets,
        (request: { topics: { name: string; partitions: { partitionIndex: number; timestamp: number }[] }[] }) => ({
          topics: request.topics.map(({ name, partitions }) => ({
            name,
            partitions: partitions.map(({ partitionIndex, timestamp }) => ({
              partitionIndex,
              errorCode: 0,
              offset: timestamp === -1 ? log.logEndOffset : log.logStartOffset,
            })),
          })),
        }),
      ],
      [
        OffsetForLeaderEpoch,
        (request: { topics: { topic: string; partitions: { partition: number; leaderEpoch: number }[] }[] }) => ({
          topics: request.topics.map(({ topic, partitions }) => ({
            topic,
            partitions: partitions.map(({ partition, leaderEpoch }) => ({
              partition,
              errorCode: 0,
              ...log.endOffsetForEpoch(leaderEpoch),
            })),
          })),
        }),
      ],
    ]);
    return {
      send: async (api: unknown, _version: number, request: unknown) => answers.get(api)!(request as never),
      close: () => {},
    } as unknown as Peer;
  }
}

export interface TestReplicasOptions {
  readonly replicas?: number;
  readonly config?: Partial<LogConfig>;
  readonly truncatesOnFetch?: boolean;
  readonly partitionMaxBytes?: number;
}

/** The replicas of one partition, without network and controller: the test elects. */
export class TestReplicas {
  readonly clock = new ManualClock(START_MS);
  readonly config: Partial<LogConfig>;
  readonly truncatesOnFetch: boolean;
  readonly partitionMaxBytes: number;
  readonly all: readonly TestReplica[];
  leaderEpoch = -1;

  constructor({
    replicas = 2,
    config = {},
    truncatesOnFetch = true,
    partitionMaxBytes = 1 << 20,
  }: TestReplicasOptions) {
    this.config = config;
    this.truncatesOnFetch = truncatesOnFetch;
    this.partitionMaxBytes = partitionMaxBytes;
    this.all = Array.from({ length: replicas }, (_, id) => new TestReplica(id, this));
  }

  replica(id: number): TestReplica {
    return this.all[id]!;
  }

  /** Makes `leader` lead in the next epoch, and `followers` (all others where omitted) follow it. */
  elect(leader: number, isr?: readonly number[], followers?: readonly number[]): void {
    this.leaderEpoch++;
    const replicas = this.all.map(({ id }) => id);
    const order = {
      controllerEpoch: 1,
      leader,
      leaderEpoch: this.leaderEpoch,
      isr: isr ?? replicas,
      partitionEpoch: this.leaderEpoch,
      replicas,
      isNew: false,
    };
    const { partition, states } = this.replica(leader);
    states.remove(partition);
    partition.makeLeader(order);
    for (const id of followers ?? replicas.filter((it) => it !== leader)) {
      const follower = this.replica(id);
      follower.states.remove(follower.partition);
      follower.partition.makeFollower(order);
      follower.states.add(follower.partition);
    }
  }

  /** Lets all followers fetch until nobody's log or high watermark moves any more. */
  async converge(): Promise<void> {
    for (let before = ''; before !== this.picture(); ) {
      before = this.picture();
      for (const replica of this.all) {
        // Twice: the high watermark comes with the answer after the one that brings the records.
        await replica.fetch();
        await replica.fetch();
      }
    }
  }

  private picture(): string {
    return JSON.stringify(
      this.all.map(({ log }) => [log.logStartOffset, log.highWatermark, log.logEndOffset, log.epochs.all]),
    );
  }
}

/** All batches of a replica's log. */
export function bytesOf({ log }: TestReplica): Buffer {
  const parts: Buffer[] = [];
  let offset = log.logStartOffset;
  while (offset < log.logEndOffset) {
    const bytes = readAll(log, offset);
    if (bytes.length === 0) throw new Error(`nothing to read at ${offset} of a log that ends at ${log.logEndOffset}`);
    forEachBatch(bytes, (at) => {
      offset = lastOffsetAt(bytes, at) + 1;
    });
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}
