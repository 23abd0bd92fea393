import { array, bool, defineApi, int16, int32, int64, string } from '../schema';

export const StopReplica = defineApi({
  key: 5,
  name: 'StopReplica',
  versions: '0-4',
  flexible: '2+',
  request: {
    controllerId: int32('0+'),
    isKRaftController: bool('4+', { default: false }),
    controllerEpoch: int32('0+'),
    brokerEpoch: int64('1+', { default: -1, ignorable: true }),
    deletePartitions: bool('0-2'),
    ungroupedPartitions: array(
      {
        topicName: string('0'),
        partitionIndex: int32('0'),
      },
      '0',
    ),
    topics: array(
      {
        name: string('1-2'),
        partitionIndexes: array(int32, '1-2'),
      },
      '1-2',
    ),
    topicStates: array(
      {
        topicName: string('3+'),
        partitionStates: array(
          {
            partitionIndex: int32('3+'),
            leaderEpoch: int32('3+', { default: -1 }),
            deletePartition: bool('3+'),
          },
          '3+',
        ),
      },
      '3+',
    ),
  },
  response: {
    errorCode: int16('0+'),
    partitionErrors: array(
      {
        topicName: string('0+'),
        partitionIndex: int32('0+'),
        errorCode: int16('0+'),
      },
      '0+',
    ),
  },
});
