import type { ConnectPeer } from '../cluster/peers';
import type { Processes } from '../cluster/processes';
import type { Clock } from '../env/clock';
import type { Loggers } from '../env/logger';
import type { Random } from '../env/random';
import type { ZooKeeperClient } from '../zookeeper/session';
import type { ZooKeeperStore } from '../zookeeper/store';

/** What a broker's controller is made of. */
export interface ControllerOptions {
  readonly brokerId: number;
  readonly store: ZooKeeperStore;
  readonly client: ZooKeeperClient;
  readonly connect: ConnectPeer;
  /** How the end of other brokers' processes is noticed ahead of ZooKeeper; null where it is not to be. */
  readonly processes: Processes | null;
  readonly clock: Clock;
  readonly random: Random;
  readonly loggers: Loggers;
  readonly controlListenerName: string;
  readonly socketTimeoutMs: number;
  readonly deleteTopicEnabled: boolean;
  /** Whether a topic lets a replica lead that was not in sync. */
  readonly uncleanElectionEnabled: (topic: string) => boolean;
  /** Reads the settings of topics, of which this broker may host no replica. */
  readonly loadTopicConfigs: (topics: Iterable<string>) => Promise<void>;
  /** How often to look whether brokers lead too few of the partitions that prefer them; null where never. */
  readonly leaderBalance: { readonly checkIntervalMs: number; readonly perBrokerPercentage: number } | null;
  /** Registers this broker anew, after its session was lost. */
  readonly registerBroker: () => Promise<void>;
}
