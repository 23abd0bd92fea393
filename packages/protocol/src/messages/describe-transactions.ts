import { array, defineApi, int16, int32, int64, string } from '../schema';

export const DescribeTransactions = defineApi({
  key: 65,
  name: 'DescribeTransactions',
  versions: '0',
  flexible: '0+',
  request: {
    transactionalIds: array(string, '0+'),
  },
  response: {
    throttleTimeMs: int32('0+'),
    transactionStates: array(
      {
        errorCode: int16('0+'),
        transactionalId: string('0+'),
        transactionState: string('0+'),
        transactionTimeoutMs: int32('0+'),
        transactionStartTimeMs: int64('0+'),
        producerId: int64('0+'),
        producerEpoch: int16('0+'),
        topics: array(
          {
            topic: string('0+'),
            partitions: array(int32, '0+'),
          },
          '0+',
        ),
      },
      '0+',
    ),
  },
});
