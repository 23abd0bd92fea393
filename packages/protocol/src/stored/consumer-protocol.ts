import { array, bytes, defineMessage, int32, string } from '../schema';

export const ConsumerProtocolSubscription = defineMessage({
  name: 'ConsumerProtocolSubscription',
  versions: '0-3',
  flexible: 'none',
  fields: {
    topics: array(string, '0+'),
    userData: bytes('0+', { nullable: '0+', default: null }),
    ownedPartitions: array(
      {
        topic: string('1+'),
        partitions: array(int32, '1+'),
      },
      '1+',
      { ignorable: true },
    ),
    generationId: int32('2+', { default: -1, ignorable: true }),
    rackId: string('3+', { nullable: '3+', default: null, ignorable: true }),
  },
});

export const ConsumerProtocolAssignment = defineMessage({
  name: 'ConsumerProtocolAssignment',
  versions: '0-3',
  flexible: 'none',
  fields: {
    assignedPartitions: array(
      {
        topic: string('0+'),
        partitions: array(int32, '0+'),
      },
      '0+',
    ),
    userData: bytes('0+', { nullable: '0+', default: null }),
  },
});
