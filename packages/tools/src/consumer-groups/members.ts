import type { GroupDescription, MemberDescription } from '../client/groups-admin';
import { toTopics } from '../client/partitions';
import type { JsonDocument } from '../json-output';
import { type Outs, println } from '../print';
import { inTreeOrder } from './collect';
import { MISSING, row, widthOf } from './columns';
import { announce, groupJson } from './presence';

const LEAST_WIDTH = 15;
const LEAST_INSTANCE_WIDTH = 17;
const COUNT_WIDTH = 15;

/** As Kafka 3.9 writes an assignment: partitions by topic, sorted as texts, and no word of the topic. */
function assignmentText({ assignment }: MemberDescription): string {
  if (assignment.length === 0) return MISSING;
  const topics = toTopics(assignment).map(
    ({ partitions }) => `(${partitions.map(String).sort(inTreeOrder).join(',')})`,
  );
  return topics.sort(inTreeOrder).join(', ');
}

/** The members of a group. The header is printed even where there is no group: so Kafka's tool does. */
export function printMembers(group: GroupDescription, isVerbose: boolean, outs: Outs): void {
  const { groupId, members } = group;
  const isWorthWidths = announce(group, members.length, outs);
  const measured = isWorthWidths ? members : [];
  const hasInstances = measured.some(({ groupInstanceId }) => groupInstanceId);
  const width = (least: number, of: (member: MemberDescription) => string): number => widthOf(least, measured.map(of));
  const widths = [
    Math.max(LEAST_WIDTH, measured.length > 0 ? groupId.length : 0),
    width(LEAST_WIDTH, ({ memberId }) => memberId),
    ...(hasInstances ? [width(LEAST_INSTANCE_WIDTH, ({ groupInstanceId }) => groupInstanceId ?? '')] : []),
    width(LEAST_WIDTH, ({ host }) => host),
    width(LEAST_WIDTH, ({ clientId }) => clientId),
    COUNT_WIDTH,
  ];
  const header = ['GROUP', 'CONSUMER-ID', ...(hasInstances ? ['GROUP-INSTANCE-ID'] : []), 'HOST', 'CLIENT-ID'];
  println(outs.stdout, `\n${row([...header, '#PARTITIONS'], widths)} ${isVerbose ? 'ASSIGNMENT' : ''}`);
  for (const member of members) {
    const { memberId, groupInstanceId, host, clientId, assignment } = member;
    const instance = hasInstances ? [groupInstanceId ?? ''] : [];
    const cells = [groupId, memberId, ...instance, host, clientId, assignment.length];
    println(outs.stdout, `${row(cells, widths)} ${isVerbose ? assignmentText(member) : ''}`);
  }
}

export const membersJson = (group: GroupDescription): JsonDocument =>
  groupJson(group, {
    members: group.members.map(({ memberId, groupInstanceId, host, clientId, assignment }) => ({
      consumerId: memberId,
      groupInstanceId,
      host,
      clientId,
      partitionCount: assignment.length,
      assignment: assignment.map(({ topic, partition }) => ({ topic, partition })),
    })),
  });
