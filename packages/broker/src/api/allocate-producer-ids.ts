import { AllocateProducerIds } from '@odradek/protocol/messages/allocate-producer-ids';
import { type Handler, handler } from './handler';
import type { Services } from './services';

/** The controller gives a broker a block of producer ids to hand out (KIP-730). */
export function allocateProducerIds(services: Services): Handler<typeof AllocateProducerIds> {
  return handler({
    api: AllocateProducerIds,
    async handle({ brokerId, brokerEpoch }) {
      const block = await services.controller.allocateProducerIds(brokerId, brokerEpoch);
      return { errorCode: 0, producerIdStart: block.firstProducerId, producerIdLen: block.size };
    },
    fail: ({ code }) => ({ errorCode: code, producerIdStart: 0, producerIdLen: 0 }),
  });
}
