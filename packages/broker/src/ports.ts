import type { Background } from './env/background';
import type { Clock } from './env/clock';
import type { Console } from './env/console';
import type { Disk } from './env/disk';
import type { Http } from './env/http';
import type { LevelledLoggers } from './env/logger';
import type { Network } from './env/network';
import type { Random } from './env/random';
import type { ZooKeeper } from './env/zookeeper';

/** The world that a broker lives in. */
export interface BrokerPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly background: Background;
  readonly network: Network;
  readonly http: Http;
  readonly console: Console;
  readonly zookeeper: ZooKeeper;
  readonly loggers: LevelledLoggers;
  /** The machine's own name: advertised where a listener names no host. */
  readonly hostname: string;
}
