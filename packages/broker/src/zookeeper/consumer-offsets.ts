import { ANY_VERSION, createRecursive, isZooKeeperError, readIfExists } from './operations';
import type { ZooKeeperClient } from './session';
import { paths } from './znodes';

/** Offsets of consumers of old, as text in a node per partition: what version 0 of OffsetCommit and OffsetFetch speak of. */
export class ConsumerOffsets {
  constructor(private readonly client: ZooKeeperClient) {}

  /** Null where nothing is committed. */
  async get(group: string, topic: string, partition: number): Promise<number | null> {
    const found = await readIfExists(this.client, paths.consumerOffset(group, topic, partition));
    return found === null || found.data === null ? null : Number(found.data.toString());
  }

  async set(group: string, topic: string, partition: number, offset: number): Promise<void> {
    const path = paths.consumerOffset(group, topic, partition);
    const data = Buffer.from(String(offset));
    try {
      await this.client.setData(path, data, ANY_VERSION);
    } catch (error) {
      if (!isZooKeeperError(error, 'NO_NODE')) throw error;
      await createRecursive(this.client, path, data);
    }
  }
}
