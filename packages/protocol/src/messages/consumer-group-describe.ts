import { array, bool, defineApi, int16, int32, string, struct, uuid } from '../schema';

const topicPartitions = {
  topicId: uuid('0+'),
  topicName: string('0+'),
  partitions: array(int32, '0+'),
};

const assignment = {
  topicPartitions: array(topicPartitions, '0+'),
};

export const ConsumerGroupDescribe = defineApi({
  key: 69,
  name: 'ConsumerGroupDescribe',
  versions: '0',
  flexible: '0+',
  request: {
    groupIds: array(string, '0+'),
    includeAuthorizedOperations: bool('0+'),
  },
  response: {
    throttleTimeMs: int32('0+'),
    groups: array(
      {
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+', default: null }),
        groupId: string('0+'),
        groupState: string('0+'),
        groupEpoch: int32('0+'),
        assignmentEpoch: int32('0+'),
        assignorName: string('0+'),
        members: array(
          {
            memberId: string('0+'),
            instanceId: string('0+', { nullable: '0+', default: null }),
            rackId: string('0+', { nullable: '0+', default: null }),
            memberEpoch: int32('0+'),
            clientId: string('0+'),
            clientHost: string('0+'),
            subscribedTopicNames: array(string, '0+'),
            subscribedTopicRegex: string('0+', { nullable: '0+', default: null }),
            assignment: struct(assignment, '0+'),
            targetAssignment: struct(assignment, '0+'),
          },
          '0+',
        ),
        authorizedOperations: int32('0+', { default: -2147483648 }),
      },
      '0+',
    ),
  },
});
