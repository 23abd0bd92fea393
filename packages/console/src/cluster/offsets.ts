import { ListOffsets } from '@odradek/protocol/messages/list-offsets';
import type { KafkaClient } from '@odradek/tools/client/client';
import type { Topology } from './topology';

/** Special timestamps of ListOffsets. */
export const LATEST = -1;
export const EARLIEST = -2;

/** Offsets by topic and partition; of partitions whose leader could not be asked there are none. */
export type Offsets = ReadonlyMap<string, ReadonlyMap<number, number>>;

/** Partitions by topic. */
export type Wanted = ReadonlyMap<string, readonly number[]>;

/** The partitions that a broker leads. */
export function ledBy({ topics }: Topology, brokerId: number): Map<string, number[]> {
  const led = new Map<string, number[]>();
  for (const { name, partitions } of topics.values()) {
    const own = partitions.filter(({ leader }) => leader === brokerId).map(({ partition }) => partition);
    if (own.length > 0) led.set(name, own);
  }
  return led;
}

/** Asks a leader for the offsets of all of its partitions at once, those of one (special) timestamp. Throws `ToolError`. */
export async function readOffsets(
  client: KafkaClient,
  leader: number,
  wanted: Wanted,
  timestamp: number,
): Promise<Offsets> {
  if (wanted.size === 0) return new Map();
  const topics = [...wanted].map(([name, partitions]) => ({
    name,
    partitions: partitions.map((partitionIndex) => ({ partitionIndex, timestamp })),
  }));
  const answer = await client.sendTo(leader, ListOffsets, { replicaId: -1, isolationLevel: 0, topics });
  return new Map(
    answer.topics.map(({ name, partitions }) => [
      name,
      new Map(
        partitions
          .filter(({ errorCode }) => errorCode === 0)
          .map(({ partitionIndex, offset }) => [partitionIndex, offset]),
      ),
    ]),
  );
}

/** The answers of several leaders as one. */
export function mergeOffsets(answers: Iterable<Offsets | null>): Offsets {
  const all = new Map<string, Map<number, number>>();
  for (const answer of answers) {
    for (const [topic, offsets] of answer ?? []) {
      const into = all.get(topic) ?? new Map<number, number>();
      all.set(topic, into);
      for (const [partition, offset] of offsets) into.set(partition, offset);
    }
  }
  return all;
}
