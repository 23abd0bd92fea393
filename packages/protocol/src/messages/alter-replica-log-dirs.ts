import { array, defineApi, int16, int32, string } from '../schema';

export const AlterReplicaLogDirs = defineApi({
  key: 34,
  name: 'AlterReplicaLogDirs',
  versions: '0-2',
  deprecated: '0',
  flexible: '2+',
  request: {
    dirs: array(
      {
        path: string('0+'),
        topics: array(
          {
            name: string('0+'),
            partitions: array(int32, '0+'),
          },
          '0+',
        ),
      },
      '0+',
    ),
  },
  response: {
    throttleTimeMs: int32('0+'),
    results: array(
      {
        topicName: string('0+'),
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
});
