import { ERRORS } from '@odradek/protocol/errors';
import { recordFailures } from './record-errors';

const lines = (errorCode: number, ...messages: (string | null)[]): string[] | undefined => {
  const recordErrors = messages.map((batchIndexErrorMessage, index) => ({
    batchIndex: 2 * index,
    batchIndexErrorMessage,
  }));
  const errorOf = recordFailures({ errorCode, errorMessage: 'of the batch', recordErrors });
  return errorOf && [0, 1, 2].map((index) => errorOf(index).line.replace('org.apache.kafka.common.', ''));
};
const COMPANY =
  'KafkaException: Failed to append record because it was part of a batch which had one more more invalid records';

test('one record that is refused has the error of its batch, and its own words', () => {
  const { INVALID_TIMESTAMP } = ERRORS;
  expect(lines(INVALID_TIMESTAMP.code, 'too old')).toEqual([
    'errors.InvalidTimestampException: too old',
    COMPANY,
    COMPANY,
  ]);
});

test('several are invalid records', () => {
  expect(lines(ERRORS.INVALID_TIMESTAMP.code, 'one', null)).toEqual([
    'InvalidRecordException: one',
    COMPANY,
    'InvalidRecordException: of the batch',
  ]);
});

test('where none is named the batch speaks for all', () => {
  expect(lines(ERRORS.INVALID_RECORD.code)).toBeUndefined();
});
