import { DEFAULT_OPTIONS } from '../args/default-options';
import type { OptionDeclarations } from '../args/joptsimple';

/** What `--help` begins with. */
export const DESCRIPTION = [
  'This tool helps to quickly reset an application in order to reprocess its data from scratch.',
  '* This tool resets offsets of input topics to the earliest available offset (by default), or to a specific defined position and it skips to the end of intermediate topics (topics that are input and output topics, e.g., used by deprecated through() method).',
  '* This tool deletes the internal topics that were created by Kafka Streams (topics starting with "<application.id>-").',
  'The tool finds these internal topics automatically. If the topics flagged automatically for deletion by the dry-run are unsuitable, you can specify a subset with the "--internal-topics" option.',
  '* This tool will not delete output topics (if you want to delete them, you need to do it yourself with the bin/kafka-topics.sh command).',
  '* This tool will not clean up the local state on the stream application instances (the persisted stores used to cache aggregation results).',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a Java system property, which the help names
  'You need to call KafkaStreams#cleanUp() in your application or manually delete them from the directory specified by "state.dir" configuration (${java.io.tmpdir}/kafka-streams/<application.id> by default).',
  '* When long session timeout has been configured, active members could take longer to get expired on the broker thus blocking the reset job to complete. Use the "--force" option could remove those left-over members immediately. Make sure to stop all stream applications when this option is specified to avoid unexpected disruptions.',
  '',
  "*** Important! You will get wrong output if you don't clean up the local stores after running the reset tool!",
  '',
  '*** Warning! This tool makes irreversible changes to your application. It is strongly recommended that you run this once with "--dry-run" to preview your changes before making them.',
  '\n',
].join('\n');

/** The options of kafka-streams-application-reset. */
export const STREAMS_RESET_OPTIONS = {
  ...DEFAULT_OPTIONS,
  'application-id': {
    description: 'The Kafka Streams application ID (application.id).',
    type: 'String',
    describedAs: 'id',
    required: true,
  },
  'bootstrap-server': {
    description:
      'REQUIRED unless --bootstrap-servers (deprecated) is specified. The server(s) to connect to. The broker list string in the form HOST1:PORT1,HOST2:PORT2. (default: localhost:9092)',
    type: 'String',
    describedAs: 'server to connect to',
  },
  'bootstrap-servers': {
    description: 'DEPRECATED: Comma-separated list of broker urls with format: HOST1:PORT1,HOST2:PORT2',
    type: 'String',
    describedAs: 'urls',
  },
  'input-topics': {
    description:
      'Comma-separated list of user input topics. For these topics, the tool by default will reset the offset to the earliest available offset. Reset to other offset position by appending other reset offset option, ex: --input-topics foo --shift-by 5',
    type: 'String',
    describedAs: 'list',
    separatedBy: ',',
  },
  'intermediate-topics': {
    description:
      'Comma-separated list of intermediate user topics (topics that are input and output topics, e.g., used in the deprecated through() method). For these topics, the tool will skip to the end.',
    type: 'String',
    describedAs: 'list',
    separatedBy: ',',
  },
  'internal-topics': {
    description:
      'Comma-separated list of internal topics to delete. Must be a subset of the internal topics marked for deletion by the default behaviour (do a dry-run without this option to view these topics).',
    type: 'String',
    describedAs: 'list',
    separatedBy: ',',
  },
  'to-offset': { description: 'Reset offsets to a specific offset.', type: 'Long' },
  'to-datetime': {
    description: "Reset offsets to offset from datetime. Format: 'YYYY-MM-DDTHH:mm:SS.sss'",
    type: 'String',
  },
  'by-duration': {
    description: "Reset offsets to offset by duration from current timestamp. Format: 'PnDTnHnMnS'",
    type: 'String',
  },
  'to-earliest': { description: 'Reset offsets to earliest offset.' },
  'to-latest': { description: 'Reset offsets to latest offset.' },
  'from-file': { description: 'Reset offsets to values defined in CSV file.', type: 'String' },
  'shift-by': {
    description: "Reset offsets shifting current offset by 'n', where 'n' can be positive or negative",
    type: 'Long',
    describedAs: 'number-of-offsets',
  },
  'config-file': {
    description: 'Property file containing configs to be passed to admin clients and embedded consumer.',
    type: 'String',
    describedAs: 'file name',
  },
  force: {
    description:
      'Force the removal of members of the consumer group (intended to remove stopped members if a long session timeout was used). Make sure to shut down all stream applications when this option is specified to avoid unexpected rebalances.',
  },
  'dry-run': { description: 'Display the actions that would be performed without executing the reset commands.' },
} as const satisfies OptionDeclarations;
