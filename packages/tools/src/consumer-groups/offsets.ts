import type { GroupDescription } from '../client/groups-admin';
import { partitionText, type TopicPartition } from '../client/partitions';
import type { JsonDocument } from '../json-output';
import { LATEST } from '../offsets/list-offsets';
import type { Outs } from '../print';
import { type Clients, committedOffsets, inPartitionOrder, inTreeOrder, logOffsets } from './collect';
import { MISSING, row, widthOf } from './columns';
import { announce, groupJson } from './presence';

/** A partition of a group: what it committed there, how much there is, who reads it. */
interface OffsetRow extends TopicPartition {
  readonly currentOffset: number | null;
  readonly logEndOffset: number;
  readonly lag: number | null;
  readonly consumerId: string | null;
  readonly host: string | null;
  readonly clientId: string | null;
}

export interface GroupOffsets {
  readonly group: GroupDescription;
  readonly rows: readonly OffsetRow[];
}

const HEADER = [
  'GROUP',
  'TOPIC',
  'PARTITION',
  'CURRENT-OFFSET',
  'LOG-END-OFFSET',
  'LAG',
  'CONSUMER-ID',
  'HOST',
  'CLIENT-ID',
];
const LEAST_WIDTH = 15;

/** The offsets of a group: members with most partitions first, at last what nobody reads. */
export async function collectOffsets(clients: Clients, group: GroupDescription): Promise<GroupOffsets> {
  const committed = await committedOffsets(clients, group.groupId);
  const offsets = new Map(committed.map((each) => [partitionText(each), each.offset]));
  const members = group.members
    .filter(({ assignment }) => assignment.length > 0)
    .sort((a, b) => b.assignment.length - a.assignment.length);
  const assigned = new Set(members.flatMap(({ assignment }) => assignment.map(partitionText)));
  const owners = [
    ...members.map(({ memberId, host, clientId, assignment }) => ({ memberId, host, clientId, assignment })),
    {
      memberId: null,
      host: null,
      clientId: null,
      assignment: committed.filter((each) => !assigned.has(partitionText(each))),
    },
  ];
  const partitions = owners.flatMap(({ assignment }) => assignment);
  const ends = await logOffsets(clients, partitions, LATEST);
  const rows = owners.flatMap(({ memberId, host, clientId, assignment }) =>
    inPartitionOrder([...inPartitionOrder(assignment)].sort((a, b) => a.partition - b.partition)).map(
      ({ topic, partition }): OffsetRow => {
        const text = partitionText({ topic, partition });
        const currentOffset = offsets.get(text) ?? null;
        const logEndOffset = ends.get(text)!;
        const lag = currentOffset === null ? null : logEndOffset - currentOffset;
        return { topic, partition, currentOffset, logEndOffset, lag, consumerId: memberId, host, clientId };
      },
    ),
  );
  return { group, rows };
}

/** Every row begins with its line break, the last one has none: as Kafka 3.9 prints it. */
export function printOffsets({ group, rows }: GroupOffsets, outs: Outs): void {
  if (!announce(group, rows.length, outs)) return;
  const texts = rows.map((each) => [
    group.groupId,
    each.topic,
    each.partition,
    each.currentOffset ?? MISSING,
    each.logEndOffset,
    each.lag ?? MISSING,
    each.consumerId ?? MISSING,
    each.host ?? MISSING,
    each.clientId ?? MISSING,
  ]);
  const width = (column: number): number =>
    widthOf(
      LEAST_WIDTH,
      texts.map((cells) => String(cells[column])),
    );
  const widths = [width(0), width(1), 10, 15, 15, 15, width(6), width(7)];
  for (const cells of [HEADER, ...texts]) outs.stdout.write(`\n${row(cells, widths)}`);
}

export const offsetsJson = ({ group, rows }: GroupOffsets): JsonDocument =>
  groupJson(group, {
    offsets: rows
      .map((each) => ({ ...each }))
      .sort((a, b) => inTreeOrder(a.topic, b.topic) || a.partition - b.partition),
  });
