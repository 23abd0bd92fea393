import type { ZooKeeper } from './zookeeper';

/** Configs of an entity, say `topics/t`: what `/config/<entity>` holds. */
export async function readEntityConfig(zk: ZooKeeper, entity: string): Promise<Map<string, string>> {
  const text = await zk.get(`/config/${entity}`);
  if (!text) return new Map();
  const { config = {} } = JSON.parse(text) as { config?: Record<string, string> };
  return new Map(Object.entries(config));
}

/** Writes an entity's configs and tells the brokers (AdminZkClient.changeEntityConfig). */
export async function changeEntityConfig(
  zk: ZooKeeper,
  entity: string,
  config: ReadonlyMap<string, string>,
): Promise<void> {
  await zk.set(`/config/${entity}`, JSON.stringify({ version: 1, config: Object.fromEntries(config) }));
  await zk.createParents('/config/changes');
  const notification = JSON.stringify({ version: 2, entity_path: entity });
  await zk.createSequential('/config/changes/config_change_', notification);
}
