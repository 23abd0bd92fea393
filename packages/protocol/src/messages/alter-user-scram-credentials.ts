import { array, bytes, defineApi, int8, int16, int32, string } from '../schema';

export const AlterUserScramCredentials = defineApi({
  key: 51,
  name: 'AlterUserScramCredentials',
  versions: '0',
  flexible: '0+',
  request: {
    deletions: array(
      {
        name: string('0+'),
        mechanism: int8('0+'),
      },
      '0+',
    ),
    upsertions: array(
      {
        name: string('0+'),
        mechanism: int8('0+'),
        iterations: int32('0+'),
        salt: bytes('0+'),
        saltedPassword: bytes('0+'),
      },
      '0+',
    ),
  },
  response: {
    throttleTimeMs: int32('0+'),
    results: array(
      {
        user: string('0+'),
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+' }),
      },
      '0+',
    ),
  },
});
