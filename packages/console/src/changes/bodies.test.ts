import { HttpError } from '../http/answer';
import {
  addPartitionsOf,
  alterConfigsOf,
  createTopicOf,
  deleteOf,
  electLeadersOf,
  produceOf,
  resetOffsetsOf,
} from './bodies';

test('what is asked for is taken as it is', () => {
  expect(createTopicOf({ name: 't', partitions: 3, configs: { a: 'b' } })).toEqual({
    name: 't',
    partitions: 3,
    replicationFactor: undefined,
    configs: { a: 'b' },
  });
  expect(alterConfigsOf({ set: { a: '1', b: null } })).toEqual({ set: { a: '1', b: null } });
  expect(produceOf({ value: null, key: '', headers: [{ key: 'h', value: null }] })).toEqual({
    partition: undefined,
    key: '',
    value: null,
    headers: [{ key: 'h', value: null }],
  });
  expect(resetOffsetsOf({ topic: 't', to: { shiftBy: -5 }, dryRun: true })).toEqual({
    topic: 't',
    partitions: undefined,
    to: { shiftBy: -5 },
    dryRun: true,
  });
  expect(electLeadersOf({})).toEqual({ partitions: undefined });
});

test.each([
  [createTopicOf, 'x', 'The request must be an object.'],
  [createTopicOf, null, 'The request must be an object.'],
  [createTopicOf, [], 'The request must be an object.'],
  [createTopicOf, {}, 'name must be a text.'],
  [createTopicOf, { name: 't', partitions: '3' }, 'partitions must be a whole number.'],
  [createTopicOf, { name: 't', partitions: 1.5 }, 'partitions must be a whole number.'],
  [createTopicOf, { name: 't', configs: { a: 1 } }, 'configs.a must be a text.'],
  [createTopicOf, { name: 't', replicas: 3 }, 'There is no field replicas here.'],
  [alterConfigsOf, { set: [] }, 'set must be an object.'],
  [deleteOf, { confirm: true }, 'confirm must be a text.'],
  [addPartitionsOf, { total: 1e300 }, 'total must be a whole number.'],
  [produceOf, { key: 'k' }, 'value must be a text.'],
  [produceOf, { value: 'v', headers: {} }, 'headers must be a list.'],
  [produceOf, { value: 'v', headers: [{ key: null, value: '' }] }, 'a header’s key must be a text.'],
  [resetOffsetsOf, { topic: 't', to: 'earliest' }, 'dryRun must be true or false.'],
  [resetOffsetsOf, { topic: 't', to: {}, dryRun: false }, 'to must be earliest, latest, or'],
  [resetOffsetsOf, { topic: 't', to: { offset: 1, timeMs: 2 }, dryRun: false }, 'to must be earliest, latest, or'],
  [resetOffsetsOf, { topic: 't', to: { offset: '1' }, dryRun: false }, 'to.offset must be a whole number.'],
  [resetOffsetsOf, { topic: 't', to: 'start', dryRun: false }, 'to must be earliest, latest, or'],
  [electLeadersOf, { partitions: [{ topic: 't' }] }, 'partition must be a whole number.'],
])('%p refuses %j', (read, body, message) => {
  expect(() => read(body)).toThrow(HttpError);
  expect(() => read(body)).toThrow(message);
});
