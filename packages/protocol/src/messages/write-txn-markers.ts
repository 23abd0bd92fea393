import { array, bool, defineApi, int16, int32, int64, string } from '../schema';

export const WriteTxnMarkers = defineApi({
  key: 27,
  name: 'WriteTxnMarkers',
  versions: '0-1',
  flexible: '1+',
  request: {
    markers: array(
      {
        producerId: int64('0+'),
        producerEpoch: int16('0+'),
        transactionResult: bool('0+'),
        topics: array(
          {
            name: string('0+'),
            partitionIndexes: array(int32, '0+'),
          },
          '0+',
        ),
        coordinatorEpoch: int32('0+'),
      },
      '0+',
    ),
  },
  response: {
    markers: array(
      {
        producerId: int64('0+'),
        topics: array(
          {
            name: string('0+'),
            partitions: array(
              {
                partitionIndex: int32('0+'),
                errorCode: int16('0+'),
              },
              '0+',
            ),
          },
          '0+',
        ),
      },
      '0+',
    ),
  },
});
