import { array, bool, defineApi, int16, int32, int64, string } from '../schema';

export const DescribeLogDirs = defineApi({
  key: 35,
  name: 'DescribeLogDirs',
  versions: '0-4',
  deprecated: '0',
  flexible: '2+',
  request: {
    topics: array(
      {
        topic: string('0+'),
        partitions: array(int32, '0+'),
      },
      '0+',
      { nullable: '0+' },
    ),
  },
  response: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('3+', { ignorable: true }),
    results: array(
      {
        errorCode: int16('0+'),
        logDir: string('0+'),
        topics: array(
          {
            name: string('0+'),
            partitions: array(
              {
                partitionIndex: int32('0+'),
                partitionSize: int64('0+'),
                offsetLag: int64('0+'),
                isFutureKey: bool('0+'),
              },
              '0+',
            ),
          },
          '0+',
        ),
        totalBytes: int64('4+', { default: -1, ignorable: true }),
        usableBytes: int64('4+', { default: -1, ignorable: true }),
      },
      '0+',
    ),
  },
});
