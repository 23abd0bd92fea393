/** One replica that could serve a consumer, as its leader sees it. */
export interface ReplicaView {
  readonly id: number;
  /** Null where its broker has none, or cannot be reached on the consumer's listener. */
  readonly rack: string | null;
  readonly logEndOffset: number;
  readonly sinceCaughtUpMs: number;
}

/** Chooses the replica that a consumer in `clientRack` had best read from (KIP-392). Pure. */
export type ReplicaSelector = (
  clientRack: string,
  replicas: readonly ReplicaView[],
  leader: ReplicaView,
) => ReplicaView;

/**
 * The leader, if it stands in the consumer's rack; else the replica there that is furthest; the leader where there is none
 * (Kafka's RackAwareReplicaSelector).
 */
export const rackAware: ReplicaSelector = (clientRack, replicas, leader) => {
  if (clientRack === '' || leader.rack === clientRack) return leader;
  const near = replicas.filter(({ rack }) => rack === clientRack);
  return (
    near.reduce<ReplicaView | null>((best, replica) => (best && isFurther(best, replica) ? best : replica), null) ??
    leader
  );
};

function isFurther(one: ReplicaView, other: ReplicaView): boolean {
  if (one.logEndOffset !== other.logEndOffset) return one.logEndOffset > other.logEndOffset;
  if (one.sinceCaughtUpMs !== other.sinceCaughtUpMs) return one.sinceCaughtUpMs < other.sinceCaughtUpMs;
  return one.id > other.id;
}

const PACKAGE = 'org.apache.kafka.common.replica';

/** By the names of Kafka's classes; null for those who always read from the leader. */
const SELECTORS: ReadonlyMap<string, ReplicaSelector | null> = new Map([
  [`${PACKAGE}.LeaderSelector`, null],
  [`${PACKAGE}.RackAwareReplicaSelector`, rackAware],
]);

/** What `replica.selector.class` may say. */
export const REPLICA_SELECTOR_CLASSES: readonly string[] = [...SELECTORS.keys()];

/** The selector of that class; null where consumers read from leaders, as by default. */
export function replicaSelectorOf(className: string | null): ReplicaSelector | null {
  return className === null ? null : (SELECTORS.get(className) ?? null);
}
