import { errorName } from '@odradek/protocol/errors';
import { FindCoordinator } from '@odradek/protocol/messages/find-coordinator';
import { OffsetFetch } from '@odradek/protocol/messages/offset-fetch';
import { keyOf, type SimulatedClient, type TopicPartition } from './client';

const FIND_COORDINATOR_VERSION = 6;
const OFFSET_FETCH_VERSION = 9;
const KEY_TYPES = { group: 0, transaction: 1 } as const;

/** Who coordinates one group or one transactional id, for as long as that is believed. */
export class CoordinatorOf {
  private known: number | null = null;

  constructor(
    private readonly client: SimulatedClient,
    private readonly type: keyof typeof KEY_TYPES,
    private readonly key: string,
  ) {}

  /** Null where nobody knows now; then some time has passed. */
  async find(): Promise<number | null> {
    if (this.known !== null) return this.known;
    const { client } = this;
    if (await client.refresh()) {
      const request = { key: '', keyType: KEY_TYPES[this.type], coordinatorKeys: [this.key] };
      const broker = client.random.pick(client.brokerIds);
      const answer = await client.ask(broker, FindCoordinator, FIND_COORDINATOR_VERSION, request).catch(() => null);
      const found = answer?.coordinators[0];
      if (found && errorName(found.errorCode) === 'NONE') this.known = found.nodeId;
    }
    if (this.known === null) await client.backOff();
    return this.known;
  }

  forget(): void {
    this.known = null;
  }
}

/** The offsets of a group that no open transaction may change, 0 where there is none; null where they cannot be had now. */
export async function committedOffsets(
  client: SimulatedClient,
  coordinator: number,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<Map<string, number> | null> {
  const topics = [{ name: partitions[0]!.topic, partitionIndexes: partitions.map(({ partition }) => partition) }];
  const request = { topics: [], groups: [{ groupId, topics }], requireStable: true };
  const answer = await client.ask(coordinator, OffsetFetch, OFFSET_FETCH_VERSION, request).catch(() => null);
  const group = answer?.groups[0];
  const found = group?.topics.flatMap((topic) => topic.partitions) ?? [];
  if (group?.errorCode !== 0 || found.length === 0 || found.some(({ errorCode }) => errorCode !== 0)) return null;
  const { topic } = partitions[0]!;
  return new Map(
    found.map(({ partitionIndex, committedOffset }) => [
      keyOf({ topic, partition: partitionIndex }),
      Math.max(0, committedOffset),
    ]),
  );
}
