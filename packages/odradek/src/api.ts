// The build makes the package's type declarations of this file as it is: it imports nothing.

/** Settings of a broker by Kafka's own names, such as `{ 'num.partitions': 3 }`. */
export type BrokerSettings = Readonly<Record<string, string | number | boolean>>;

export interface ClusterOptions {
  /** How many brokers; 1 where omitted. Their ids are 0, 1, 2 … */
  readonly brokers?: number;
  /**
   * A ZooKeeper to use, as in `zookeeper.connect`: `host:2181`, or `host:2181/chroot` for a tree of its own. Where omitted, a
   * coordination service in memory stands in for it.
   */
  readonly zookeeper?: string;
  /** Settings of all brokers, over what suits a cluster of this size. */
  readonly config?: BrokerSettings;
  /** The port of the first broker; the others take the ones after it. Free ports where omitted. */
  readonly port?: number;
  /** The port of the coordination service; a free one where omitted. */
  readonly zookeeperPort?: number;
  /** The web console, at the first broker: its port, or true for a free one. `Cluster.console` says where it is. None where omitted. */
  readonly console?: number | boolean;
  /** The address that brokers listen on and tell clients; 127.0.0.1 where omitted. */
  readonly host?: string;
  /** Where logs and data go. They stay there. Where omitted it is a temporary folder that goes with the cluster. */
  readonly dir?: string;
  /** Each broker as a process of its own, instead of a thread of this one. */
  readonly processes?: boolean;
  /** From this level on brokers write to the files in their folder: ERROR, WARN, INFO (where omitted), DEBUG, TRACE. */
  readonly logLevel?: 'ERROR' | 'WARN' | 'INFO' | 'DEBUG' | 'TRACE';
}

export interface ClusterBroker {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  readonly isRunning: boolean;
  /** What it writes of itself. */
  readonly logFile: string;
}

export interface Cluster {
  /** `host:port` of each broker: what `new Kafka({ brokers: cluster.addresses })` of kafkajs takes. */
  readonly addresses: string[];
  /** The same as one text: what `bootstrap.servers` takes. */
  readonly bootstrapServers: string;
  /** `host:port` of the coordination service, or what was given: zookeeper-shell and Kafka's tools can look at it. */
  readonly zookeeper: string;
  /** Where a browser shows the cluster; null without the option. */
  readonly console: string | null;
  readonly brokers: readonly ClusterBroker[];
  readonly dir: string;
  /** Ends a broker as kill -9 does: nothing is handed over, nothing is flushed. Resolves when it is gone. */
  kill(brokerId: number): Promise<void>;
  /** Starts a broker that was killed or stopped, on its data and its port. Resolves when all know it. */
  restart(brokerId: number): Promise<void>;
  /** Stops one broker cleanly; without an id the whole cluster, whose temporary folder is deleted. */
  stop(brokerId?: number): Promise<void>;
}

/**
 * Starts brokers, and what coordinates them, in threads of this process or in processes of their own. Resolves once every
 * broker knows all others: what is asked of it then succeeds. Rejects with the reason where one cannot start; nothing is left
 * behind then.
 */
export type StartCluster = (options?: ClusterOptions) => Promise<Cluster>;
