import { DEFAULT_OPTIONS } from '../args/default-options';
import type { OptionDeclarations } from '../args/joptsimple';

/** The options of kafka-dump-log. */
export const DUMP_LOG_OPTIONS = {
  ...DEFAULT_OPTIONS,
  'print-data-log': {
    description:
      'If set, printing the messages content when dumping data logs. Automatically set if any decoder option is specified.',
  },
  'verify-index-only': { description: 'If set, just verify the index log without printing its content.' },
  'index-sanity-check': {
    description:
      'If set, just checks the index sanity without printing its content. This is the same check that is executed on broker startup to determine if an index needs rebuilding or not.',
  },
  files: {
    description: 'REQUIRED: The comma separated list of data and index log files to be dumped.',
    type: 'String',
    describedAs: 'file1, file2, ...',
  },
  'max-message-size': {
    description: 'Size of largest message.',
    type: 'Integer',
    describedAs: 'size',
    defaultsTo: '5242880',
  },
  'max-bytes': {
    description: 'Limit the amount of total batches read in bytes avoiding reading the whole .log file(s).',
    type: 'Integer',
    describedAs: 'size',
    defaultsTo: '2147483647',
  },
  'deep-iteration': {
    description: 'If set, uses deep instead of shallow iteration. Automatically set if print-data-log is enabled.',
  },
  'value-decoder-class': {
    description:
      'If set, used to deserialize the messages. This class should implement org.apache.kafka.tools.api.Decoder trait. Custom jar should be available in kafka/libs directory.',
    type: 'String',
    optional: true,
    defaultsTo: 'org.apache.kafka.tools.api.StringDecoder',
  },
  'key-decoder-class': {
    description:
      'If set, used to deserialize the keys. This class should implement org.apache.kafka.tools.api.Decoder trait. Custom jar should be available in kafka/libs directory.',
    type: 'String',
    optional: true,
    defaultsTo: 'org.apache.kafka.tools.api.StringDecoder',
  },
  'offsets-decoder': {
    description: 'If set, log data will be parsed as offset data from the __consumer_offsets topic.',
  },
  'transaction-log-decoder': {
    description: 'If set, log data will be parsed as transaction metadata from the __transaction_state topic.',
  },
  'cluster-metadata-decoder': { description: 'If set, log data will be parsed as cluster metadata records.' },
  'remote-log-metadata-decoder': {
    description:
      'If set, log data will be parsed as TopicBasedRemoteLogMetadataManager (RLMM) metadata records. Instead, the value-decoder-class option can be used if a custom RLMM implementation is configured.',
  },
  'skip-record-metadata': { description: 'Whether to skip printing metadata for each record.' },
} as const satisfies OptionDeclarations;
