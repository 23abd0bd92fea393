import type { Logger } from '../env/logger';
import type { Network } from '../env/network';
import type { ZooKeeperStore } from '../zookeeper/store';
import { DEFAULT_ENTITY_NAME, desanitize, type EntityConfig } from '../zookeeper/znodes';

/** Whom quotas are for; a name of null is the default of all, a part that is missing is not looked at. */
interface ClientEntity {
  readonly user?: string | null;
  readonly clientId?: string | null;
}

export interface ClientQuotaConfigsOptions {
  readonly store: ZooKeeperStore;
  readonly network: Network;
  readonly logger: Logger;
  readonly onClient: (entity: ClientEntity, config: EntityConfig) => void;
  /** An address's connections per second, or those of every address without its own (null); undefined: no limit. */
  readonly onIp: (address: string | null, connectionRate: number | undefined) => void;
}

const desanitized = (name: string): string | null => (name === DEFAULT_ENTITY_NAME ? null : desanitize(name));

/** Takes quotas in from `/config/clients`, `/config/users` and `/config/ips` (kafka.server.QuotaConfigHandler). */
export class ClientQuotaConfigs {
  constructor(private readonly options: ClientQuotaConfigsOptions) {}

  /** Reads all that are set. One that makes no sense is told of and passed over. */
  async load(): Promise<void> {
    const { configs } = this.options.store;
    const [clients, users, userClients, ips] = await Promise.all([
      configs.getAll('clients'),
      configs.getAll('users'),
      configs.getAllUserClients(),
      configs.getAll('ips'),
    ]);
    const found = [
      ...[...clients].map(([name, config]) => [`clients/${name}`, config] as const),
      ...[...users, ...userClients].map(([name, config]) => [`users/${name}`, config] as const),
      ...[...ips].map(([name, config]) => [`ips/${name}`, config] as const),
    ];
    for (const [entityPath, config] of found) {
      try {
        await this.take(entityPath, config);
      } catch (error) {
        this.options.logger.error(`The quotas of ${entityPath} cannot be applied: ${(error as Error).message}`);
      }
    }
  }

  /** Somebody has changed an entity's settings: reads them again. `entityPath` is such as `users/alice/clients/app`. */
  async onChange(entityPath: string): Promise<void> {
    const [type] = entityPath.split('/', 1);
    if (type !== 'clients' && type !== 'users' && type !== 'ips') return;
    const name = entityPath.slice(type.length + 1);
    await this.take(entityPath, await this.options.store.configs.get(type, name));
  }

  private async take(entityPath: string, config: EntityConfig): Promise<void> {
    const [type, name, ...rest] = entityPath.split('/') as [string, string, ...string[]];
    if (type === 'ips') return this.takeIp(name, config['connection_creation_rate']);
    const { onClient } = this.options;
    if (type === 'clients') return onClient({ clientId: desanitized(name) }, config);
    if (rest.length === 0) return onClient({ user: desanitized(name) }, config);
    if (rest.length !== 2) throw new Error(`Invalid quota entity path: ${entityPath.slice('users/'.length)}`);
    onClient({ user: desanitized(name), clientId: desanitized(rest[1]!) }, config);
  }

  private async takeIp(name: string, rate: string | undefined): Promise<void> {
    const { network, onIp } = this.options;
    const connectionRate = rate === undefined ? undefined : Number(rate);
    if (Number.isNaN(connectionRate)) throw new Error(`connection_creation_rate is no number: ${rate}`);
    if (name === DEFAULT_ENTITY_NAME) return onIp(null, connectionRate);
    const address = await network.resolve(name);
    if (address === null) throw new Error(`Unable to resolve address ${name}`);
    onIp(address, connectionRate);
  }
}
