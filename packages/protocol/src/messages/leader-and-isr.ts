import { array, bool, defineApi, int8, int16, int32, int64, string, uuid } from '../schema';

const leaderAndIsrPartitionState = {
  topicName: string('0-1', { ignorable: true }),
  partitionIndex: int32('0+'),
  controllerEpoch: int32('0+'),
  leader: int32('0+'),
  leaderEpoch: int32('0+'),
  isr: array(int32, '0+'),
  partitionEpoch: int32('0+'),
  replicas: array(int32, '0+'),
  addingReplicas: array(int32, '3+', { ignorable: true }),
  removingReplicas: array(int32, '3+', { ignorable: true }),
  isNew: bool('1+', { default: false, ignorable: true }),
  leaderRecoveryState: int8('6+', { default: 0 }),
};

const leaderAndIsrPartitionError = {
  topicName: string('0-4', { ignorable: true }),
  partitionIndex: int32('0+'),
  errorCode: int16('0+'),
};

export const LeaderAndIsr = defineApi({
  key: 4,
  name: 'LeaderAndIsr',
  versions: '0-7',
  flexible: '4+',
  request: {
    controllerId: int32('0+'),
    isKRaftController: bool('7+', { default: false }),
    controllerEpoch: int32('0+'),
    brokerEpoch: int64('2+', { default: -1, ignorable: true }),
    type: int8('5+'),
    ungroupedPartitionStates: array(leaderAndIsrPartitionState, '0-1'),
    topicStates: array(
      {
        topicName: string('2+'),
        topicId: uuid('5+', { ignorable: true }),
        partitionStates: array(leaderAndIsrPartitionState, '2+'),
      },
      '2+',
    ),
    liveLeaders: array(
      {
        brokerId: int32('0+'),
        hostName: string('0+'),
        port: int32('0+'),
      },
      '0+',
    ),
  },
  response: {
    errorCode: int16('0+'),
    partitionErrors: array(leaderAndIsrPartitionError, '0-4'),
    topics: array(
      {
        topicId: uuid('5+'),
        partitionErrors: array(leaderAndIsrPartitionError, '5+'),
      },
      '5+',
    ),
  },
});
