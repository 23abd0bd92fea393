import { LOOK_AT_ZOOKEEPER, loneFinding } from './address-checks';
import type { BrokerFacts, ClusterFacts, Finding, LogDirFacts, PartitionFacts } from './facts';

export const OFFSETS = '__consumer_offsets';
const TRANSACTIONS = '__transaction_state';
/** A log folder with less than this share left is nearly full. */
const SCARCE_SHARE = 0.05;
/** As many partitions are named in one finding. */
const NAMED = 5;

const names = (partitions: readonly PartitionFacts[]): string => {
  const named = partitions.slice(0, NAMED).map(({ topic, partition }) => `${topic}-${partition}`);
  const more = partitions.length - named.length;
  return more > 0 ? `${named.join(', ')} and ${more} more` : named.join(', ');
};

const numberOf = ({ settings }: BrokerFacts, name: string): number | null => {
  const text = settings.get(name);
  return text === undefined ? null : Number(text);
};

/** What is wrong with a cluster that can be talked to. */
export function clusterFindings(cluster: ClusterFacts): Finding[] {
  return [
    ...controllerFindings(cluster),
    ...partitionFindings(cluster),
    ...replicationFindings(cluster),
    ...groupFindings(cluster),
    ...cluster.brokers.flatMap(logDirFindings),
  ];
}

function controllerFindings(cluster: ClusterFacts): Finding[] {
  const { controllerId, brokers } = cluster;
  if (controllerId >= 0 && brokers.some(({ id }) => id === controllerId)) return [];
  // What a broker knows of brokers it knows from its controller, and keeps while ZooKeeper is away.
  if (brokers.length === 0) return [loneFinding(cluster)];
  return [
    {
      level: 'error',
      problem: 'The cluster has no controller: no topic can be created, and no leader elected.',
      remedy: LOOK_AT_ZOOKEEPER,
    },
  ];
}

const counted = ({ length }: readonly unknown[], one: string, many = one): string =>
  length === 1 ? `1 partition has ${one}` : `${length} partitions have ${many}`;

function partitionFindings({ partitions, brokers }: ClusterFacts): Finding[] {
  const live = new Set(brokers.map(({ id }) => id));
  const leaderless = partitions.filter(({ leader }) => leader < 0);
  const behind = partitions.filter(({ leader, isr, replicas }) => leader >= 0 && isr.length < replicas.length);
  const findings: Finding[] = [];
  if (leaderless.length > 0) {
    const dead = new Set(leaderless.flatMap(({ replicas, isr }) => (isr.length > 0 ? isr : replicas)));
    const missing = [...dead].filter((id) => !live.has(id)).sort((a, b) => a - b);
    findings.push({
      level: 'error',
      problem: `${counted(leaderless, 'no leader and serves nobody', 'no leader and serve nobody')}: ${names(leaderless)}.`,
      remedy:
        missing.length > 0
          ? `start broker ${missing.join(', ')} again: it has the last complete copy. If it is lost for good: bin/kafka-leader-election.sh --election-type unclean, which loses what only that copy had.`
          : 'look into the log of the controller for why none of their replicas can lead.',
    });
  }
  if (behind.length > 0) {
    const missing = [...new Set(behind.flatMap(({ replicas, isr }) => replicas.filter((id) => !isr.includes(id))))];
    const dead = missing.filter((id) => !live.has(id));
    findings.push({
      level: 'warning',
      problem: `${counted(behind, 'replicas that are not in sync')}: ${names(behind)}.`,
      remedy:
        dead.length > 0
          ? `start broker ${dead.join(', ')} again.`
          : `wait until broker ${missing.join(', ')} has caught up; if it does not, its log says why.`,
    });
  }
  return findings;
}

/** Settings that ask for more replicas than there are brokers: what needs them cannot be made. */
function replicationFindings({ brokers, partitions }: ClusterFacts): Finding[] {
  const exists = (topic: string): boolean => partitions.some((partition) => partition.topic === topic);
  const count = brokers.length;
  const findings: Finding[] = [];
  const check = (setting: string, topic: string | null, consequence: string, level: Finding['level']): void => {
    if (topic !== null && exists(topic)) return;
    const wanted = Math.max(...brokers.map((broker) => numberOf(broker, setting) ?? 0));
    if (wanted <= count) return;
    findings.push({
      level,
      problem: `${setting} is ${wanted}, but there ${count === 1 ? 'is 1 broker' : `are ${count} brokers`}: ${consequence}`,
      remedy: `set ${setting}=${count} in the properties of every broker and start them again, or start ${wanted - count} more.`,
    });
  };
  check('offsets.topic.replication.factor', OFFSETS, 'groups cannot work, and their consumers wait for ever.', 'error');
  check('transaction.state.log.replication.factor', TRANSACTIONS, 'transactions cannot work.', 'warning');
  check('default.replication.factor', null, 'topics cannot be created without naming a replication factor.', 'warning');
  return [...findings, ...minIsrFindings(brokers, partitions)];
}

function minIsrFindings(brokers: readonly BrokerFacts[], partitions: readonly PartitionFacts[]): Finding[] {
  const findings: Finding[] = [];
  const fewest = (topic: string): number =>
    Math.min(...partitions.filter((one) => one.topic === topic).map(({ replicas }) => replicas.length));
  for (const [topic, setting] of [[TRANSACTIONS, 'transaction.state.log.min.isr']] as const) {
    const wanted = Math.max(...brokers.map((broker) => numberOf(broker, setting) ?? 0));
    const replicas = fewest(topic);
    if (!Number.isFinite(replicas) || replicas >= wanted) continue;
    findings.push({
      level: 'error',
      problem: `${topic} has ${replicas} replicas, but ${setting} is ${wanted}: no transaction can be committed.`,
      remedy: `bin/kafka-configs.sh --alter --entity-type topics --entity-name ${topic} --add-config min.insync.replicas=${replicas}`,
    });
  }
  return findings;
}

function groupFindings({ groupCoordinator }: ClusterFacts): Finding[] {
  if (groupCoordinator === 'NONE') return [];
  return [
    {
      level: 'warning',
      problem: `A group's coordinator cannot be named (${groupCoordinator}).`,
      remedy: `look at the leaders of ${OFFSETS}: bin/kafka-topics.sh --describe --topic ${OFFSETS}`,
    },
  ];
}

function logDirFindings({ id, logDirs }: BrokerFacts): Finding[] {
  return logDirs.flatMap((dir): Finding[] => {
    if (dir.error !== 'NONE') {
      return [
        {
          level: 'error',
          problem: `The log folder ${dir.path} of broker ${id} is offline (${dir.error}).`,
          remedy: `look into the log of broker ${id} for what its disk said; mend it, and start the broker again.`,
        },
      ];
    }
    const share = shareLeft(dir);
    if (share === null || share >= SCARCE_SHARE) return [];
    return [
      {
        level: 'warning',
        problem: `The disk of ${dir.path} of broker ${id} has ${(share * 100).toFixed(1)} % left.`,
        remedy:
          'make room, or lower retention.bytes or retention.ms of large topics (bin/kafka-log-dirs.sh --describe).',
      },
    ];
  });
}

const shareLeft = ({ usableBytes, totalBytes }: LogDirFacts): number | null =>
  usableBytes === null || totalBytes === null || totalBytes === 0 ? null : usableBytes / totalBytes;
