import { ERRORS, KafkaError } from '@odradek/protocol/errors';
import { InitProducerId } from '@odradek/protocol/messages/init-producer-id';
import type { ResponseInit } from '@odradek/protocol/schema/api';
import { type Handler, handler } from './handler';
import { fencedError } from './producer-fenced';
import type { Services } from './services';
import { settled } from './settled';

const NONE = -1;
/** Since then clients know PRODUCER_FENCED (KIP-588). */
const FIRST_VERSION_WITH_FENCED = 4;

/** Gives a producer its id: a new one (KIP-98), or that of its transactional id, with an epoch that fences those before it. */
export function initProducerId(services: Services): Handler<typeof InitProducerId> {
  const knowsFenced = (version: number): boolean => version >= FIRST_VERSION_WITH_FENCED;

  return handler({
    api: InitProducerId,
    handle({ transactionalId, transactionTimeoutMs, producerId, producerEpoch }, { apiVersion }) {
      if ((producerId === NONE) !== (producerEpoch === NONE)) throw new KafkaError('INVALID_REQUEST');
      if (transactionalId === null) {
        return services.producerIds.next().then((id) => ({ errorCode: 0, producerId: id, producerEpoch: 0 }));
      }
      const expected = producerId === NONE ? null : { producerId, producerEpoch };
      return settled<ResponseInit<typeof InitProducerId>>((answer) =>
        services.transactions.initProducerId(
          transactionalId,
          { timeoutMs: transactionTimeoutMs, expected },
          ({ error, ...given }) =>
            answer({ errorCode: ERRORS[fencedError(error, knowsFenced(apiVersion))].code, ...given }),
        ),
      );
    },
    fail: ({ code }) => ({ errorCode: code, producerId: NONE, producerEpoch: NONE }),
  });
}
