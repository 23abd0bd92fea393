import { array, bytes, defineApi, int16, int32, int64, string } from '../schema';

export const DescribeDelegationToken = defineApi({
  key: 41,
  name: 'DescribeDelegationToken',
  versions: '0-3',
  deprecated: '0',
  flexible: '2+',
  request: {
    owners: array(
      {
        principalType: string('0+'),
        principalName: string('0+'),
      },
      '0+',
      { nullable: '0+' },
    ),
  },
  response: {
    errorCode: int16('0+'),
    tokens: array(
      {
        principalType: string('0+'),
        principalName: string('0+'),
        tokenRequesterPrincipalType: string('3+'),
        tokenRequesterPrincipalName: string('3+'),
        issueTimestamp: int64('0+'),
        expiryTimestamp: int64('0+'),
        maxTimestamp: int64('0+'),
        tokenId: string('0+'),
        hmac: bytes('0+'),
        renewers: array(
          {
            principalType: string('0+'),
            principalName: string('0+'),
          },
          '0+',
        ),
      },
      '0+',
    ),
    throttleTimeMs: int32('0+'),
  },
});
