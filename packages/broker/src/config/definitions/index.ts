import type { Definitions, ValuesOf } from '../definition';
import { groupConfigs } from './groups';
import { kraftConfigs } from './kraft';
import { logConfigs } from './log';
import { metricsConfigs } from './metrics';
import { quorumConfigs } from './quorum';
import { quotaConfigs } from './quotas';
import { remoteStorageConfigs } from './remote-storage';
import { replicationConfigs } from './replication';
import { secretConfigs } from './secrets';
import { securityConfigs } from './security';
import { serverConfigs } from './server';
import { shareConfigs } from './share';
import { socketConfigs } from './sockets';
import { transactionConfigs } from './transactions';
import { zookeeperConfigs } from './zookeeper';

/**
 * THE LIST: every broker config of Kafka 3.9. The order is Apache's: of several wrong values it reports the first here.
 */
export const brokerConfigs = {
  ...remoteStorageConfigs,
  ...zookeeperConfigs,
  ...serverConfigs,
  ...kraftConfigs,
  ...socketConfigs,
  ...replicationConfigs,
  ...groupConfigs,
  ...logConfigs,
  ...shareConfigs,
  ...transactionConfigs,
  ...quorumConfigs,
  ...metricsConfigs,
  ...quotaConfigs,
  ...securityConfigs,
  ...secretConfigs,
} satisfies Definitions;

export type BrokerConfigName = keyof typeof brokerConfigs;
export type BrokerConfigValues = ValuesOf<typeof brokerConfigs>;

/** A broker config by any text, or undefined where Kafka has none of that name. */
export function brokerConfig(name: string): Definitions[string] | undefined {
  return Object.hasOwn(brokerConfigs, name) ? brokerConfigs[name as BrokerConfigName] : undefined;
}
