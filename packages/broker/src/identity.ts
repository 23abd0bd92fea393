import type { MetaProperties } from './log/meta-properties';

/** Who this broker is does not fit what its log folders, or ZooKeeper, remember. The message says what to do. */
export class IdentityError extends Error {
  override readonly name = 'IdentityError';
}

/** The log folder and ZooKeeper are of two clusters. */
export class ForeignClusterError extends IdentityError {
  constructor(
    readonly dir: string,
    expected: string,
    read: string,
  ) {
    super(
      `Invalid cluster.id in: ${fileIn(dir)}. Expected ${expected}, but read ${read}\n` +
        `The log folder was written in cluster ${read}; the ZooKeeper that zookeeper.connect names says that its cluster is ${expected}.`,
    );
  }
}

const fileIn = (dir: string): string => `${dir}/meta.properties`;

type Found = ReadonlyMap<string, MetaProperties | null>;

/**
 * The broker's id: as configured, else as the log folders remember it, else null for one to be generated. Throws
 * `IdentityError` where they contradict each other or belong to another cluster (KafkaServer.startup).
 */
export function resolveIdentity(found: Found, clusterId: string, configuredId: number): number | null {
  let remembered: { readonly id: number; readonly file: string } | null = null;
  for (const [dir, properties] of found) {
    if (properties === null) continue;
    const file = fileIn(dir);
    if (properties.clusterId !== null && properties.clusterId !== clusterId) {
      throw new ForeignClusterError(dir, clusterId, properties.clusterId);
    }
    if (properties.brokerId === null) continue;
    const expected: number = configuredId >= 0 ? configuredId : (remembered?.id ?? properties.brokerId);
    if (properties.brokerId !== expected) {
      throw new IdentityError(
        `Stored node id ${properties.brokerId} doesn't match previous node id ${expected} in ${file}. If you moved your data, make sure your configured node id matches. If you intend to create a new node, you should remove all data in your data directories.`,
      );
    }
    remembered = { id: properties.brokerId, file };
  }
  if (configuredId >= 0) return configuredId;
  return remembered?.id ?? null;
}
