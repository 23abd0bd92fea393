import { DEFAULT_OPTIONS } from '../args/default-options';
import type { OptionDeclarations } from '../args/joptsimple';
import { JSON_OPTION } from '../json-output';

const THROTTLE_NOTE =
  'This option can be included with --execute when a reassignment is started, and it can be altered by resubmitting the ' +
  'current reassignment along with the --additional flag. The throttle rate should be at least 1 KB/s.';

/** The options of kafka-reassign-partitions (ReassignPartitionsCommandOptions). */
export const REASSIGN_OPTIONS = {
  ...DEFAULT_OPTIONS,
  ...JSON_OPTION,
  verify: {
    description:
      'Verify if the reassignment completed as specified by the --reassignment-json-file option. If there is a throttle ' +
      'engaged for the replicas specified, and the rebalance has completed, the throttle will be removed',
  },
  generate: {
    description:
      'Generate a candidate partition reassignment configuration. Note that this only generates a candidate assignment, ' +
      'it does not execute it.',
  },
  execute: { description: 'Kick off the reassignment as specified by the --reassignment-json-file option.' },
  cancel: { description: 'Cancel an active reassignment.' },
  list: { description: 'List all active partition reassignments.' },
  'bootstrap-server': {
    description: 'REQUIRED: the server(s) to use for bootstrapping.',
    type: 'String',
    describedAs: 'Server(s) to use for bootstrapping',
  },
  'command-config': {
    description: 'Property file containing configs to be passed to Admin Client.',
    type: 'String',
    describedAs: 'Admin client property file',
  },
  'reassignment-json-file': {
    description:
      'The JSON file with the partition reassignment configurationThe format to use is - \n' +
      '{"partitions":\n\t[{"topic": "foo",\n\t  "partition": 1,\n\t  "replicas": [1,2,3],\n' +
      '\t  "log_dirs": ["dir1","dir2","dir3"] }],\n"version":1\n}\n' +
      'Note that "log_dirs" is optional. When it is specified, its length must equal the length of the replicas list. ' +
      'The value in this list can be either "any" or the absolution path of the log directory on the broker. If absolute ' +
      'log directory path is specified, the replica will be moved to the specified log directory on the broker.',
    type: 'String',
    describedAs: 'manual assignment json file path',
  },
  'topics-to-move-json-file': {
    description:
      'Generate a reassignment configuration to move the partitions of the specified topics to the list of brokers ' +
      'specified by the --broker-list option. The format to use is - \n' +
      '{"topics":\n\t[{"topic": "foo"},{"topic": "foo1"}],\n"version":1\n}',
    type: 'String',
    describedAs: 'topics to reassign json file path',
  },
  'broker-list': {
    description:
      'The list of brokers to which the partitions need to be reassigned in the form "0,1,2". This is required if ' +
      '--topics-to-move-json-file is used to generate reassignment configuration',
    type: 'String',
    describedAs: 'brokerlist',
  },
  'disable-rack-aware': { description: 'Disable rack aware replica assignment' },
  throttle: {
    description: `The movement of partitions between brokers will be throttled to this value (bytes/sec). ${THROTTLE_NOTE}`,
    type: 'Long',
    describedAs: 'throttle',
    defaultsTo: '-1',
  },
  'replica-alter-log-dirs-throttle': {
    description:
      'The movement of replicas between log directories on the same broker will be throttled to this value (bytes/sec). ' +
      THROTTLE_NOTE,
    type: 'Long',
    describedAs: 'replicaAlterLogDirsThrottle',
    defaultsTo: '-1',
  },
  timeout: {
    description: 'The maximum time in ms to wait for log directory replica assignment to begin.',
    type: 'Long',
    describedAs: 'timeout',
    defaultsTo: '10000',
  },
  additional: {
    description:
      'Execute this reassignment in addition to any other ongoing ones. This option can also be used to change the ' +
      'throttle of an ongoing reassignment.',
  },
  'preserve-throttles': { description: 'Do not modify broker or topic throttles.' },
  wait: {
    description:
      'With --verify: wait until nothing of the plan is moved any more, then verify. The exit code is 0 if everything is where the plan wants it, else 1.',
    isExtension: true,
  },
} as const satisfies OptionDeclarations;
