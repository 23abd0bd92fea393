import { ListTransactions } from '@odradek/protocol/messages/list-transactions';
import { type Handler, handler } from './handler';
import type { Services } from './services';

/** The transactional ids that this broker coordinates (KIP-664), by how long their transactions are open (KIP-994). */
export function listTransactions(services: Services): Handler<typeof ListTransactions> {
  return handler({
    api: ListTransactions,
    handle({ stateFilters: states, producerIdFilters: producerIds, durationFilter: durationMs }) {
      const { unknownStates, transactions } = services.transactions.list({ states, producerIds, durationMs });
      return {
        errorCode: 0,
        unknownStateFilters: unknownStates,
        transactionStates: transactions.map(({ state, ...it }) => ({ ...it, transactionState: state })),
      };
    },
    fail: ({ code }) => ({ errorCode: code, unknownStateFilters: [], transactionStates: [] }),
  });
}
