import { array, defineApi, int8, int16, int32, string } from '../schema';

export const CreateAcls = defineApi({
  key: 30,
  name: 'CreateAcls',
  versions: '0-3',
  deprecated: '0',
  flexible: '2+',
  request: {
    creations: array(
      {
        resourceType: int8('0+'),
        resourceName: string('0+'),
        resourcePatternType: int8('1+', { default: 3 }),
        principal: string('0+'),
        host: string('0+'),
        operation: int8('0+'),
        permissionType: int8('0+'),
      },
      '0+',
    ),
  },
  response: {
    throttleTimeMs: int32('0+'),
    results: array(
      {
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+' }),
      },
      '0+',
    ),
  },
});
