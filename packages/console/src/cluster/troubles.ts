import type { Reassignment } from '@odradek/tools/client/reassignments';
import type { Trouble, TroubledPartition } from '../api';
import { isOffline, isUnderReplicated, type PartitionState, type Topology } from './topology';

/** What is known of the cluster beside its topology, as far as it explains anything. */
export interface Circumstances {
  /** `min.insync.replicas` by topic; those that are not known are absent. */
  readonly minIsrs: ReadonlyMap<string, number>;
  /** By `topic-partition`. */
  readonly reassignments: ReadonlyMap<string, Reassignment>;
  /** How many records a broker's replica is behind; undefined: not known. */
  readonly lagOf: (brokerId: number, topic: string, partition: number) => number | undefined;
}

/** The page shows what is worst; totals count all. */
export const MAX_TROUBLED = 500;

const RANKS: readonly Trouble[] = ['OFFLINE', 'UNDER_MIN_ISR', 'UNDER_REPLICATED'];

export interface Troubles {
  readonly underReplicated: number;
  readonly offline: number;
  readonly underMinIsr: number;
  readonly partitions: readonly TroubledPartition[];
}

function troubleOf(topic: string, partition: PartitionState, { minIsrs }: Circumstances): Trouble | undefined {
  if (isOffline(partition)) return 'OFFLINE';
  if (partition.isr.length < (minIsrs.get(topic) ?? 0)) return 'UNDER_MIN_ISR';
  return isUnderReplicated(partition) ? 'UNDER_REPLICATED' : undefined;
}

/** All partitions that want something, the worst first, each with its reason. */
export function troublesOf(topology: Topology, circumstances: Circumstances): Troubles {
  const counts = { underReplicated: 0, offline: 0, underMinIsr: 0 };
  const alive = new Set(topology.brokers.map(({ id }) => id));
  const found: TroubledPartition[] = [];
  for (const { name: topic, partitions } of topology.topics.values()) {
    for (const each of partitions) {
      const trouble = troubleOf(topic, each, circumstances);
      if (!trouble) continue;
      if (isOffline(each)) counts.offline++;
      if (isUnderReplicated(each)) counts.underReplicated++;
      if (each.isr.length < (circumstances.minIsrs.get(topic) ?? 0)) counts.underMinIsr++;
      const { partition, leader, replicas, isr } = each;
      const why = (trouble === 'OFFLINE' ? whyOffline : whyMissing)(topic, each, alive, circumstances);
      found.push({ topic, partition, leader, replicas, isr, trouble, why });
    }
  }
  // Stable: within a rank they stay in the order of their topics.
  found.sort((a, b) => RANKS.indexOf(a.trouble) - RANKS.indexOf(b.trouble));
  return { ...counts, partitions: found.slice(0, MAX_TROUBLED) };
}

const brokersText = (ids: readonly number[]): string => `${ids.length === 1 ? 'broker' : 'brokers'} ${ids.join(', ')}`;

function whyOffline(_topic: string, { isr, replicas }: PartitionState, alive: ReadonlySet<number>): string {
  const able = isr.length > 0 ? isr : replicas;
  const dead = able.filter((id) => !alive.has(id));
  if (dead.length === 0)
    return `no leader: the log of ${brokersText(able)} cannot be used, or an election is under way`;
  const rest = replicas.filter((id) => alive.has(id) && !able.includes(id));
  const behind = rest.length > 0 ? `; ${brokersText(rest)} may lack records and must not lead` : '';
  return `no leader: ${brokersText(dead)}, in sync last, ${dead.length === 1 ? 'is' : 'are'} not alive${behind}`;
}

function whyMissing(
  topic: string,
  { partition, replicas, isr, offline }: PartitionState,
  alive: ReadonlySet<number>,
  { minIsrs, reassignments, lagOf }: Circumstances,
): string {
  const adding = reassignments.get(`${topic}-${partition}`)?.addingReplicas ?? [];
  const reasons = replicas
    .filter((id) => !isr.includes(id))
    .map((id) => {
      if (!alive.has(id)) return `broker ${id} is not alive`;
      if (offline.includes(id)) return `the log dir of broker ${id} has failed`;
      const lag = lagOf(id, topic, partition);
      const behind = lag === undefined || lag <= 0 ? '' : ` (${lag} ${lag === 1 ? 'record' : 'records'} behind)`;
      return adding.includes(id) ? `broker ${id} is being added${behind}` : `broker ${id} is not in sync${behind}`;
    });
  const minIsr = minIsrs.get(topic) ?? 0;
  if (isr.length < minIsr) reasons.unshift(`${isr.length} in sync of the ${minIsr} of min.insync.replicas`);
  return reasons.join('; ');
}
