/** A partition's leader and in-sync replicas, as its state znode holds them. */
export interface LeaderAndIsr {
  /** -1 where there is none. */
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly isr: readonly number[];
  /** 0 RECOVERED, 1 RECOVERING: the leader came from an unclean election and has not shown its log yet (KIP-704). */
  readonly leaderRecoveryState: number;
}

export const RECOVERED = 0;
export const RECOVERING = 1;

/** The outcome of an election; null where no replica may lead. */
export interface Choice {
  readonly leader: number;
  readonly isr: readonly number[];
  readonly unclean: boolean;
}

/** A new partition: the first live replica leads, the live ones are in sync. Null where none lives. */
export function chooseForNew(replicas: readonly number[], isLive: (id: number) => boolean): Choice | null {
  const live = replicas.filter(isLive);
  return live.length === 0 ? null : { leader: live[0]!, isr: live, unclean: false };
}

/**
 * A partition without a leader: the first assigned replica that lives and is in sync; if there is none and unclean
 * elections are allowed, the first that lives (Election.leaderForOffline, KIP-106).
 */
export function chooseForOffline(
  replicas: readonly number[],
  current: LeaderAndIsr,
  isLive: (id: number) => boolean,
  uncleanAllowed: boolean,
): Choice | null {
  const leader = replicas.find((id) => isLive(id) && current.isr.includes(id));
  if (leader !== undefined) return { leader, isr: current.isr.filter(isLive), unclean: false };
  if (!uncleanAllowed) return null;
  const unclean = replicas.find(isLive);
  return unclean === undefined ? null : { leader: unclean, isr: [unclean], unclean: true };
}

/** The preferred replica, if it lives and is in sync. */
export function choosePreferred(
  replicas: readonly number[],
  current: LeaderAndIsr,
  isLive: (id: number) => boolean,
): Choice | null {
  const preferred = replicas[0];
  if (preferred === undefined || !isLive(preferred) || !current.isr.includes(preferred)) return null;
  return { leader: preferred, isr: current.isr, unclean: false };
}

/** A partition whose move is over (KIP-455): the first replica that lives and is in sync. */
export function chooseForReassignment(
  replicas: readonly number[],
  current: LeaderAndIsr,
  isLive: (id: number) => boolean,
): Choice | null {
  const leader = replicas.find((id) => isLive(id) && current.isr.includes(id));
  return leader === undefined ? null : { leader, isr: current.isr, unclean: false };
}

/** During a controlled shutdown (KIP-143): the first live, in-sync replica that is not itself on its way out. */
export function chooseForShutdown(
  replicas: readonly number[],
  current: LeaderAndIsr,
  isLive: (id: number) => boolean,
  isShuttingDown: (id: number) => boolean,
): Choice | null {
  const isr = current.isr.filter((id) => !isShuttingDown(id));
  const leader = replicas.find((id) => isLive(id) && isr.includes(id));
  return leader === undefined ? null : { leader, isr, unclean: false };
}

/** What follows from a choice: the next epoch, and RECOVERING after an unclean one. */
export function elected(current: LeaderAndIsr, choice: Choice): LeaderAndIsr {
  return {
    leader: choice.leader,
    leaderEpoch: current.leaderEpoch + 1,
    isr: choice.isr,
    leaderRecoveryState: choice.unclean ? RECOVERING : current.leaderRecoveryState,
  };
}

/** Nothing changes but the epoch: whoever hears of it takes over what comes with it, such as a new list of replicas. */
export function withNextEpoch(current: LeaderAndIsr): LeaderAndIsr {
  return { ...current, leaderEpoch: current.leaderEpoch + 1 };
}

/**
 * A replica leaves: out of the in-sync set, and no leader if it led. The last in-sync replica stays in the set, so that
 * it alone can lead again (KafkaController.doRemoveReplicasFromIsr).
 */
export function withoutReplica(current: LeaderAndIsr, replica: number): LeaderAndIsr {
  const leader = current.leader === replica ? -1 : current.leader;
  const isr = current.isr.length === 1 ? current.isr : current.isr.filter((id) => id !== replica);
  return { ...current, leader, isr, leaderEpoch: current.leaderEpoch + 1 };
}
