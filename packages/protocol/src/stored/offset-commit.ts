import { defineMessage, int32, int64, string } from '../schema';

export const OffsetCommitKey = defineMessage({
  name: 'OffsetCommitKey',
  versions: '0-1',
  flexible: 'none',
  fields: {
    group: string('0-1'),
    topic: string('0-1'),
    partition: int32('0-1'),
  },
});

export const OffsetCommitValue = defineMessage({
  name: 'OffsetCommitValue',
  versions: '0-4',
  flexible: '4+',
  fields: {
    offset: int64('0+'),
    leaderEpoch: int32('3+', { default: -1, ignorable: true }),
    metadata: string('0+'),
    commitTimestamp: int64('0+'),
    expireTimestamp: int64('1', { default: -1, ignorable: true }),
  },
});
