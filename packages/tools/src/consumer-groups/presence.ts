import type { GroupDescription } from '../client/groups-admin';
import { type JsonDocument, jsonError } from '../json-output';
import { type Outs, println } from '../print';
import { kafkaException, ServerError } from '../tool-error';

/**
 * Says what is to be said of a group's state before its rows. Returns whether it has rows that are worth printing.
 * Throws `ToolError` where the state is none of a classic group's.
 */
export function announce({ groupId, state }: GroupDescription, rowCount: number, outs: Outs): boolean {
  switch (state) {
    case 'Dead':
      println(outs.stdout, `\nError: Consumer group '${groupId}' does not exist.`);
      return false;
    case 'Empty':
      println(outs.stderr, `\nConsumer group '${groupId}' has no active members.`);
      break;
    case 'PreparingRebalance':
    case 'CompletingRebalance':
    case 'Assigning':
    case 'Reconciling':
      println(outs.stderr, `\nWarning: Consumer group '${groupId}' is rebalancing.`);
      break;
    case 'Stable':
      break;
    default:
      throw kafkaException(`Expected a valid consumer group state, but found 'Unknown'.`);
  }
  return rowCount > 0;
}

/** A group's part of a JSON document. A group that does not exist is in the state Dead, as brokers have it. */
export const groupJson = ({ groupId, state }: GroupDescription, details: JsonDocument): JsonDocument => ({
  group: groupId,
  state,
  ...details,
  ...(state === 'Dead' && jsonError(new ServerError('GROUP_ID_NOT_FOUND'))),
});
