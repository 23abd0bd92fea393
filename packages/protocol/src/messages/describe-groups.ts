import { array, bool, bytes, defineApi, int16, int32, int64, string, struct } from '../schema';

/** Far from the tags that Kafka gives out one by one. See docs/decisions/0005. */
const LAST_REBALANCE_TAG = 20_170;

export const DescribeGroups = defineApi({
  key: 15,
  name: 'DescribeGroups',
  versions: '0-5',
  flexible: '5+',
  request: {
    groups: array(string, '0+'),
    includeAuthorizedOperations: bool('3+'),
    includeLastRebalance: bool('5+', { tag: LAST_REBALANCE_TAG, ignorable: true, own: true }),
  },
  response: {
    throttleTimeMs: int32('1+', { ignorable: true }),
    groups: array(
      {
        errorCode: int16('0+'),
        groupId: string('0+'),
        groupState: string('0+'),
        protocolType: string('0+'),
        protocolData: string('0+'),
        members: array(
          {
            memberId: string('0+'),
            groupInstanceId: string('4+', { nullable: '4+', default: null, ignorable: true }),
            clientId: string('0+'),
            clientHost: string('0+'),
            memberMetadata: bytes('0+'),
            memberAssignment: bytes('0+'),
          },
          '0+',
        ),
        authorizedOperations: int32('3+', { default: -2147483648 }),
        lastRebalance: struct(
          {
            reason: string('5+'),
            memberId: string('5+'),
            atMs: int64('5+'),
            durationMs: int64('5+', { default: -1 }),
          },
          '5+',
          { nullable: '5+', default: null, tag: LAST_REBALANCE_TAG, ignorable: true, own: true },
        ),
      },
      '0+',
    ),
  },
});
