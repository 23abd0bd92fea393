import { type ErrorName, errorName } from '@odradek/protocol/errors';
import { ListOffsets } from '@odradek/protocol/messages/list-offsets';
import { OffsetForLeaderEpoch } from '@odradek/protocol/messages/offset-for-leader-epoch';
import type { Peer } from '../cluster/peers';
import type { EpochEnd } from '../log/types';

/** The versions in which brokers speak to each other, as inter.broker.protocol.version says. */
export interface ReplicationVersions {
  readonly fetch: number;
  readonly listOffsets: number;
  readonly offsetForLeaderEpoch: number;
  /** Leaders tell in their answers where a follower's log parts from theirs (KIP-595). */
  readonly truncatesOnFetch: boolean;
}

/** What is asked about one partition. */
export interface PartitionQuestion {
  readonly topic: string;
  readonly partition: number;
  readonly currentLeaderEpoch: number;
}

export type Told<Value> = { readonly error: null; readonly value: Value } | { readonly error: ErrorName };

export interface LeaderBounds {
  readonly logStartOffset: number;
  readonly logEndOffset: number;
}

/** A follower's questions beside its fetches (RemoteLeaderEndPoint): to one leader, over the connection of its fetches. */
export class LeaderQuestions {
  constructor(
    private readonly brokerId: number,
    private readonly versions: ReplicationVersions,
    private readonly timeoutMs: number,
  ) {}

  /** Where the leader's logs begin and end; in the order of the questions. Rejects as `Peer.send` does. */
  async bounds(peer: Peer, questions: readonly PartitionQuestion[]): Promise<Told<LeaderBounds>[]> {
    // The end is read first: a log that is dropped and begun anew in between must not look as if it had been there all along.
    const [ends, starts] = await Promise.all([
      this.offsets(peer, questions, LATEST_TIMESTAMP),
      this.offsets(peer, questions, EARLIEST_TIMESTAMP),
    ]);
    return ends.map((end, index) => {
      const start = starts[index]!;
      if (end.error !== null) return end;
      if (start.error !== null) return start;
      return { error: null, value: { logStartOffset: start.value, logEndOffset: end.value } };
    });
  }

  private async offsets(
    peer: Peer,
    questions: readonly PartitionQuestion[],
    timestamp: number,
  ): Promise<Told<number>[]> {
    const { brokerId, timeoutMs } = this;
    const topics = byTopic(questions, ({ partition, currentLeaderEpoch }) => ({
      partitionIndex: partition,
      currentLeaderEpoch,
      timestamp,
    })).map(([name, partitions]) => ({ name, partitions }));
    const request = { replicaId: brokerId, isolationLevel: 0, topics };
    const answer = await peer.send(ListOffsets, this.versions.listOffsets, request, { timeoutMs });
    const found = new Map<string, Told<number>>();
    for (const { name, partitions } of answer.topics) {
      for (const { partitionIndex, errorCode, offset, oldStyleOffsets } of partitions) {
        const value = this.versions.listOffsets === 0 ? (oldStyleOffsets[0] ?? NO_OFFSET) : offset;
        found.set(`${name}-${partitionIndex}`, told(errorCode, value));
      }
    }
    return questions.map(({ topic, partition }) => found.get(`${topic}-${partition}`) ?? MISSING);
  }

  /** Where the leader's logs end for given epochs; in the order of the questions. Rejects as `Peer.send` does. */
  async epochEnds(
    peer: Peer,
    questions: readonly (PartitionQuestion & { readonly leaderEpoch: number })[],
  ): Promise<Told<EpochEnd>[]> {
    const { brokerId, timeoutMs } = this;
    const topics = byTopic(questions, ({ partition, currentLeaderEpoch, leaderEpoch }) => ({
      partition,
      currentLeaderEpoch,
      leaderEpoch,
    })).map(([topic, partitions]) => ({ topic, partitions }));
    const { offsetForLeaderEpoch: version } = this.versions;
    const answer = await peer.send(OffsetForLeaderEpoch, version, { replicaId: brokerId, topics }, { timeoutMs });
    const found = new Map<string, Told<EpochEnd>>();
    for (const { topic, partitions } of answer.topics) {
      for (const { partition, errorCode, leaderEpoch, endOffset } of partitions) {
        found.set(`${topic}-${partition}`, told(errorCode, { leaderEpoch, endOffset }));
      }
    }
    return questions.map(({ topic, partition }) => found.get(`${topic}-${partition}`) ?? MISSING);
  }
}

const LATEST_TIMESTAMP = -1;
const EARLIEST_TIMESTAMP = -2;
const NO_OFFSET = -1;
/** A leader that does not answer what it was asked has an error of its own. */
const MISSING = { error: 'UNKNOWN_SERVER_ERROR' } as const;

function told<Value>(errorCode: number, value: Value): Told<Value> {
  return errorCode === 0 ? { error: null, value } : { error: errorName(errorCode) };
}

function byTopic<Question extends PartitionQuestion, Item>(
  questions: readonly Question[],
  itemOf: (question: Question) => Item,
): [string, Item[]][] {
  const topics = new Map<string, Item[]>();
  for (const question of questions) {
    const items = topics.get(question.topic);
    if (items) items.push(itemOf(question));
    else topics.set(question.topic, [itemOf(question)]);
  }
  return [...topics];
}
