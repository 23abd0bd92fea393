import { array, defineApi, int16, int32, int64, string } from '../schema';

export const ControlledShutdown = defineApi({
  key: 7,
  name: 'ControlledShutdown',
  versions: '0-3',
  flexible: '3+',
  request: {
    brokerId: int32('0+'),
    brokerEpoch: int64('2+', { default: -1, ignorable: true }),
  },
  response: {
    errorCode: int16('0+'),
    remainingPartitions: array(
      {
        topicName: string('0+'),
        partitionIndex: int32('0+'),
      },
      '0+',
    ),
  },
});
