import type { Scenario } from '../main';
import { admin } from './admin';
import { alterPartition } from './alter-partition';
import { configs } from './configs';
import { control } from './control';
import { controller } from './controller';
import { damaged } from './damaged';
import { fetch } from './fetch';
import { following } from './following';
import { formats } from './formats';
import { groupOddities } from './group-oddities';
import { groupOffsets } from './group-offsets';
import { groupStates } from './group-states';
import { groups } from './groups';
import { idempotence } from './idempotence';
import { ids } from './ids';
import { leaderless } from './leaderless';
import { limited } from './limits';
import { malformed } from './malformed';
import { leavingNobody } from './members';
import { metadata } from './metadata';
import { movedCoordinators } from './moved-coordinators';
import { movedGroups } from './moved-groups';
import { notLeading } from './not-leading';
import { offsets } from './offsets';
import { produce } from './produce';
import { produceCodecs } from './produce-codecs';
import { produceCrooked } from './produce-crooked';
import { quotas } from './quotas';
import { readCommitted } from './read-committed';
import { reassign } from './reassignments';
import { rebalances } from './rebalances';
import { storedStates } from './stored-states';
import { topics } from './topics';
import { transactionOddities } from './transaction-oddities';
import { transactionRecords } from './transaction-records';
import { leavingNothingOpen } from './transactional-producer';
import { transactions } from './transactions';
import { txnMarkers } from './txn-markers';
import { txnOffsets } from './txn-offsets';
import { legacyWrappers } from './wrappers';

/** Every scenario, in the order in which they run: what shakes the brokers comes last. */
export const ALL: readonly Scenario[] = [
  ...malformed,
  ...metadata,
  ...topics,
  ...produce,
  ...produceCodecs,
  ...produceCrooked,
  ...legacyWrappers,
  ...formats,
  ...fetch,
  ...offsets,
  ...ids,
  ...configs,
  ...admin,
  ...quotas,
  ...leavingNobody(groups),
  ...leavingNobody(groupOffsets),
  ...leavingNobody(groupOddities),
  ...groupStates,
  ...leavingNobody(rebalances),
  ...leavingNothingOpen(transactions),
  ...leavingNothingOpen(transactionRecords),
  ...leavingNothingOpen(transactionOddities),
  ...leavingNothingOpen(txnMarkers),
  ...leavingNothingOpen(leavingNobody(txnOffsets)),
  ...readCommitted,
  ...following,
  ...alterPartition,
  ...reassign,
  ...controller,
  ...damaged,
  ...leaderless,
  ...control,
  ...notLeading,
  ...idempotence,
  ...movedCoordinators,
  ...movedGroups,
  ...storedStates,
  ...limited,
];
