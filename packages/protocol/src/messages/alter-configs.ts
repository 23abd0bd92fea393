import { array, bool, defineApi, int8, int16, int32, string } from '../schema';

export const AlterConfigs = defineApi({
  key: 33,
  name: 'AlterConfigs',
  versions: '0-2',
  flexible: '2+',
  request: {
    resources: array(
      {
        resourceType: int8('0+'),
        resourceName: string('0+'),
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
    validateOnly: bool('0+'),
  },
  response: {
    throttleTimeMs: int32('0+'),
    responses: array(
      {
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+' }),
        resourceType: int8('0+'),
        resourceName: string('0+'),
      },
      '0+',
    ),
  },
});
