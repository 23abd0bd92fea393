import { array, defineApi, int16, int32, int64, string } from '../schema';

export const OffsetForLeaderEpoch = defineApi({
  key: 23,
  name: 'OffsetForLeaderEpoch',
  versions: '0-4',
  deprecated: '0-1',
  flexible: '4+',
  request: {
    replicaId: int32('3+', { default: -2, ignorable: true }),
    topics: array(
      {
        topic: string('0+'),
        partitions: array(
          {
            partition: int32('0+'),
            currentLeaderEpoch: int32('2+', { default: -1, ignorable: true }),
            leaderEpoch: int32('0+'),
          },
          '0+',
        ),
      },
      '0+',
    ),
  },
  response: {
    throttleTimeMs: int32('2+', { ignorable: true }),
    topics: array(
      {
        topic: string('0+'),
        partitions: array(
          {
            errorCode: int16('0+'),
            partition: int32('0+'),
            leaderEpoch: int32('1+', { default: -1, ignorable: true }),
            endOffset: int64('0+', { default: -1 }),
          },
          '0+',
        ),
      },
      '0+',
    ),
  },
});
