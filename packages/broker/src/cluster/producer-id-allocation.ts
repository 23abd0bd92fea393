import { errorName, KafkaError } from '@odradek/protocol/errors';
import { AllocateProducerIds } from '@odradek/protocol/messages/allocate-producer-ids';
import type { MetadataCache } from './metadata-cache';
import type { ConnectPeer } from './peers';
import type { ProducerIdBlock } from './producer-ids';

export interface AllocationOptions {
  readonly brokerId: number;
  readonly brokerEpoch: () => number;
  readonly metadata: MetadataCache;
  readonly connect: ConnectPeer;
  readonly interBrokerListenerName: string;
  readonly timeoutMs: number;
}

/** Asks the controller for a block of producer ids (KIP-730). Rejects where there is none, or it refuses. */
export async function allocateFromController(options: AllocationOptions): Promise<ProducerIdBlock> {
  const { brokerId, brokerEpoch, metadata, connect, interBrokerListenerName, timeoutMs } = options;
  const { controllerId, brokers } = metadata.image;
  const endpoint = brokers.get(controllerId ?? -1)?.endpoints.get(interBrokerListenerName);
  if (!endpoint) throw new Error('no controller is known');
  const peer = await connect(endpoint);
  try {
    const request = { brokerId, brokerEpoch: brokerEpoch() };
    const answer = await peer.send(AllocateProducerIds, 0, request, { timeoutMs });
    if (answer.errorCode !== 0) throw new KafkaError(errorName(answer.errorCode));
    const { producerIdStart, producerIdLen } = answer;
    return { firstProducerId: producerIdStart, lastProducerId: producerIdStart + producerIdLen - 1 };
  } finally {
    peer.close();
  }
}
