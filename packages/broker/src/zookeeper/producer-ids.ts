import { isZooKeeperError, readIfExists } from './operations';
import type { ZooKeeperClient } from './session';
import { type ProducerIdBlock, ProducerIdBlockZNode, paths } from './znodes';

/** ProducerIdsBlock.PRODUCER_ID_BLOCK_SIZE */
const BLOCK_SIZE = 1_000;

/**
 * Takes the next block of producer ids for a broker (ZkProducerIdManager.getNewProducerIdBlock): written only if
 * nobody else has taken one since the last was read. A block whose reply was lost is simply never used.
 */
export async function allocateProducerIdBlock(client: ZooKeeperClient, brokerId: number): Promise<ProducerIdBlock> {
  for (;;) {
    const current = await readIfExists(client, paths.producerIdBlock);
    const last = current?.data ? ProducerIdBlockZNode.decode(current.data) : null;
    const firstProducerId = last ? last.firstProducerId + last.size : 0;
    if (!Number.isSafeInteger(firstProducerId + BLOCK_SIZE)) {
      throw new Error(
        `Have exhausted all producerIds at ${paths.producerIdBlock}, last block from ${last?.firstProducerId}`,
      );
    }
    const block = { brokerId, firstProducerId, size: BLOCK_SIZE };
    try {
      if (current)
        await client.setData(paths.producerIdBlock, ProducerIdBlockZNode.encode(block), current.stat.version);
      else await client.create(paths.producerIdBlock, ProducerIdBlockZNode.encode(block));
      return block;
    } catch (error) {
      if (!isZooKeeperError(error, 'BAD_VERSION') && !isZooKeeperError(error, 'NODE_EXISTS')) throw error;
    }
  }
}
