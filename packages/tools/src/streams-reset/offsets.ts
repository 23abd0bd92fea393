import type { OptionSet } from '../args/joptsimple';
import type { Admin } from '../client/admin';
import type { CommittedOffset } from '../client/group/offsets';
import type { GroupsAdmin } from '../client/groups-admin';
import { findLeaders, partitionText, type TopicPartition } from '../client/partitions';
import { dateTimeMs, durationMs } from '../consumer-groups/times';
import { hashMapOrder, topicPartitionHash } from '../java-order';
import { EARLIEST, LATEST, listOffsets } from '../offsets/list-offsets';
import { type Io, println } from '../print';
import { ToolError } from '../tool-error';
import type { STREAMS_RESET_OPTIONS } from './options';
import { readPlan, requiredAt, withinLog } from './plan';

const UNKNOWN_OFFSET = -1;

interface LogOffset {
  readonly offset: number;
  readonly leaderEpoch?: number;
}

type Offsets = ReadonlyMap<string, LogOffset>;

const inHashOrder = <T extends TopicPartition>(partitions: readonly T[], capacity?: number): T[] =>
  hashMapOrder(partitions, ({ topic, partition }) => topicPartitionHash(topic, partition), capacity);

const notFound = (partition: TopicPartition): ToolError =>
  new ToolError(
    'org.apache.kafka.clients.consumer.NoOffsetForPartitionException',
    `Undefined offset with no reset policy for partitions: [${partitionText(partition)}]`,
  );

/** Finds the offsets that an application is to go on from. */
export class OffsetReset {
  /** @param resetTimestamp what auto.offset.reset stands for, undefined for none */
  constructor(
    private readonly admin: Admin,
    private readonly groups: GroupsAdmin,
    private readonly options: OptionSet<typeof STREAMS_RESET_OPTIONS>,
    private readonly resetTimestamp: number | undefined,
    private readonly io: Io,
  ) {}

  private get groupId(): string {
    return this.options.valueOf('application-id')!;
  }

  private async at(partitions: readonly TopicPartition[], timestamp: number): Promise<Offsets> {
    if (partitions.length === 0) return new Map();
    const found = await listOffsets(this.admin, partitions, timestamp, (call, wanted) =>
      findLeaders(this.admin, call, wanted),
    );
    return new Map(
      partitions.map((partition): [string, LogOffset] => {
        const result = found.get(partition)!;
        if ('error' in result) throw result.error;
        return [partitionText(partition), result];
      }),
    );
  }

  /** Keeps wished offsets within the logs, in the order of the HashMap that Kafka's tool has them in. */
  private async clamp(
    partitions: readonly TopicPartition[],
    wished: readonly (TopicPartition & { readonly offset: number })[],
  ): Promise<Offsets> {
    const [ends, beginnings] = [await this.at(partitions, LATEST), await this.at(partitions, EARLIEST)];
    const offsets = new Map<string, LogOffset>();
    for (const each of wished) {
      const end = requiredAt(ends, each).offset;
      const { offset, notice } = withinLog(each.offset, requiredAt(beginnings, each).offset, end);
      if (notice) println(this.io.stdout, notice);
      offsets.set(partitionText(each), { offset });
    }
    for (const partition of partitions) requiredAt(offsets, partition);
    return offsets;
  }

  /** Where the group stands, else where its consumers would begin. */
  private async positions(partitions: readonly TopicPartition[]): Promise<Offsets> {
    const committed = await this.groups.committedOffsets(this.groupId);
    const known = new Map<string, LogOffset>(committed.map((each) => [partitionText(each), each]));
    const unknown = partitions.filter((partition) => !known.has(partitionText(partition)));
    if (unknown.length > 0 && this.resetTimestamp === undefined) throw notFound(unknown[0]!);
    return new Map([...known, ...(await this.at(unknown, this.resetTimestamp!))]);
  }

  private async since(partitions: readonly TopicPartition[], timestamp: number): Promise<Offsets> {
    const found = await this.at(partitions, timestamp);
    const missing = partitions.filter((each) => found.get(partitionText(each))!.offset === UNKNOWN_OFFSET);
    for (const { topic, partition } of missing) {
      const what = `Partition ${partition} from topic ${topic} is empty, without a committed record.`;
      println(this.io.stdout, `${what} Falling back to latest known offset.`);
    }
    const seeks = [...found].map(([name, { offset }]): [string, LogOffset] => [name, { offset }]);
    return new Map([...seeks, ...(await this.at(missing, LATEST))]);
  }

  private async inputOffsets(partitions: readonly TopicPartition[]): Promise<Offsets> {
    const { options } = this;
    const clamp = (offsetOf: (partition: TopicPartition) => number): Promise<Offsets> => {
      const wished = partitions.map((each) => ({ ...each, offset: offsetOf(each) }));
      return this.clamp(partitions, inHashOrder(wished, partitions.length));
    };
    if (options.has('to-offset')) {
      const offset = options.valueOf('to-offset')!;
      return clamp(() => offset);
    }
    if (options.has('to-earliest')) return this.at(partitions, EARLIEST);
    if (options.has('to-latest')) return this.at(partitions, LATEST);
    if (options.has('shift-by')) {
      const shift = options.valueOf('shift-by')!;
      const positions = await this.positions(partitions);
      return clamp((partition) => requiredAt(positions, partition).offset + shift);
    }
    if (options.has('to-datetime')) return this.since(partitions, dateTimeMs(options.valueOf('to-datetime')!));
    if (options.has('by-duration')) {
      return this.since(partitions, Date.now() - durationMs(options.valueOf('by-duration')!));
    }
    if (options.has('from-file')) {
      return this.clamp(partitions, inHashOrder(readPlan(options.valueOf('from-file')!)));
    }
    return this.at(partitions, EARLIEST);
  }

  /** New offsets of input topics, told of one by one. */
  async input(partitions: readonly TopicPartition[]): Promise<CommittedOffset[]> {
    if (partitions.length === 0) return [];
    const group = `(for consumer group ${this.groupId})`;
    println(this.io.stdout, `Following input topics offsets will be reset to ${group}`);
    const ordered = inHashOrder(partitions);
    const offsets = await this.inputOffsets(ordered);
    return ordered.map(({ topic, partition }) => {
      const found = requiredAt(offsets, { topic, partition });
      println(this.io.stdout, `Topic: ${topic} Partition: ${partition} Offset: ${found.offset}`);
      return { topic, partition, offset: found.offset, leaderEpoch: found.leaderEpoch ?? -1 };
    });
  }

  /** The ends of intermediate topics. */
  async intermediate(partitions: readonly TopicPartition[]): Promise<CommittedOffset[]> {
    if (partitions.length === 0) return [];
    const group = `(for consumer group ${this.groupId})`;
    println(this.io.stdout, `Following intermediate topics offsets will be reset to end ${group}`);
    const ordered = inHashOrder(partitions);
    for (const { topic } of ordered) println(this.io.stdout, `Topic: ${topic}`);
    const ends = await this.at(ordered, LATEST);
    return ordered.map(({ topic, partition }) => ({ topic, partition, ...ends.get(`${topic}-${partition}`)! }));
  }
}
