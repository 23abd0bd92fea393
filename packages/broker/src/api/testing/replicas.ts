import { KafkaError } from '@odradek/protocol/errors';
import type { ManualClock } from '../../env/testing/clock';
import { MemoryLoggers } from '../../env/testing/logger';
import { fixture } from '../../log/testing/fixture';
import { Partition } from '../../replication/partition';

/** The id of the broker whose replicas they are. */
export const BROKER = 1;
export const FOLLOWER = 2;

/** Partitions 0 of some topics on one broker, on a disk in memory: what handlers know as `services.replicas`. */
export class TestPartitions {
  readonly loggers = new MemoryLoggers();
  readonly clock: ManualClock;
  private readonly open: ReturnType<typeof fixture>['open'];
  private readonly byName = new Map<string, Partition>();

  constructor() {
    const { clock, open } = fixture();
    this.clock = clock;
    this.open = open;
  }

  /** One that `leader` leads. */
  add(topic: string, leader = BROKER, replicas: readonly number[] = [BROKER]): Partition {
    const { clock, loggers } = this;
    const partition = new Partition(
      {
        topic,
        partition: 0,
        brokerId: BROKER,
        clock,
        loggers,
        alterIsr: () => {},
        isrCounts: { shrinks: 0, expands: 0, failedUpdates: 0 },
        onTruncated: () => {},
        minInsyncReplicas: () => 1,
        replicaLagTimeMaxMs: 30_000,
        isBrokerAlive: () => true,
      },
      this.open({}, { topic, folderName: `${topic}-0` }),
    );
    const epochs = { controllerEpoch: 1, leaderEpoch: 4, partitionEpoch: 0 };
    const order = { ...epochs, leader, isr: replicas, replicas, isNew: false };
    if (leader === BROKER) partition.makeLeader(order);
    else partition.makeFollower(order);
    this.byName.set(`${topic}-0`, partition);
    return partition;
  }

  find(topic: string, index: number): Partition | undefined {
    return this.byName.get(`${topic}-${index}`);
  }

  get(topic: string, index: number): Partition {
    const found = this.find(topic, index);
    if (found === undefined) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION');
    return found;
  }
}
