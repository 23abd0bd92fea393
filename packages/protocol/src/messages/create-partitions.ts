import { array, bool, defineApi, int16, int32, string } from '../schema';

export const CreatePartitions = defineApi({
  key: 37,
  name: 'CreatePartitions',
  versions: '0-3',
  flexible: '2+',
  request: {
    topics: array(
      {
        name: string('0+'),
        count: int32('0+'),
        assignments: array(
          {
            brokerIds: array(int32, '0+'),
          },
          '0+',
          { nullable: '0+' },
        ),
      },
      '0+',
    ),
    timeoutMs: int32('0+'),
    validateOnly: bool('0+'),
  },
  response: {
    throttleTimeMs: int32('0+'),
    results: array(
      {
        name: string('0+'),
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+', default: null }),
      },
      '0+',
    ),
  },
});
