import { KafkaError } from '@odradek/protocol/errors';
import { ManualClock } from '../env/testing/clock';
import { MemoryLoggers } from '../env/testing/logger';
import { FailedAppends } from './failed-appends';

function setUp() {
  const [loggers, clock] = [new MemoryLoggers(), new ManualClock()];
  return { loggers, clock, failed: new FailedAppends(loggers.logger('replicas'), clock) };
}

const OUT_OF_ORDER = new KafkaError('OUT_OF_ORDER_SEQUENCE_NUMBER', 'Out of order: 7, 3');

test('an error is told with its partition, a fenced producer as a matter of course', () => {
  const { loggers, failed } = setUp();
  failed.refused('t-0', OUT_OF_ORDER);
  failed.refused('t-1', new KafkaError('INVALID_PRODUCER_EPOCH', 'Epoch of producer 9 is 1'));
  expect(loggers.lines.map(({ level, message }) => [level, message])).toEqual([
    ['error', 'Error processing append operation on partition t-0: OUT_OF_ORDER_SEQUENCE_NUMBER: Out of order: 7, 3'],
    ['info', 'Error processing append operation on partition t-1: INVALID_PRODUCER_EPOCH: Epoch of producer 9 is 1'],
  ]);
});

test.each([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'NOT_LEADER_OR_FOLLOWER',
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'CORRUPT_MESSAGE',
  'KAFKA_STORAGE_ERROR',
] as const)('of %s nothing is said', (error) => {
  const { loggers, failed } = setUp();
  failed.refused('t-0', new KafkaError(error));
  expect(loggers.lines).toEqual([]);
});

test('a flood is counted, and the count told with the next line', async () => {
  const { loggers, clock, failed } = setUp();
  for (let times = 0; times < 1000; times++) failed.refused('t-0', OUT_OF_ORDER);
  expect(loggers.lines).toHaveLength(10);
  await clock.advance(1000);
  failed.refused('t-0', OUT_OF_ORDER);
  failed.refused('t-0', OUT_OF_ORDER);
  expect(loggers.messages('error').slice(10)).toEqual([
    expect.stringMatching(/Out of order: 7, 3 \(after 990 failures that were not told of\)$/),
    expect.stringMatching(/Out of order: 7, 3$/),
  ]);
});
