import { array, bytes, defineApi, int16, int32, int64, string } from '../schema';

export const CreateDelegationToken = defineApi({
  key: 38,
  name: 'CreateDelegationToken',
  versions: '0-3',
  deprecated: '0',
  flexible: '2+',
  request: {
    ownerPrincipalType: string('3+', { nullable: '3+' }),
    ownerPrincipalName: string('3+', { nullable: '3+' }),
    renewers: array(
      {
        principalType: string('0+'),
        principalName: string('0+'),
      },
      '0+',
    ),
    maxLifetimeMs: int64('0+'),
  },
  response: {
    errorCode: int16('0+'),
    principalType: string('0+'),
    principalName: string('0+'),
    tokenRequesterPrincipalType: string('3+'),
    tokenRequesterPrincipalName: string('3+'),
    issueTimestampMs: int64('0+'),
    expiryTimestampMs: int64('0+'),
    maxTimestampMs: int64('0+'),
    tokenId: string('0+'),
    hmac: bytes('0+'),
    throttleTimeMs: int32('0+'),
  },
});
