import type { BrokerConfig } from './config/broker-config';
import { ConfigError } from './config/errors';
import { REPLICA_SELECTOR_CLASSES } from './replication/replica-selector';

interface Refusal {
  readonly key: string;
  readonly value: string;
  readonly why: string;
}

/**
 * Settings that promise what this broker does not give, protection above all: it does not start, rather than serve
 * without. Each is said with its remedy.
 */
function refusals({ values, listeners }: BrokerConfig): Refusal[] {
  const found: Refusal[] = listeners
    .filter(({ securityProtocol }) => securityProtocol !== 'PLAINTEXT')
    .map(({ listenerName, securityProtocol }) => ({
      key: 'listeners',
      value: `${listenerName} (${securityProtocol})`,
      why: 'TLS and SASL listeners are not served yet; use a PLAINTEXT listener on a network that you trust',
    }));
  if (values.authorizerClassName !== '') {
    const why = 'authorizers are not supported yet; leave it empty, or every client would be let in unchecked';
    found.push({ key: 'authorizer.class.name', value: values.authorizerClassName, why });
  }
  if (values.zookeeperSetAcl) {
    const why = 'it needs an authenticated ZooKeeper session, which is not supported yet; set it to false';
    found.push({ key: 'zookeeper.set.acl', value: 'true', why });
  }
  if (values.zookeeperSslClientEnable) {
    const why = 'TLS to ZooKeeper is not supported yet; connect to a plain client port';
    found.push({ key: 'zookeeper.ssl.client.enable', value: 'true', why });
  }
  if (values.remoteLogStorageSystemEnable) {
    const why = 'tiered storage is not supported; set it to false, and no topic can ask for it';
    found.push({ key: 'remote.log.storage.system.enable', value: 'true', why });
  }
  if (values.zookeeperMetadataMigrationEnable) {
    const why = 'this broker cannot take part in a migration to KRaft; set it to false';
    found.push({ key: 'zookeeper.metadata.migration.enable', value: 'true', why });
  }
  const { replicaSelectorClass: selector } = values;
  if (selector !== null && !REPLICA_SELECTOR_CLASSES.includes(selector)) {
    const why = `classes of one's own cannot be loaded; use one of ${REPLICA_SELECTOR_CLASSES.join(', ')}, or leave it out`;
    found.push({ key: 'replica.selector.class', value: selector, why });
  }
  return found;
}

/** Throws `ConfigError` that names every such setting. */
export function refuseUnsupported(config: BrokerConfig): void {
  const lines = refusals(config).map(({ key, value, why }) => `${key}=${value}: ${why}.`);
  if (lines.length > 0) throw new ConfigError(lines.join('\n'));
}
