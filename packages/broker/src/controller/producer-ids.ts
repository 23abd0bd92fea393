import { KafkaError } from '@odradek/protocol/errors';
import type { ProducerIdBlock } from '../zookeeper/znodes';
import type { ActiveController } from './active';

/**
 * Takes a block of producer ids for a broker (KIP-730). Throws BROKER_ID_NOT_REGISTERED, and STALE_BROKER_EPOCH for a
 * process that has been replaced.
 */
export async function allocateProducerIds(
  { state, store }: ActiveController,
  brokerId: number,
  brokerEpoch: number,
): Promise<ProducerIdBlock> {
  const broker = state.brokers.get(brokerId);
  if (!broker) throw new KafkaError('BROKER_ID_NOT_REGISTERED');
  if (broker.epoch !== brokerEpoch) throw new KafkaError('STALE_BROKER_EPOCH');
  return store.allocateProducerIdBlock(brokerId);
}
