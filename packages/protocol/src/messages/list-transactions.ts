import { array, defineApi, int16, int32, int64, string } from '../schema';

export const ListTransactions = defineApi({
  key: 66,
  name: 'ListTransactions',
  versions: '0-1',
  flexible: '0+',
  request: {
    stateFilters: array(string, '0+'),
    producerIdFilters: array(int64, '0+'),
    durationFilter: int64('1+', { default: -1 }),
  },
  response: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    unknownStateFilters: array(string, '0+'),
    transactionStates: array(
      {
        transactionalId: string('0+'),
        producerId: int64('0+'),
        transactionState: string('0+'),
      },
      '0+',
    ),
  },
});
