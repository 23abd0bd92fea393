import { array, defineApi, int8, int16, int32, int64, string } from '../schema';

export const ListOffsets = defineApi({
  key: 2,
  name: 'ListOffsets',
  versions: '0-9',
  deprecated: '0',
  flexible: '6+',
  request: {
    replicaId: int32('0+'),
    isolationLevel: int8('2+'),
    topics: array(
      {
        name: string('0+'),
        partitions: array(
          {
            partitionIndex: int32('0+'),
            currentLeaderEpoch: int32('4+', { default: -1, ignorable: true }),
            timestamp: int64('0+'),
            maxNumOffsets: int32('0', { default: 1 }),
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
        name: string('0+'),
        partitions: array(
          {
            partitionIndex: int32('0+'),
            errorCode: int16('0+'),
            oldStyleOffsets: array(int64, '0'),
            timestamp: int64('1+', { default: -1 }),
            offset: int64('1+', { default: -1 }),
            leaderEpoch: int32('4+', { default: -1 }),
          },
          '0+',
        ),
      },
      '0+',
    ),
  },
});
