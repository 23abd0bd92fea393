import type { ErrorName } from '@odradek/protocol/errors';

/** What members are told where a group's record was not stored (GroupMetadataManager.storeGroup). */
export function storeError(appendError: ErrorName): ErrorName {
  // Members join again: the leader's assignment may or may not be in the log.
  if (appendError === 'REQUEST_TIMED_OUT') return 'REBALANCE_IN_PROGRESS';
  return isTooLarge(appendError) ? 'UNKNOWN_SERVER_ERROR' : ofCoordinator(appendError);
}

/** What a client is told whose commit was not stored (GroupMetadataManager.maybeConvertOffsetCommitError). */
export function commitError(appendError: ErrorName): ErrorName {
  // The coordinator of the transaction could not be asked.
  if (appendError === 'NETWORK_EXCEPTION') return 'COORDINATOR_LOAD_IN_PROGRESS';
  return isTooLarge(appendError) ? 'INVALID_COMMIT_OFFSET_SIZE' : ofCoordinator(appendError);
}

/** A client knows nothing of the partition behind its coordinator. */
function ofCoordinator(appendError: ErrorName): ErrorName {
  switch (appendError) {
    case 'UNKNOWN_TOPIC_OR_PARTITION':
    case 'NOT_ENOUGH_REPLICAS':
    case 'NOT_ENOUGH_REPLICAS_AFTER_APPEND':
      return 'COORDINATOR_NOT_AVAILABLE';
    case 'NOT_LEADER_OR_FOLLOWER':
    case 'KAFKA_STORAGE_ERROR':
      return 'NOT_COORDINATOR';
    default:
      return appendError;
  }
}

function isTooLarge(appendError: ErrorName): boolean {
  return (
    appendError === 'MESSAGE_TOO_LARGE' ||
    appendError === 'RECORD_LIST_TOO_LARGE' ||
    appendError === 'INVALID_FETCH_SIZE'
  );
}
