import type { BrokerSettings } from './api';

const MOST_REPLICAS = 3;

/** A broker's properties: what suits a cluster of this size, then what was asked for. */
export function settingsOf(
  {
    id,
    count,
    host,
    port,
    dir,
    zookeeper,
  }: {
    readonly id: number;
    readonly count: number;
    readonly host: string;
    readonly port: number;
    readonly dir: string;
    readonly zookeeper: string;
  },
  config: BrokerSettings,
): string {
  const replicas = Math.min(count, MOST_REPLICAS);
  const settings: BrokerSettings = {
    'broker.id': id,
    listeners: `PLAINTEXT://${host}:${port}`,
    'log.dirs': dir,
    'zookeeper.connect': zookeeper,
    'default.replication.factor': replicas,
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': Math.max(1, replicas - 1),
    // Nobody who tests wants to wait for more members.
    'group.initial.rebalance.delay.ms': 0,
    ...config,
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${escaped(String(value))}\n`)
    .join('');
}

/** As a properties file has it. */
const escaped = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replace(/^ /, '\\ ');
