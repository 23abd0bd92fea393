import { replacementsOf } from './replaced';

it.each<[string, string[], string[]]>([
  [
    'kafka-console-consumer',
    ['--zookeeper', 'localhost:2181', '--topic', 't'],
    [
      '--zookeeper is gone; tools ask brokers, not ZooKeeper: use --bootstrap-server HOST:PORT, a broker (by default localhost:9092).',
    ],
  ],
  [
    'kafka-consumer-groups',
    ['--new-consumer', '--zookeeper=localhost:2181'],
    [expect.stringMatching(/^--zookeeper is gone;/), expect.stringMatching(/^--new-consumer is gone;/)],
  ],
  // These still take it.
  ['kafka-topics', ['--zookeeper', 'localhost:2181'], []],
  ['kafka-configs', ['--zookeeper', 'localhost:2181'], []],
  ['kafka-console-consumer', ['--topic', 'zookeeper'], []],
])('%s %j: what took the place of old flags', (tool, argv, hints) => {
  expect(replacementsOf(tool, argv)).toEqual(hints);
});
