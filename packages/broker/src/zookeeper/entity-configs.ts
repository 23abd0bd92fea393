import type { Logger } from '../env/logger';
import { ZooKeeperError } from '../env/zookeeper';
import { ANY_VERSION, createNew, guardedBy, isZooKeeperError, onCode, readIfExists } from './operations';
import type { ZooKeeperClient } from './session';
import {
  ConfigChangeNotificationZNode,
  type ConfigEntityType,
  ConfigEntityZNode,
  ControllerZNode,
  type EntityConfig,
  paths,
} from './znodes';

const QUOTA_TYPES: ReadonlySet<ConfigEntityType> = new Set<ConfigEntityType>(['clients', 'users', 'ips']);

/** The overrides of every kind of entity under `/config` (the config part of KafkaZkClient and AdminZkClient). */
export class EntityConfigs {
  constructor(
    private readonly client: ZooKeeperClient,
    private readonly logger: Logger,
  ) {}

  /** `name` is sanitized. Empty where the entity has no node. */
  async get(type: ConfigEntityType, name: string): Promise<EntityConfig> {
    const path = paths.configEntity(type, name);
    const found = await readIfExists(this.client, path);
    return found ? ConfigEntityZNode.decode(path, found.data) : {};
  }

  /** The overrides of all entities of a type that have a node, by sanitized name. */
  async getAll(type: ConfigEntityType): Promise<Map<string, EntityConfig>> {
    const names = (await this.client.getChildren(paths.configType(type)).catch(onCode('NO_NODE', []))).sort();
    const configs = await Promise.all(names.map((name) => this.get(type, name)));
    return new Map(names.map((name, index) => [name, configs[index]!]));
  }

  /** The overrides of all clients of all users, by `<user>/clients/<client>`. */
  async getAllUserClients(): Promise<Map<string, EntityConfig>> {
    const users = (await this.client.getChildren(paths.configType('users')).catch(onCode('NO_NODE', []))).sort();
    const names = await Promise.all(
      users.map(async (user) => {
        const path = `${paths.configEntity('users', user)}/clients`;
        const clients = await this.client.getChildren(path).catch(onCode('NO_NODE', []));
        return clients.sort().map((client) => `${user}/clients/${client}`);
      }),
    );
    const flat = names.flat();
    const configs = await Promise.all(flat.map((name) => this.get('users', name)));
    return new Map(flat.map((name, index) => [name, configs[index]!]));
  }

  /**
   * Replaces an entity's overrides and tells every broker (AdminZkClient.changeEntityConfig). A user, client or ip that
   * is left without any loses its node.
   */
  async change(type: ConfigEntityType, name: string, config: EntityConfig): Promise<void> {
    const isEmptyQuota = QUOTA_TYPES.has(type) && Object.keys(config).length === 0;
    const removed = isEmptyQuota && (await this.removeQuotaNode(type, name));
    if (!removed) await this.set(type, name, config);
    await this.notify(`${type}/${name}`);
  }

  /**
   * Replaces an entity's overrides, only while there is a controller in ZooKeeper: after a migration the truth is
   * elsewhere (KIP-866). Tells nobody.
   */
  async set(type: ConfigEntityType, name: string, config: EntityConfig): Promise<void> {
    const path = paths.configEntity(type, name);
    const data = ConfigEntityZNode.encode(config);
    const version = await this.controllerVersion(path);
    try {
      const operation = { type: 'set', path, data, version: ANY_VERSION } as const;
      await guardedBy(this.client, { path: paths.controller, version }, operation);
    } catch (error) {
      if (!isZooKeeperError(error, 'NO_NODE') || error.path !== path) throw error;
      await this.create(path, data);
    }
  }

  /** Adds the node to `/config/changes` that makes brokers read `entityPath` (such as `topics/t`) again. */
  async notify(entityPath: string): Promise<void> {
    const data = ConfigChangeNotificationZNode.encode(entityPath);
    const path = await this.client.create(paths.configChange, data, 'persistent-sequential');
    this.logger.debug(`Created config change notification at ${path} for ${entityPath}`);
  }

  private async controllerVersion(path: string): Promise<number> {
    const controller = await readIfExists(this.client, paths.controller);
    if (!controller) {
      throw new ZooKeeperError('NO_NODE', path, `Cannot set entity configs for ${path} when there is no controller.`);
    }
    if (ControllerZNode.decode(controller.data).kraftControllerEpoch > 0) {
      throw new ZooKeeperError(
        'BAD_VERSION',
        path,
        `Cannot set entity configs for ${path} directly when there is a KRaft controller.`,
      );
    }
    return controller.stat.version;
  }

  /** A node that another broker creates at the same moment gets our content, like one that was there before. */
  private async create(path: string, data: Buffer): Promise<void> {
    try {
      await createNew(this.client, path, data);
    } catch (error) {
      if (!isZooKeeperError(error, 'NODE_EXISTS')) throw error;
      await this.client.setData(path, data, ANY_VERSION);
    }
  }

  /** False where there are entities below that still have configs (AdminZkClient.tryCleanQuotaNodes). */
  private async removeQuotaNode(type: ConfigEntityType, name: string): Promise<boolean> {
    const path = paths.configEntity(type, name);
    const below = await this.client.getChildren(path).catch(onCode('NO_NODE', []));
    if (below.length > 0) return false;
    const highest = name.includes('/') ? await this.emptyParentOf(name) : path;
    this.logger.info(`Deleting zk node ${highest} since node of entityType ${type} and entityName ${name} is empty.`);
    for (let node = path; ; node = node.slice(0, node.lastIndexOf('/'))) {
      await this.client.delete(node, ANY_VERSION).catch(onCode('NO_NODE', undefined));
      if (node === highest) return true;
    }
  }

  /** How far up the nodes of `<user>/clients/<client>` go once the client is gone. */
  private async emptyParentOf(name: string): Promise<string> {
    const [user, , client] = name.split('/') as [string, string, string];
    const clientsPath = `${paths.configEntity('users', user)}/clients`;
    const clients = await this.client.getChildren(clientsPath).catch(onCode('NO_NODE', []));
    if (clients.some((other) => other !== client)) return paths.configEntity('users', name);
    const ofUser = await this.get('users', user);
    return Object.keys(ofUser).length === 0 ? paths.configEntity('users', user) : clientsPath;
  }
}
