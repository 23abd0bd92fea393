import { array, bool, defineApi, int8, int16, int32, int64, string, uuid } from '../schema';

const updateMetadataPartitionState = {
  topicName: string('0-4', { ignorable: true }),
  partitionIndex: int32('0+'),
  controllerEpoch: int32('0+'),
  leader: int32('0+'),
  leaderEpoch: int32('0+'),
  isr: array(int32, '0+'),
  zkVersion: int32('0+'),
  replicas: array(int32, '0+'),
  offlineReplicas: array(int32, '4+', { ignorable: true }),
};

export const UpdateMetadata = defineApi({
  key: 6,
  name: 'UpdateMetadata',
  versions: '0-8',
  flexible: '6+',
  request: {
    controllerId: int32('0+'),
    isKRaftController: bool('8+', { default: false }),
    type: int8('8+', { default: 0, tag: 0 }),
    controllerEpoch: int32('0+'),
    brokerEpoch: int64('5+', { default: -1, ignorable: true }),
    ungroupedPartitionStates: array(updateMetadataPartitionState, '0-4'),
    topicStates: array(
      {
        topicName: string('5+'),
        topicId: uuid('7+', { ignorable: true }),
        partitionStates: array(updateMetadataPartitionState, '5+'),
      },
      '5+',
    ),
    liveBrokers: array(
      {
        id: int32('0+'),
        v0Host: string('0', { ignorable: true }),
        v0Port: int32('0', { ignorable: true }),
        endpoints: array(
          {
            port: int32('1+'),
            host: string('1+'),
            listener: string('3+', { ignorable: true }),
            securityProtocol: int16('1+'),
          },
          '1+',
          { ignorable: true },
        ),
        rack: string('2+', { nullable: '0+', ignorable: true }),
      },
      '0+',
    ),
  },
  response: {
    errorCode: int16('0+'),
  },
});
