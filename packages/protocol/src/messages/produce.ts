import { array, defineApi, int16, int32, int64, records, string, struct } from '../schema';

export const Produce = defineApi({
  key: 0,
  name: 'Produce',
  versions: '0-11',
  deprecated: '0-6',
  flexible: '9+',
  request: {
    transactionalId: string('3+', { nullable: '3+', default: null }),
    acks: int16('0+'),
    timeoutMs: int32('0+'),
    topicData: array(
      {
        name: string('0+'),
        partitionData: array(
          {
            index: int32('0+'),
            records: records('0+', { nullable: '0+' }),
          },
          '0+',
        ),
      },
      '0+',
    ),
  },
  response: {
    responses: array(
      {
        name: string('0+'),
        partitionResponses: array(
          {
            index: int32('0+'),
            errorCode: int16('0+'),
            baseOffset: int64('0+'),
            logAppendTimeMs: int64('2+', { default: -1, ignorable: true }),
            logStartOffset: int64('5+', { default: -1, ignorable: true }),
            recordErrors: array(
              {
                batchIndex: int32('8+'),
                batchIndexErrorMessage: string('8+', { nullable: '8+', default: null }),
              },
              '8+',
              { ignorable: true },
            ),
            errorMessage: string('8+', { nullable: '8+', default: null, ignorable: true }),
            currentLeader: struct(
              {
                leaderId: int32('10+', { default: -1 }),
                leaderEpoch: int32('10+', { default: -1 }),
              },
              '10+',
              { tag: 0 },
            ),
          },
          '0+',
        ),
      },
      '0+',
    ),
    throttleTimeMs: int32('1+', { default: 0, ignorable: true }),
    nodeEndpoints: array(
      {
        nodeId: int32('10+'),
        host: string('10+'),
        port: int32('10+'),
        rack: string('10+', { nullable: '10+', default: null }),
      },
      '10+',
      { tag: 0 },
    ),
  },
});
