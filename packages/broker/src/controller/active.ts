import type { Logger } from '../env/logger';
import type { ZooKeeperStore } from '../zookeeper/store';
import type { BrokerChannels } from './channels';
import type { EarlyNotice } from './early-notice';
import type { RequestBatch } from './requests';
import type { ControllerState } from './state';

/** Elections that this broker has decided as controller, in all its terms of office. */
export interface ElectionCounts {
  /** Those that let a replica lead that was not in sync. */
  unclean: number;
}

/** What the events of an active controller work on. */
export interface ActiveController {
  readonly state: ControllerState;
  readonly store: ZooKeeperStore;
  readonly logger: Logger;
  readonly channels: BrokerChannels;
  /** Null where `odradek.early.failure.detection.enable` is false. */
  readonly early: EarlyNotice | null;
  readonly elections: ElectionCounts;
  readonly deleteTopicEnabled: boolean;
  /** Whether a topic lets a replica lead that was not in sync. */
  readonly uncleanElectionEnabled: (topic: string) => boolean;
  /** Reads the settings of topics, of which this broker may host no replica. */
  readonly loadTopicConfigs: (topics: Iterable<string>) => Promise<void>;
  readonly randomTopicId: () => string;
  /** Sends what an event has collected. */
  send(batch: RequestBatch): void;
  watchTopic(topic: string): void;
  unwatchTopic(topic: string): void;
  watchBroker(id: number): void;
  unwatchBroker(id: number): void;
  /** Looks, as an event of its own, whether `/admin/reassign_partitions` asks for anything, and hears of it from then on. */
  watchReassignmentRequests(): void;
}
