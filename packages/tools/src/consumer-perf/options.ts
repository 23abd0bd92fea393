import { DEFAULT_OPTIONS } from '../args/default-options';
import type { OptionDeclarations } from '../args/joptsimple';

const RANDOM_GROUPS = 100_000;

/** The options of kafka-consumer-perf-test. */
export const CONSUMER_PERF_OPTIONS = {
  ...DEFAULT_OPTIONS,
  'broker-list': {
    description:
      'DEPRECATED, use --bootstrap-server instead; ignored if --bootstrap-server is specified. The broker list string in the form HOST1:PORT1,HOST2:PORT2.',
    type: 'String',
    describedAs: 'broker-list',
  },
  'bootstrap-server': {
    description: 'REQUIRED unless --broker-list (deprecated) is specified. The server(s) to connect to.',
    type: 'String',
    describedAs: 'server to connect to',
    requiredUnless: 'broker-list',
  },
  topic: { description: 'REQUIRED: The topic to consume from.', type: 'String', describedAs: 'topic' },
  group: {
    description: 'The group id to consume on.',
    type: 'String',
    describedAs: 'gid',
    defaultsTo: `perf-consumer-${Math.floor(Math.random() * RANDOM_GROUPS)}`,
  },
  'fetch-size': {
    description: 'The amount of data to fetch in a single request.',
    type: 'Integer',
    describedAs: 'size',
    defaultsTo: '1048576',
  },
  'from-latest': {
    description:
      'If the consumer does not already have an established offset to consume from, start with the latest message present in the log rather than the earliest message.',
  },
  'socket-buffer-size': {
    description: 'The size of the tcp RECV size.',
    type: 'Integer',
    describedAs: 'size',
    defaultsTo: '2097152',
  },
  threads: {
    description: 'DEPRECATED AND IGNORED: Number of processing threads.',
    type: 'Integer',
    describedAs: 'count',
    defaultsTo: '10',
  },
  'num-fetch-threads': {
    description: 'DEPRECATED AND IGNORED: Number of fetcher threads.',
    type: 'Integer',
    describedAs: 'count',
    defaultsTo: '1',
  },
  'consumer.config': {
    description: 'Consumer config properties file.',
    type: 'String',
    describedAs: 'config file',
  },
  'print-metrics': { description: 'Print out the metrics.' },
  'show-detailed-stats': {
    description: 'If set, stats are reported for each reporting interval as configured by reporting-interval',
  },
  timeout: {
    description: 'The maximum allowed time in milliseconds between returned records.',
    type: 'Long',
    optional: true,
    describedAs: 'milliseconds',
    defaultsTo: '10000',
  },
  messages: {
    description: 'REQUIRED: The number of messages to send or consume',
    type: 'Long',
    describedAs: 'count',
  },
  'reporting-interval': {
    description: 'Interval in milliseconds at which to print progress info.',
    type: 'Long',
    describedAs: 'interval_ms',
    defaultsTo: '5000',
  },
  'date-format': {
    description: 'The date format to use for formatting the time field. See java.text.SimpleDateFormat for options.',
    type: 'String',
    describedAs: 'date format',
    defaultsTo: 'yyyy-MM-dd HH:mm:ss:SSS',
  },
  'hide-header': { description: 'If set, skips printing the header for the stats' },
} as const satisfies OptionDeclarations;
