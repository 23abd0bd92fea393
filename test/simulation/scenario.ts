import { SeededRandom } from '@odradek/broker/env/simulation/random';
import type { FaultName } from './nemesis';

export interface Scenario {
  readonly seed: number;
  readonly brokers: number;
  readonly zooKeepers: number;
  readonly partitions: number;
  /** How long things are broken. */
  readonly troubleMs: number;
  readonly faults: readonly FaultName[];
  /** Between two batches of one producer for one partition, at most. */
  readonly producerPauseMs: number;
  /** Between two deeds of an administrator, at most; 0 where there is none. */
  readonly adminPauseMs: number;
  /** Who copy the topic in transactions, and what a transaction may have. */
  readonly copiers: number;
  readonly copiedRecords: number;
  readonly transactionTimeoutMs: number;
  /** Groups whose members come and go. */
  readonly groups: number;
  readonly settings: Readonly<Record<string, string | number>>;
  readonly topicConfigs: Readonly<Record<string, string>>;
}

const ALWAYS: readonly FaultName[] = [
  'kill',
  'long absence',
  'clean stop',
  'crash in a write',
  'pause',
  'partition',
  'one-way partition',
  'slow network',
  'refused while alive',
  'ZooKeeper cut off',
  'ZooKeeper connections lost',
  'ZooKeeper session expired',
  'ZooKeeper server down',
  'ZooKeeper away',
  'slow disk',
  'failing disk',
  'full disk',
  'clock jumps',
];

/** What a seed means: which cluster, and what happens to it. */
export function scenarioOf(seed: number): Scenario {
  const random = new SeededRandom(seed ^ 0x51b0);
  const isFlushed = random.oneIn(4);
  // Each seed has its favourite faults, so that some runs are all kills and others all network.
  const favourites = ALWAYS.filter(() => random.oneIn(3));
  const faults = favourites.length > 0 ? favourites : ALWAYS;
  return {
    seed,
    brokers: random.pick([1, 3, 3, 3, 5]),
    zooKeepers: random.pick([1, 3]),
    partitions: random.pick([1, 3, 6]),
    troubleMs: random.pick([20_000, 60_000]),
    // Kafka promises nothing after a power cut but where every write is flushed.
    faults: isFlushed ? [...faults, 'power cut'] : faults,
    producerPauseMs: random.pick([300, 1_000, 5_000]),
    adminPauseMs: random.pick([0, 500, 3_000]),
    settings: {
      'log.segment.bytes': random.pick([20_000, 1_000_000]),
      'log.index.interval.bytes': random.pick([100, 4_096]),
      ...(isFlushed && { 'log.flush.interval.messages': 1 }),
      'replica.lag.time.max.ms': random.pick([3_000, 30_000]),
      'leader.imbalance.check.interval.seconds': random.pick([5, 300]),
    },
    topicConfigs: {},
    copiers: random.pick([0, 1, 2, 2]),
    copiedRecords: random.pick([20, 100, 500]),
    transactionTimeoutMs: random.pick([3_000, 15_000]),
    groups: random.pick([0, 1, 2]),
  };
}
