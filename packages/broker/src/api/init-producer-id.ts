import { KafkaError } from '@odradek/protocol/errors';
import { InitProducerId } from '@odradek/protocol/messages/init-producer-id';
import { type Handler, handler } from './handler';
import type { Services } from './services';

const NONE = -1;

/** Gives an idempotent producer its id (KIP-98). Transactional ids need a coordinator, which this broker has not. */
export function initProducerId(services: Services): Handler<typeof InitProducerId> {
  return handler({
    api: InitProducerId,
    async handle({ transactionalId, producerId, producerEpoch }) {
      if ((producerId === NONE) !== (producerEpoch === NONE)) throw new KafkaError('INVALID_REQUEST');
      if (transactionalId === '') throw new KafkaError('INVALID_REQUEST');
      if (transactionalId !== null) throw new KafkaError('NOT_COORDINATOR');
      return { errorCode: 0, producerId: await services.producerIds.next(), producerEpoch: 0 };
    },
    fail: ({ code }) => ({ errorCode: code, producerId: NONE, producerEpoch: NONE }),
  });
}
