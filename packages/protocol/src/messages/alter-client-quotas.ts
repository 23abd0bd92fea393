import { array, bool, defineApi, float64, int16, int32, string } from '../schema';

export const AlterClientQuotas = defineApi({
  key: 49,
  name: 'AlterClientQuotas',
  versions: '0-1',
  flexible: '1+',
  request: {
    entries: array(
      {
        entity: array(
          {
            entityType: string('0+'),
            entityName: string('0+', { nullable: '0+' }),
          },
          '0+',
        ),
        ops: array(
          {
            key: string('0+'),
            value: float64('0+'),
            remove: bool('0+'),
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
    entries: array(
      {
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+' }),
        entity: array(
          {
            entityType: string('0+'),
            entityName: string('0+', { nullable: '0+' }),
          },
          '0+',
        ),
      },
      '0+',
    ),
  },
});
