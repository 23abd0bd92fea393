import { array, defineApi, int8, int16, int32, int64, string, uuid } from '../schema';

export const AlterPartition = defineApi({
  key: 56,
  name: 'AlterPartition',
  versions: '0-3',
  flexible: '0+',
  request: {
    brokerId: int32('0+'),
    brokerEpoch: int64('0+', { default: -1 }),
    topics: array(
      {
        topicName: string('0-1', { ignorable: true }),
        topicId: uuid('2+', { ignorable: true }),
        partitions: array(
          {
            partitionIndex: int32('0+'),
            leaderEpoch: int32('0+'),
            newIsr: array(int32, '0-2'),
            newIsrWithEpochs: array(
              {
                brokerId: int32('3+'),
                brokerEpoch: int64('3+', { default: -1 }),
              },
              '3+',
            ),
            leaderRecoveryState: int8('1+', { default: 0 }),
            partitionEpoch: int32('0+'),
          },
          '0+',
        ),
      },
      '0+',
    ),
  },
  response: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    topics: array(
      {
        topicName: string('0-1', { ignorable: true }),
        topicId: uuid('2+', { ignorable: true }),
        partitions: array(
          {
            partitionIndex: int32('0+'),
            errorCode: int16('0+'),
            leaderId: int32('0+'),
            leaderEpoch: int32('0+'),
            isr: array(int32, '0+'),
            leaderRecoveryState: int8('1+', { default: 0, ignorable: true }),
            partitionEpoch: int32('0+'),
          },
          '0+',
        ),
      },
      '0+',
    ),
  },
});
