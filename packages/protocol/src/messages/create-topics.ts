import { array, bool, defineApi, int8, int16, int32, string, uuid } from '../schema';

export const CreateTopics = defineApi({
  key: 19,
  name: 'CreateTopics',
  versions: '0-7',
  deprecated: '0-1',
  flexible: '5+',
  request: {
    topics: array(
      {
        name: string('0+'),
        numPartitions: int32('0+'),
        replicationFactor: int16('0+'),
        assignments: array(
          {
            partitionIndex: int32('0+'),
            brokerIds: array(int32, '0+'),
          },
          '0+',
        ),
        configs: array(
          {
            name: string('0+'),
            value: string('0+', { nullable: '0+' }),
          },
          '0+',
        ),
      },
      '0+',
    ),
    timeoutMs: int32('0+', { default: 60000 }),
    validateOnly: bool('1+', { default: false }),
  },
  response: {
    throttleTimeMs: int32('2+', { ignorable: true }),
    topics: array(
      {
        name: string('0+'),
        topicId: uuid('7+', { ignorable: true }),
        errorCode: int16('0+'),
        errorMessage: string('1+', { nullable: '0+', ignorable: true }),
        topicConfigErrorCode: int16('5+', { tag: 0, ignorable: true }),
        numPartitions: int32('5+', { default: -1, ignorable: true }),
        replicationFactor: int16('5+', { default: -1, ignorable: true }),
        configs: array(
          {
            name: string('5+'),
            value: string('5+', { nullable: '5+' }),
            readOnly: bool('5+'),
            configSource: int8('5+', { default: -1, ignorable: true }),
            isSensitive: bool('5+'),
          },
          '5+',
          { nullable: '5+', ignorable: true },
        ),
      },
      '0+',
    ),
  },
});
