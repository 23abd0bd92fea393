import { array, defineMessage, int8, int16, int32, int64, string } from '../schema';

export const TransactionLogKey = defineMessage({
  name: 'TransactionLogKey',
  versions: '0',
  flexible: 'none',
  fields: {
    transactionalId: string('0'),
  },
});

export const TransactionLogValue = defineMessage({
  name: 'TransactionLogValue',
  versions: '0-1',
  flexible: '1+',
  fields: {
    producerId: int64('0+'),
    producerEpoch: int16('0+'),
    transactionTimeoutMs: int32('0+'),
    transactionStatus: int8('0+'),
    transactionPartitions: array(
      {
        topic: string('0+'),
        partitionIds: array(int32, '0+'),
      },
      '0+',
      { nullable: '0+' },
    ),
    transactionLastUpdateTimestampMs: int64('0+'),
    transactionStartTimestampMs: int64('0+'),
  },
});
