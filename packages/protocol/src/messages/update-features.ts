import { array, bool, defineApi, int8, int16, int32, string } from '../schema';

export const UpdateFeatures = defineApi({
  key: 57,
  name: 'UpdateFeatures',
  versions: '0-1',
  flexible: '0+',
  request: {
    timeoutMs: int32('0+', { default: 60000 }),
    featureUpdates: array(
      {
        feature: string('0+'),
        maxVersionLevel: int16('0+'),
        allowDowngrade: bool('0'),
        upgradeType: int8('1+', { default: 1 }),
      },
      '0+',
    ),
    validateOnly: bool('1+', { default: false }),
  },
  response: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+' }),
    results: array(
      {
        feature: string('0+'),
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+' }),
      },
      '0+',
    ),
  },
});
