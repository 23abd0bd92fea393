import { DEFAULT_OPTIONS } from '../args/default-options';
import type { OptionDeclarations } from '../args/joptsimple';
import { FIND_OPTIONS } from './find-options';

/** The options of kafka-console-consumer. */
export const CONSOLE_CONSUMER_OPTIONS = {
  ...DEFAULT_OPTIONS,
  topic: { description: 'The topic to consume on.', type: 'String', describedAs: 'topic' },
  whitelist: {
    description:
      'DEPRECATED, use --include instead; ignored if --include specified. Regular expression specifying list of topics to include for consumption.',
    type: 'String',
    describedAs: 'Java regex (String)',
  },
  include: {
    description: 'Regular expression specifying list of topics to include for consumption.',
    type: 'String',
    describedAs: 'Java regex (String)',
  },
  partition: {
    description:
      "The partition to consume from. Consumption starts from the end of the partition unless '--offset' is specified.",
    type: 'Integer',
    describedAs: 'partition',
  },
  offset: {
    description:
      "The offset to consume from (a non-negative number), or 'earliest' which means from beginning, or 'latest' which means from end",
    type: 'String',
    describedAs: 'consume offset',
    defaultsTo: 'latest',
  },
  'consumer-property': {
    description: 'A mechanism to pass user-defined properties in the form key=value to the consumer.',
    type: 'String',
    describedAs: 'consumer_prop',
  },
  'consumer.config': {
    description: 'Consumer config properties file. Note that [consumer-property] takes precedence over this config.',
    type: 'String',
    describedAs: 'config file',
  },
  formatter: {
    description: 'The name of a class to use for formatting kafka messages for display.',
    type: 'String',
    describedAs: 'class',
    defaultsTo: 'org.apache.kafka.tools.consumer.DefaultMessageFormatter',
  },
  property: {
    description: [
      'The properties to initialize the message formatter. Default properties include: ',
      ' print.timestamp=true|false',
      ' print.key=true|false',
      ' print.offset=true|false',
      ' print.partition=true|false',
      ' print.headers=true|false',
      ' print.value=true|false',
      ' key.separator=<key.separator>',
      ' line.separator=<line.separator>',
      ' headers.separator=<line.separator>',
      ' null.literal=<null.literal>',
      ' key.deserializer=<key.deserializer>',
      ' value.deserializer=<value.deserializer>',
      ' header.deserializer=<header.deserializer>',
      '',
      "Users can also pass in customized properties for their formatter; more specifically, users can pass in properties keyed with 'key.deserializer.', 'value.deserializer.' and 'headers.deserializer.' prefixes to configure their deserializers.",
    ].join('\n'),
    type: 'String',
    describedAs: 'prop',
  },
  'formatter-config': {
    description:
      'Config properties file to initialize the message formatter. Note that [property] takes precedence over this config.',
    type: 'String',
    describedAs: 'config file',
  },
  'from-beginning': {
    description:
      'If the consumer does not already have an established offset to consume from, start with the earliest message present in the log rather than the latest message.',
  },
  'max-messages': {
    description: 'The maximum number of messages to consume before exiting. If not set, consumption is continual.',
    type: 'Integer',
    describedAs: 'num_messages',
  },
  'timeout-ms': {
    description: 'If specified, exit if no message is available for consumption for the specified interval.',
    type: 'Long',
    describedAs: 'timeout_ms',
  },
  'skip-message-on-error': { description: 'If there is an error when processing a message, skip it instead of halt.' },
  'bootstrap-server': {
    description: 'REQUIRED: The server(s) to connect to.',
    type: 'String',
    describedAs: 'server to connect to',
  },
  'key-deserializer': { description: '', type: 'String', describedAs: 'deserializer for key' },
  'value-deserializer': { description: '', type: 'String', describedAs: 'deserializer for values' },
  'enable-systest-events': {
    description:
      'Log lifecycle events of the consumer in addition to logging consumed messages. (This is specific for system tests.)',
  },
  'isolation-level': {
    description:
      'Set to read_committed in order to filter out transactional messages which are not committed. Set to read_uncommitted to read all messages.',
    type: 'String',
    defaultsTo: 'read_uncommitted',
  },
  group: { description: 'The consumer group id of the consumer.', type: 'String', describedAs: 'consumer group id' },
  ...FIND_OPTIONS,
} as const satisfies OptionDeclarations;
