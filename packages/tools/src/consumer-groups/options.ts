import { DEFAULT_OPTIONS } from '../args/default-options';
import type { OptionDeclarations } from '../args/joptsimple';
import { JSON_OPTION } from '../json-output';

/** The options of kafka-consumer-groups, and after them those that it has beyond Apache's. */
export const CONSUMER_GROUPS_OPTIONS = {
  ...DEFAULT_OPTIONS,
  'bootstrap-server': {
    description: 'REQUIRED: The server(s) to connect to.',
    type: 'String',
    describedAs: 'server to connect to',
  },
  group: { description: 'The consumer group we wish to act on.', type: 'String', describedAs: 'consumer group' },
  topic: {
    description:
      'The topic whose consumer group information should be deleted or topic whose should be included in the reset offset process. In `reset-offsets` case, partitions can be specified using this format: `topic1:0,1,2`, where 0,1,2 are the partition to be included in the process. Reset-offsets also supports multiple topic inputs.',
    type: 'String',
    describedAs: 'topic',
  },
  'all-topics': { description: 'Consider all topics assigned to a group in the `reset-offsets` process.' },
  list: { description: 'List all consumer groups.' },
  describe: {
    description:
      'Describe consumer group and list offset lag (number of messages not yet processed) related to given group.',
  },
  'all-groups': { description: 'Apply to all consumer groups.' },
  delete: {
    description:
      'Pass in groups to delete topic partition offsets and ownership information over the entire consumer group. For instance --group g1 --group g2',
  },
  timeout: {
    description:
      'The timeout that can be set for some use cases. For example, it can be used when describing the group to specify the maximum amount of time in milliseconds to wait before the group stabilizes (when the group is just created, or is going through some changes).',
    type: 'Long',
    describedAs: 'timeout (ms)',
    defaultsTo: '5000',
  },
  'command-config': {
    description: 'Property file containing configs to be passed to Admin Client and Consumer.',
    type: 'String',
    describedAs: 'command config property file',
  },
  'reset-offsets': {
    description: [
      'Reset offsets of consumer group. Supports one consumer group at the time, and instances should be inactive',
      'Has 2 execution options: --dry-run (the default) to plan which offsets to reset, and --execute to update the offsets. Additionally, the --export option is used to export the results to a CSV format.',
      'You must choose one of the following reset specifications: --to-datetime, --by-duration, --to-earliest, --to-latest, --shift-by, --from-file, --to-current, --to-offset.',
      "To define the scope use --all-topics or --topic. One scope must be specified unless you use '--from-file'.",
    ].join('\n'),
  },
  'delete-offsets': {
    description: 'Delete offsets of consumer group. Supports one consumer group at the time, and multiple topics.',
  },
  'dry-run': {
    description: 'Only show results without executing changes on Consumer Groups. Supported operations: reset-offsets.',
  },
  execute: { description: 'Execute operation. Supported operations: reset-offsets.' },
  export: { description: 'Export operation execution to a CSV file. Supported operations: reset-offsets.' },
  'to-offset': { description: 'Reset offsets to a specific offset.', type: 'Long', describedAs: 'offset' },
  'from-file': {
    description: 'Reset offsets to values defined in CSV file.',
    type: 'String',
    describedAs: 'path to CSV file',
  },
  'to-datetime': {
    description: "Reset offsets to offset from datetime. Format: 'YYYY-MM-DDTHH:mm:SS.sss'",
    type: 'String',
    describedAs: 'datetime',
  },
  'by-duration': {
    description: "Reset offsets to offset by duration from current timestamp. Format: 'PnDTnHnMnS'",
    type: 'String',
    describedAs: 'duration',
  },
  'to-earliest': { description: 'Reset offsets to earliest offset.' },
  'to-latest': { description: 'Reset offsets to latest offset.' },
  'to-current': { description: 'Reset offsets to current offset.' },
  'shift-by': {
    description: "Reset offsets shifting current offset by 'n', where 'n' can be positive or negative.",
    type: 'Long',
    describedAs: 'number-of-offsets',
  },
  members: {
    description: [
      "Describe members of the group. This option may be used with '--describe' and '--bootstrap-server' options only.",
      'Example: --bootstrap-server localhost:9092 --describe --group group1 --members',
    ].join('\n'),
    availableIf: ['describe'],
  },
  verbose: {
    description: [
      "Provide additional information, if any, when describing the group. This option may be used with '--offsets'/'--members'/'--state' and '--bootstrap-server' options only.",
      'Example: --bootstrap-server localhost:9092 --describe --group group1 --members --verbose',
    ].join('\n'),
    availableIf: ['describe'],
  },
  offsets: {
    description: [
      "Describe the group and list all topic partitions in the group along with their offset lag. This is the default sub-action of and may be used with '--describe' and '--bootstrap-server' options only.",
      'Example: --bootstrap-server localhost:9092 --describe --group group1 --offsets',
    ].join('\n'),
    availableIf: ['describe'],
  },
  state: {
    description: [
      "When specified with '--describe', includes the state of the group.",
      'Example: --bootstrap-server localhost:9092 --describe --group group1 --state',
      "When specified with '--list', it displays the state of all groups. It can also be used to list groups with specific states.",
      'Example: --bootstrap-server localhost:9092 --list --state stable,empty',
      "This option may be used with '--describe', '--list' and '--bootstrap-server' options only.",
    ].join('\n'),
    type: 'String',
    optional: true,
    availableIf: ['describe', 'list'],
  },
  type: {
    description: [
      "When specified with '--list', it displays the types of all the groups. It can also be used to list groups with specific types.",
      'Example: --bootstrap-server localhost:9092 --list --type classic,consumer',
      "This option may be used with the '--list' option only.",
    ].join('\n'),
    type: 'String',
    optional: true,
    availableIf: ['list'],
  },
  ...JSON_OPTION,
  watch: { description: 'Describe again and again until interrupted.', isExtension: true },
  'interval-ms': {
    description: 'The time between two descriptions of --watch.',
    type: 'Long',
    describedAs: 'interval (ms)',
    defaultsTo: '2000',
    isExtension: true,
  },
} as const satisfies OptionDeclarations;
