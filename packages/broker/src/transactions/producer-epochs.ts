import type { ErrorName } from '@odradek/protocol/errors';
import { NO_PRODUCER_EPOCH, type ProducerIdAndEpoch, type TransactionMetadata } from './transaction-types';

/** No client ever has the largest epoch: the coordinator can always fence whoever has the one before (KIP-360). */
const EXHAUSTED_EPOCH = 0x7ffe;
export const LAST_EPOCH = 0x7fff;

type NextEpoch = Pick<TransactionMetadata, 'producerId' | 'producerEpoch' | 'lastProducerEpoch'>;

/** Why there is no next epoch for a producer, and what Kafka logs of it. */
export class EpochRefusal {
  constructor(
    readonly error: ErrorName,
    readonly why: string | null = null,
  ) {}
}

export const isExhausted = (producerEpoch: number): boolean => producerEpoch >= EXHAUSTED_EPOCH;

/** Whether a producer may be who it says it was (isValidProducerId). */
export function isPlausible(current: TransactionMetadata, expected: ProducerIdAndEpoch | null): boolean {
  const { producerId, lastProducerId, producerEpoch } = current;
  if (expected === null || producerEpoch === NO_PRODUCER_EPOCH || expected.producerId === producerId) return true;
  // It may not have heard that it has a new id.
  return expected.producerId === lastProducerId && isExhausted(expected.producerEpoch);
}

/** The next epoch, or the current one for a producer that has not heard of it (prepareIncrementProducerEpoch). */
export function nextEpoch(current: TransactionMetadata, expected: ProducerIdAndEpoch | null): NextEpoch | EpochRefusal {
  const { producerId, producerEpoch, lastProducerEpoch } = current;
  // A producer that lost the answer with the last of all epochs: Kafka's coordinator fails here, too.
  if (isExhausted(producerEpoch)) return new EpochRefusal('UNKNOWN_SERVER_ERROR');
  if (expected === null) return { producerId, producerEpoch: producerEpoch + 1, lastProducerEpoch: NO_PRODUCER_EPOCH };
  if (producerEpoch === NO_PRODUCER_EPOCH || expected.producerEpoch === producerEpoch) {
    return { producerId, producerEpoch: producerEpoch + 1, lastProducerEpoch: producerEpoch };
  }
  if (expected.producerEpoch === lastProducerEpoch) return { producerId, producerEpoch, lastProducerEpoch };
  return new EpochRefusal(
    'PRODUCER_FENCED',
    `Expected producer epoch ${expected.producerEpoch} does not match current producer epoch ${producerEpoch} or previous producer epoch ${lastProducerEpoch}`,
  );
}

/** A new producer id, once the epochs of the one before are used up (prepareProducerIdRotation). */
export function rotated(
  { producerEpoch }: TransactionMetadata,
  expected: ProducerIdAndEpoch | null,
  producerId: number,
): NextEpoch {
  return { producerId, producerEpoch: 0, lastProducerEpoch: expected === null ? NO_PRODUCER_EPOCH : producerEpoch };
}
