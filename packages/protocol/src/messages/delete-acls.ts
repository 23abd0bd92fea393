import { array, defineApi, int8, int16, int32, string } from '../schema';

export const DeleteAcls = defineApi({
  key: 31,
  name: 'DeleteAcls',
  versions: '0-3',
  deprecated: '0',
  flexible: '2+',
  request: {
    filters: array(
      {
        resourceTypeFilter: int8('0+'),
        resourceNameFilter: string('0+', { nullable: '0+' }),
        patternTypeFilter: int8('1+', { default: 3 }),
        principalFilter: string('0+', { nullable: '0+' }),
        hostFilter: string('0+', { nullable: '0+' }),
        operation: int8('0+'),
        permissionType: int8('0+'),
      },
      '0+',
    ),
  },
  response: {
    throttleTimeMs: int32('0+'),
    filterResults: array(
      {
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+' }),
        matchingAcls: array(
          {
            errorCode: int16('0+'),
            errorMessage: string('0+', { nullable: '0+' }),
            resourceType: int8('0+'),
            resourceName: string('0+'),
            patternType: int8('1+', { default: 3 }),
            principal: string('0+'),
            host: string('0+'),
            operation: int8('0+'),
            permissionType: int8('0+'),
          },
          '0+',
        ),
      },
      '0+',
    ),
  },
});
