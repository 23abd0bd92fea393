import { ERRORS } from '@odradek/protocol/errors';
import { EndTxn } from '@odradek/protocol/messages/end-txn';
import type { ResponseInit } from '@odradek/protocol/schema/api';
import { type Handler, handler } from './handler';
import { fencedError } from './producer-fenced';
import type { Services } from './services';
import { settled } from './settled';

const FIRST_VERSION_WITH_FENCED = 2;

/** Commits a transaction, or aborts it. */
export function endTxn(services: Services): Handler<typeof EndTxn> {
  return handler({
    api: EndTxn,
    handle({ transactionalId, producerId, producerEpoch, committed: isCommit }, { apiVersion }) {
      const knowsFenced = apiVersion >= FIRST_VERSION_WITH_FENCED;
      return settled<ResponseInit<typeof EndTxn>>((answer) =>
        services.transactions.endTransaction(transactionalId, { producerId, producerEpoch, isCommit }, (error) =>
          answer({ errorCode: ERRORS[fencedError(error, knowsFenced)].code }),
        ),
      );
    },
    fail: ({ code }) => ({ errorCode: code }),
  });
}
