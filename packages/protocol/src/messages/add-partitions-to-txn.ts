import { array, bool, defineApi, int16, int32, int64, string } from '../schema';

const addPartitionsToTxnTopic = {
  name: string('0+'),
  partitions: array(int32, '0+'),
};

const addPartitionsToTxnPartitionResult = {
  partitionIndex: int32('0+'),
  partitionErrorCode: int16('0+'),
};

const addPartitionsToTxnTopicResult = {
  name: string('0+'),
  resultsByPartition: array(addPartitionsToTxnPartitionResult, '0+'),
};

export const AddPartitionsToTxn = defineApi({
  key: 24,
  name: 'AddPartitionsToTxn',
  versions: '0-5',
  flexible: '3+',
  request: {
    transactions: array(
      {
        transactionalId: string('4+'),
        producerId: int64('4+'),
        producerEpoch: int16('4+'),
        verifyOnly: bool('4+', { default: false }),
        topics: array(addPartitionsToTxnTopic, '4+'),
      },
      '4+',
    ),
    v3AndBelowTransactionalId: string('0-3'),
    v3AndBelowProducerId: int64('0-3'),
    v3AndBelowProducerEpoch: int16('0-3'),
    v3AndBelowTopics: array(addPartitionsToTxnTopic, '0-3'),
  },
  response: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('4+', { ignorable: true }),
    resultsByTransaction: array(
      {
        transactionalId: string('4+'),
        topicResults: array(addPartitionsToTxnTopicResult, '4+'),
      },
      '4+',
    ),
    resultsByTopicV3AndBelow: array(addPartitionsToTxnTopicResult, '0-3'),
  },
});
