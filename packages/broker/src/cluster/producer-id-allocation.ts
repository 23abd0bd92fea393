import { errorName, KafkaError } from '@odradek/protocol/errors';
import { AllocateProducerIds } from '@odradek/protocol/messages/allocate-producer-ids';
import type { ZooKeeperStore } from '../zookeeper/store';
import type { ControllerLink } from './controller-link';
import type { ProducerIdBlock } from './producer-ids';

export interface AllocationOptions {
  readonly brokerId: number;
  readonly brokerEpoch: () => number;
  readonly controller: ControllerLink;
  readonly timeoutMs: number;
}

/** Asks the controller for a block of producer ids (KIP-730). Rejects where there is none in time, or it refuses. */
export async function allocateFromController(options: AllocationOptions): Promise<ProducerIdBlock> {
  const { brokerId, brokerEpoch, controller, timeoutMs } = options;
  const request = { brokerId, brokerEpoch: brokerEpoch() };
  const answer = await controller.send(AllocateProducerIds, 0, request, { timeoutMs });
  if (answer.errorCode !== 0) throw new KafkaError(errorName(answer.errorCode));
  const { producerIdStart, producerIdLen } = answer;
  return { firstProducerId: producerIdStart, lastProducerId: producerIdStart + producerIdLen - 1 };
}

/** Takes a block from ZooKeeper without the controller, as all brokers did before KIP-730. */
export async function allocateFromZooKeeper(store: ZooKeeperStore, brokerId: number): Promise<ProducerIdBlock> {
  const { firstProducerId, size } = await store.allocateProducerIdBlock(brokerId);
  return { firstProducerId, lastProducerId: firstProducerId + size - 1 };
}
