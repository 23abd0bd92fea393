import { array, bool, defineApi, float64, int8, int16, int32, string } from '../schema';

export const DescribeClientQuotas = defineApi({
  key: 48,
  name: 'DescribeClientQuotas',
  versions: '0-1',
  flexible: '1+',
  request: {
    components: array(
      {
        entityType: string('0+'),
        matchType: int8('0+'),
        match: string('0+', { nullable: '0+' }),
      },
      '0+',
    ),
    strict: bool('0+'),
  },
  response: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+' }),
    entries: array(
      {
        entity: array(
          {
            entityType: string('0+'),
            entityName: string('0+', { nullable: '0+' }),
          },
          '0+',
        ),
        values: array(
          {
            key: string('0+'),
            value: float64('0+'),
          },
          '0+',
        ),
      },
      '0+',
      { nullable: '0+' },
    ),
  },
});
