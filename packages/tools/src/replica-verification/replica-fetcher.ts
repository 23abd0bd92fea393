import { errorName } from '@odradek/protocol/errors';
import { Fetch } from '@odradek/protocol/messages/fetch';
import { ZERO_UUID } from '@odradek/protocol/wire/uuid';
import type { KafkaClient } from '../client/client';
import { partitionText, toTopics } from '../client/partitions';
import { ServerError, ToolError } from '../tool-error';
import type { FetchedReplica, VerifiedPartition } from './verification';

/** A replica id that reads from followers too, beyond the high watermark (FetchRequest.DEBUGGING_CONSUMER_ID). */
const DEBUGGING_CONSUMER_ID = -2;
const LAST_WITH_NAMES = 12;
const NOTHING = Buffer.alloc(0);

export interface FetchLimits {
  readonly fetchSizeBytes: number;
  readonly maxWaitMs: number;
}

/** Reads one broker's replicas of partitions. */
export class ReplicaFetcher {
  /** @param client a client of its own, that knows the broker */
  constructor(
    readonly broker: number,
    private readonly partitions: readonly VerifiedPartition[],
    private readonly topicIds: ReadonlyMap<string, string>,
    private readonly client: KafkaClient,
    private readonly limits: FetchLimits,
  ) {}

  /** Fetches each partition from its offset, by `partitionText`. Of a broker that cannot be reached there is nothing. */
  async fetch(): Promise<Map<string, FetchedReplica>> {
    const { broker } = this;
    const nothing = { broker, highWatermark: -1, records: NOTHING };
    const fetched = new Map<string, FetchedReplica>(this.partitions.map((each) => [partitionText(each), nothing]));
    try {
      for (const [name, replica] of await this.ask()) fetched.set(name, replica);
    } catch (thrown) {
      if (!(thrown instanceof ToolError)) throw thrown;
    }
    return fetched;
  }

  private async ask(): Promise<Map<string, FetchedReplica>> {
    const connection = await this.client.connectTo(this.broker);
    const offsets = new Map(this.partitions.map((each) => [partitionText(each), each.offset]));
    const topics = toTopics(this.partitions).map(({ topic, partitions }) => ({
      topic,
      topicId: this.topicIds.get(topic) ?? ZERO_UUID,
      partitions: partitions.map((partition) => ({
        partition,
        fetchOffset: offsets.get(`${topic}-${partition}`)!,
        logStartOffset: 0,
        partitionMaxBytes: this.limits.fetchSizeBytes,
      })),
    }));
    const newest = connection.versionFor(Fetch) ?? Fetch.range.to;
    // From version 13 on topics go by id, which topics made by old tools lack until a controller gives them one.
    const version = topics.some(({ topicId }) => topicId === ZERO_UUID) ? Math.min(newest, LAST_WITH_NAMES) : newest;
    const identity =
      version < 15
        ? { replicaId: DEBUGGING_CONSUMER_ID }
        : { replicaState: { replicaId: DEBUGGING_CONSUMER_ID, replicaEpoch: -1 } };
    const request = {
      ...identity,
      maxWaitMs: this.limits.maxWaitMs,
      minBytes: 1,
      topics,
      forgottenTopicsData: [],
    };
    const timeoutMs = this.client.options.requestTimeoutMs;
    const response = await connection.sendVersion(Fetch, version, request, timeoutMs);
    if (response.errorCode !== 0) throw new ServerError(errorName(response.errorCode));
    const namesById = new Map([...this.topicIds].map(([name, id]) => [id, name]));
    return new Map(
      response.responses.flatMap(({ topic, topicId, partitions }) =>
        partitions.map(({ partitionIndex, highWatermark, records }): [string, FetchedReplica] => [
          `${version > LAST_WITH_NAMES ? namesById.get(topicId) : topic}-${partitionIndex}`,
          { broker: this.broker, highWatermark, records: (records as Buffer | null) ?? NOTHING },
        ]),
      ),
    );
  }

  close(): void {
    this.client.close();
  }
}
