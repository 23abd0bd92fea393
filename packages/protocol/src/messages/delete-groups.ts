import { array, defineApi, int16, int32, string } from '../schema';

export const DeleteGroups = defineApi({
  key: 42,
  name: 'DeleteGroups',
  versions: '0-2',
  deprecated: '0',
  flexible: '2+',
  request: {
    groupsNames: array(string, '0+'),
  },
  response: {
    throttleTimeMs: int32('0+'),
    results: array(
      {
        groupId: string('0+'),
        errorCode: int16('0+'),
      },
      '0+',
    ),
  },
});
