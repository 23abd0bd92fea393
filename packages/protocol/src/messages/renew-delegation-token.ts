import { bytes, defineApi, int16, int32, int64 } from '../schema';

export const RenewDelegationToken = defineApi({
  key: 39,
  name: 'RenewDelegationToken',
  versions: '0-2',
  deprecated: '0',
  flexible: '2+',
  request: {
    hmac: bytes('0+'),
    renewPeriodMs: int64('0+'),
  },
  response: {
    errorCode: int16('0+'),
    expiryTimestampMs: int64('0+'),
    throttleTimeMs: int32('0+'),
  },
});
