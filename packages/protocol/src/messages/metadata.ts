import { array, bool, defineApi, int16, int32, string, uuid } from '../schema';

export const Metadata = defineApi({
  key: 3,
  name: 'Metadata',
  versions: '0-12',
  deprecated: '0-3',
  flexible: '9+',
  request: {
    topics: array(
      {
        topicId: uuid('10+', { ignorable: true }),
        name: string('0+', { nullable: '10+' }),
      },
      '0+',
      { nullable: '1+' },
    ),
    allowAutoTopicCreation: bool('4+', { default: true }),
    includeClusterAuthorizedOperations: bool('8-10'),
    includeTopicAuthorizedOperations: bool('8+'),
  },
  response: {
    throttleTimeMs: int32('3+', { ignorable: true }),
    brokers: array(
      {
        nodeId: int32('0+'),
        host: string('0+'),
        port: int32('0+'),
        rack: string('1+', { nullable: '1+', default: null, ignorable: true }),
      },
      '0+',
    ),
    clusterId: string('2+', { nullable: '2+', default: null, ignorable: true }),
    controllerId: int32('1+', { default: -1, ignorable: true }),
    topics: array(
      {
        errorCode: int16('0+'),
        name: string('0+', { nullable: '12+' }),
        topicId: uuid('10+', { ignorable: true }),
        isInternal: bool('1+', { default: false, ignorable: true }),
        partitions: array(
          {
            errorCode: int16('0+'),
            partitionIndex: int32('0+'),
            leaderId: int32('0+'),
            leaderEpoch: int32('7+', { default: -1, ignorable: true }),
            replicaNodes: array(int32, '0+'),
            isrNodes: array(int32, '0+'),
            offlineReplicas: array(int32, '5+', { ignorable: true }),
          },
          '0+',
        ),
        topicAuthorizedOperations: int32('8+', { default: -2147483648 }),
      },
      '0+',
    ),
    clusterAuthorizedOperations: int32('8-10', { default: -2147483648 }),
  },
});
