import { DEFAULT_OPTIONS } from '../args/default-options';
import type { OptionDeclarations } from '../args/joptsimple';

/** The options of kafka-replica-verification (ReplicaVerificationToolOptions). */
export const REPLICA_VERIFICATION_OPTIONS = {
  ...DEFAULT_OPTIONS,
  'broker-list': {
    description: 'REQUIRED: The list of hostname and port of the server to connect to.',
    type: 'String',
    describedAs: 'hostname:port,...,hostname:port',
  },
  'fetch-size': {
    description: 'The fetch size of each request.',
    type: 'Integer',
    describedAs: 'bytes',
    defaultsTo: '1048576',
  },
  'max-wait-ms': {
    description: 'The max amount of time each fetch request waits.',
    type: 'Integer',
    describedAs: 'ms',
    defaultsTo: '1000',
  },
  'topic-white-list': {
    description:
      'DEPRECATED use --topics-include instead; ignored if --topics-include specified. List of topics to verify replica ' +
      'consistency.',
    type: 'String',
    describedAs: 'Java regex (String)',
    defaultsTo: '.*',
  },
  'topics-include': {
    description: 'List of topics to verify replica consistency.',
    type: 'String',
    describedAs: 'Java regex (String)',
    defaultsTo: '.*',
  },
  time: {
    description: 'Timestamp for getting the initial offsets.',
    type: 'Long',
    describedAs: 'timestamp/-1(latest)/-2(earliest)',
    defaultsTo: '-1',
  },
  'report-interval-ms': {
    description: 'The reporting interval.',
    type: 'Long',
    describedAs: 'ms',
    defaultsTo: '30000',
  },
} as const satisfies OptionDeclarations;
