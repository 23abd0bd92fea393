import type { GroupDescription, LastRebalance } from '../client/groups-admin';
import type { JsonDocument } from '../json-output';
import type { Outs } from '../print';
import { row } from './columns';
import { announce, groupJson } from './presence';

const HEADER = ['GROUP', 'COORDINATOR (ID)', 'ASSIGNMENT-STRATEGY', 'STATE', '#MEMBERS'];
const LEAST_WIDTH = 25;

/** The state of a group. It is the first column that is as wide as the coordinator is long: so Kafka 3.9 has it. */
export function printState(group: GroupDescription, outs: Outs): void {
  if (!announce(group, 1, outs)) return;
  const { groupId, coordinator, assignor, state, members } = group;
  const where = `${coordinator.host}:${coordinator.port}  (${coordinator.id})`;
  const widths = [Math.max(LEAST_WIDTH, where.length), 25, 20, 15];
  for (const cells of [HEADER, [groupId, where, assignor, state, members.length]]) {
    outs.stdout.write(`\n${row(cells, widths)}`);
  }
  outs.stdout.write('\n');
}

export const stateJson = (group: GroupDescription): JsonDocument => {
  const { coordinator, assignor, members, lastRebalance: last } = group;
  return groupJson(group, {
    coordinator: { id: coordinator.id, host: coordinator.host, port: coordinator.port },
    assignmentStrategy: assignor === '' ? null : assignor,
    memberCount: members.length,
    ...(last && { lastRebalance: lastRebalanceJson(last) }),
  });
};

const lastRebalanceJson = ({ reason, memberId, atMs, durationMs }: LastRebalance): JsonDocument => ({
  reason,
  memberId: memberId === '' ? null : memberId,
  at: new Date(atMs).toISOString(),
  durationMs: durationMs < 0 ? null : durationMs,
});
