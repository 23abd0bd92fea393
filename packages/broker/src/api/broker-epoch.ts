import { KafkaError } from '@odradek/protocol/errors';
import type { Services } from './services';

/** Throws STALE_BROKER_EPOCH for a request that was meant for this broker's registration before (KIP-380). */
export function checkBrokerEpoch(services: Services, brokerEpoch: number): void {
  if (brokerEpoch !== -1 && brokerEpoch < services.brokerEpoch()) throw new KafkaError('STALE_BROKER_EPOCH');
}
