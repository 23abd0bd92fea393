import { errorName } from '@odradek/protocol/errors';
import { LeaveGroup } from '@odradek/protocol/messages/leave-group';
import type { Admin } from '../client/admin';
import { executionError } from '../client/futures';
import type { GroupDescription, GroupsAdmin, MemberDescription } from '../client/groups-admin';
import { partitionText } from '../client/partitions';
import { type Io, println } from '../print';
import { kafkaException, ServerError, ToolError } from '../tool-error';

const MAX_RETRIES = 3;
/** From this version on one request removes several members (KIP-345). */
const FIRST_WITH_SEVERAL = 3;
const FIRST_WITH_REASON = 5;
const REASON = 'member was removed by an admin';

/** org.apache.kafka.clients.admin.MemberDescription as Java prints it. */
export const memberText = ({ memberId, groupInstanceId, clientId, host, assignment }: MemberDescription): string =>
  `(memberId=${memberId}, groupInstanceId=${groupInstanceId}, clientId=${clientId}, host=${host}, ` +
  `assignment=(topicPartitions=${assignment.map(partitionText).join(',')}), targetAssignment=Optional.empty)`;

async function removeAll(admin: Admin, { groupId, coordinator, members }: GroupDescription): Promise<void> {
  const memberIn =
    (version: number) =>
    ({ memberId, groupInstanceId }: MemberDescription) => ({
      memberId: groupInstanceId === null ? memberId : '',
      groupInstanceId,
      ...(version >= FIRST_WITH_REASON && { reason: REASON }),
    });
  const request = (version: number) =>
    version < FIRST_WITH_SEVERAL
      ? { groupId, memberId: members[0]!.memberId }
      : { groupId, members: members.map(memberIn(version)) };
  await admin.call('leaveGroup', async (call) => {
    const response = await admin.toBroker(call, coordinator.id, LeaveGroup, request);
    if (response.errorCode !== 0) throw new ServerError(errorName(response.errorCode));
    const refused = response.members.find(({ errorCode }) => errorCode !== 0);
    if (!refused) return;
    const cause = new ServerError(errorName(refused.errorCode));
    throw kafkaException('Encounter exception when trying to remove member', cause);
  });
}

const isUnknownMember = ({ cause }: ToolError): boolean =>
  cause instanceof ServerError && cause.error === 'UNKNOWN_MEMBER_ID';

/** Makes sure that nobody is in the group: throws `ToolError` where somebody is, or removes them. */
export async function requireNoMembers(
  admin: Admin,
  groups: GroupsAdmin,
  groupId: string,
  force: boolean,
  io: Io,
): Promise<void> {
  for (let retries = 0; ; retries++) {
    const group = (await groups.describeGroups([groupId])).get(groupId)!;
    if (group instanceof ToolError) {
      if (group instanceof ServerError && group.error === 'GROUP_ID_NOT_FOUND') return;
      throw executionError(group);
    }
    if (group.members.length === 0) return;
    if (!force) {
      throw new ToolError(
        'java.lang.IllegalStateException',
        `Consumer group '${groupId}' is still active and has following members: ` +
          `[${group.members.map(memberText).join(', ')}]. Make sure to stop all running application instances before ` +
          "running the reset tool. You can use option '--force' to remove active members from the group.",
      );
    }
    println(io.stdout, `Force deleting all active members in the group: ${groupId}`);
    try {
      await removeAll(admin, group);
      return;
    } catch (thrown) {
      if (!(thrown instanceof ToolError)) throw thrown;
      // A member that is unknown may have left by itself: asking again tells.
      if (!isUnknownMember(thrown) || retries >= MAX_RETRIES) throw executionError(thrown);
    }
  }
}
