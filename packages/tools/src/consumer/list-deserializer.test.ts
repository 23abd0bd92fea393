import { deserializerOf } from './deserializers';

const PACKAGE = 'org.apache.kafka.common.serialization.';
const LIST = 'default.list.value.serde.type';
const INNER = 'default.list.value.serde.inner';

const ints = (...values: number[]): number[] => {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeInt32BE(value, 4 * index);
  return [...bytes];
};

const string = (text: string): number[] => [...ints(text.length), ...Buffer.from(text)];

function read(bytes: number[], inner: string, list = 'java.util.ArrayList') {
  const logged: string[] = [];
  const config = new Map([
    [LIST, list],
    [INNER, `${PACKAGE}Serdes$${inner}`],
  ]);
  const log = (_level: string, message: string): void => void logged.push(message);
  const deserializer = deserializerOf(`${PACKAGE}ListDeserializer`, config, false, log);
  try {
    return { text: deserializer(Buffer.from(bytes)), logged };
  } catch (thrown) {
    return { refusal: String(thrown).replaceAll('org.apache.kafka.common.', ''), logged };
  }
}

test('entries of one size come with the places of those that are null', () => {
  expect(read([0, ...ints(0), ...ints(2), ...ints(7, -8)], 'IntegerSerde').text).toBe('[7, -8]');
  expect(read([0, ...ints(2, 0, 2), ...ints(4), ...ints(0, 5, 0, 6)], 'IntegerSerde').text).toBe('[null, 0, null, 5]');
  expect(read([0, ...ints(0), ...ints(1), 1], 'StringSerde').refusal).toMatch('java.lang.NullPointerException');
});

test('entries of several sizes come with these', () => {
  expect(read([1, ...ints(3), ...string('ab'), ...ints(-1), ...string('x')], 'StringSerde').text).toBe('[ab, null, x]');
  expect(read([1, ...ints(1), ...ints(4), 65], 'IntegerSerde').text).toBe('[1090519040]');
  expect(read([1, ...ints(0)], 'StringSerde').text).toBe('[]');
});

test('what is no list is refused as Kafka’s class refuses it', () => {
  expect(read([2], 'StringSerde').refusal).toBe(
    'errors.SerializationException: Invalid serialization strategy flag value',
  );
  expect(read([1, 0], 'StringSerde').refusal).toBe(
    'KafkaException: Unable to deserialize into a List\nCaused by: java.io.EOFException',
  );
  expect(read([1, ...ints(1), ...ints(0)], 'StringSerde')).toEqual({
    refusal: 'errors.SerializationException: End of the stream was reached prematurely',
    logged: ['Ran out of bytes in serialized list'],
  });
  expect(read([1, ...ints(1), ...ints(-2)], 'StringSerde').refusal).toBe('java.lang.NegativeArraySizeException: -2');
  expect(read([0, ...ints(-1)], 'IntegerSerde').refusal).toBe(
    'java.lang.IllegalArgumentException: Illegal Capacity: -1',
  );
});

test('the list that is named is made', () => {
  const negative = [1, ...ints(-1)];
  expect(read(negative, 'StringSerde', 'java.util.LinkedList').text).toBe('[]');
  expect(read(negative, 'StringSerde')).toEqual({
    refusal:
      'KafkaException: Could not construct a list instance of "java.util.ArrayList"\n' +
      'Caused by: java.lang.reflect.InvocationTargetException\n' +
      'Caused by: java.lang.IllegalArgumentException: Illegal Capacity: -1',
    logged: ['Failed to construct list due to '],
  });
});

test.each([
  [[], 'Not able to determine the list class because it was neither passed via the constructor nor set in the config.'],
  [[[LIST, 'x.Y']], `Invalid value x.Y for configuration ${LIST}: Deserializer's list class "x.Y" could not be found.`],
  [
    [[LIST, 'java.util.Vector']],
    'Not able to determine the inner serde class because it was neither passed via the constructor nor set in the config.',
  ],
  [
    [
      [LIST, 'java.util.Vector'],
      [INNER, 'x.Y'],
    ],
    `Invalid value x.Y for configuration ${INNER}: Deserializer's inner serde class "x.Y" could not be found.`,
  ],
  [
    [
      [LIST, 'java.util.Vector'],
      [INNER, `${PACKAGE}LongDeserializer`],
    ],
    `class ${PACKAGE}LongDeserializer`,
  ],
] as [[string, string][], string][])('%j says too little', (config, why) => {
  const make = () => deserializerOf(`${PACKAGE}ListDeserializer`, new Map(config), false, () => undefined);
  expect(make).toThrow(why);
});
