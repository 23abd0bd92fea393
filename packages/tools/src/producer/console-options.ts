import { DEFAULT_OPTIONS } from '../args/default-options';
import type { OptionDeclarations } from '../args/joptsimple';

/** The options of kafka-console-producer. */
export const CONSOLE_PRODUCER_OPTIONS = {
  ...DEFAULT_OPTIONS,
  topic: { description: 'REQUIRED: The topic id to produce messages to.', type: 'String', describedAs: 'topic' },
  'broker-list': {
    description:
      'DEPRECATED, use --bootstrap-server instead; ignored if --bootstrap-server is specified.  The broker list string in the form HOST1:PORT1,HOST2:PORT2.',
    type: 'String',
    describedAs: 'broker-list',
  },
  'bootstrap-server': {
    description:
      'REQUIRED unless --broker-list(deprecated) is specified. The server(s) to connect to. The broker list string in the form HOST1:PORT1,HOST2:PORT2.',
    type: 'String',
    describedAs: 'server to connect to',
    requiredUnless: 'broker-list',
  },
  sync: { description: 'If set message send requests to the brokers are synchronously, one at a time as they arrive.' },
  'compression-codec': {
    description:
      "The compression codec: either 'none', 'gzip', 'snappy', 'lz4', or 'zstd'.If specified without value, then it defaults to 'gzip'",
    type: 'String',
    optional: true,
    describedAs: 'compression-codec',
  },
  'batch-size': {
    description:
      'Number of messages to send in a single batch if they are not being sent synchronously. please note that this option will be replaced if max-partition-memory-bytes is also set',
    type: 'Integer',
    describedAs: 'size',
    defaultsTo: '16384',
  },
  'message-send-max-retries': {
    description:
      'Brokers can fail receiving the message for multiple reasons, and being unavailable transiently is just one of them. This property specifies the number of retries before the producer give up and drop this message. This is the option to control `retries` in producer configs.',
    type: 'Integer',
    defaultsTo: '3',
  },
  'retry-backoff-ms': {
    description:
      'Before each retry, the producer refreshes the metadata of relevant topics. Since leader election takes a bit of time, this property specifies the amount of time that the producer waits before refreshing the metadata. This is the option to control `retry.backoff.ms` in producer configs.',
    type: 'Long',
    defaultsTo: '100',
  },
  timeout: {
    description:
      'If set and the producer is running in asynchronous mode, this gives the maximum amount of time a message will queue awaiting sufficient batch size. The value is given in ms. This is the option to control `linger.ms` in producer configs.',
    type: 'Long',
    describedAs: 'timeout_ms',
    defaultsTo: '1000',
  },
  'request-required-acks': {
    description: 'The required `acks` of the producer requests',
    type: 'String',
    describedAs: 'request required acks',
    defaultsTo: '-1',
  },
  'request-timeout-ms': {
    description: 'The ack timeout of the producer requests. Value must be non-negative and non-zero.',
    type: 'Integer',
    describedAs: 'request timeout ms',
    defaultsTo: '1500',
  },
  'metadata-expiry-ms': {
    description:
      "The period of time in milliseconds after which we force a refresh of metadata even if we haven't seen any leadership changes. This is the option to control `metadata.max.age.ms` in producer configs.",
    type: 'Long',
    describedAs: 'metadata expiration interval',
    defaultsTo: '300000',
  },
  'max-block-ms': {
    description: 'The max time that the producer will block for during a send request.',
    type: 'Long',
    describedAs: 'max block on send',
    defaultsTo: '60000',
  },
  'max-memory-bytes': {
    description:
      'The total memory used by the producer to buffer records waiting to be sent to the server. This is the option to control `buffer.memory` in producer configs.',
    type: 'Long',
    describedAs: 'total memory in bytes',
    defaultsTo: '33554432',
  },
  'max-partition-memory-bytes': {
    description:
      'The buffer size allocated for a partition. When records are received which are smaller than this size the producer will attempt to optimistically group them together until this size is reached. This is the option to control `batch.size` in producer configs.',
    type: 'Integer',
    describedAs: 'memory in bytes per partition',
    defaultsTo: '16384',
  },
  'line-reader': {
    description:
      'The class name of the class to use for reading lines from standard in. By default each line is read as a separate message.',
    type: 'String',
    describedAs: 'reader_class',
    defaultsTo: 'kafka.tools.ConsoleProducer$LineMessageReader',
  },
  'socket-buffer-size': {
    description:
      'The size of the tcp RECV size. This is the option to control `send.buffer.bytes` in producer configs.',
    type: 'Integer',
    describedAs: 'size',
    defaultsTo: '102400',
  },
  property: {
    description: [
      'A mechanism to pass user-defined properties in the form key=value to the message reader. This allows custom configuration for a user-defined message reader.',
      'Default properties include:',
      ' parse.key=false',
      ' parse.headers=false',
      ' ignore.error=false',
      ' key.separator=\\t',
      ' headers.delimiter=\\t',
      ' headers.separator=,',
      ' headers.key.separator=:',
      ' null.marker=   When set, any fields (key, value and headers) equal to this will be replaced by null',
      'Default parsing pattern when:',
      ' parse.headers=true and parse.key=true:',
      '  "h1:v1,h2:v2...\\tkey\\tvalue"',
      ' parse.key=true:',
      '  "key\\tvalue"',
      ' parse.headers=true:',
      '  "h1:v1,h2:v2...\\tvalue"',
      '      ',
    ].join('\n'),
    type: 'String',
    describedAs: 'prop',
  },
  'reader-config': {
    description:
      'Config properties file for the message reader. Note that [property] takes precedence over this config.',
    type: 'String',
    describedAs: 'config file',
  },
  'producer-property': {
    description: 'A mechanism to pass user-defined properties in the form key=value to the producer. ',
    type: 'String',
    describedAs: 'producer_prop',
  },
  'producer.config': {
    description: 'Producer config properties file. Note that [producer-property] takes precedence over this config.',
    type: 'String',
    describedAs: 'config file',
  },
} as const satisfies OptionDeclarations;
