import { type ArgumentDeclaration, type ParsedCommand, parseCommand } from '../args/argparse4j';
import { KAFKA_VERSION } from '../args/usage';
import { JSON_ARGUMENT } from '../json-output';
import type { Io } from '../print';

const NAME = 'kafka-transactions.sh';
/** The commit that Apache released that version from: `--version` of this tool names it. */
const KAFKA_COMMIT = 'f745dfdcee2b9851';

const ARGUMENTS = {
  version: { short: 'v', prints: `${KAFKA_VERSION} (Commit:${KAFKA_COMMIT})` },
  'command-config': { type: 'String' },
  'bootstrap-server': { type: 'String', required: true },
} as const satisfies Record<string, ArgumentDeclaration>;

const PARSER = {
  name: NAME,
  usage: `usage: kafka-transactions.sh [-h] [-v] [--command-config FILE]
                             --bootstrap-server host:port COMMAND ...
`,
  details: `This tool is used to analyze  the  transactional  state of producers in the
cluster. It can be used to detect and recover from hanging transactions.

optional arguments:
  -h, --help             show this help message and exit
  -v, --version          show the version  of  this  Kafka distribution and
                         exit
  --command-config FILE  property file containing configs  to  be passed to
                         admin client
  --bootstrap-server host:port
                         hostname and port for  the  broker  to connect to,
                         in  the   form   \`host:port\`    (multiple   comma-
                         separated entries can be given)

commands:
  COMMAND
    list                 list transactions
    describe             describe the state of an active transactional-id
    describe-producers   describe the  states  of  active  producers  for a
                         topic partition
    abort                abort    a    hanging     transaction    (requires
                         administrative privileges)
    find-hanging         find hanging transactions
`,
  arguments: ARGUMENTS,
};

const USAGE_START = 'usage: kafka-transactions.sh --bootstrap-server host:port';

const HELP = `optional arguments:
  -h, --help             show this help message and exit
`;

const TOPIC = { type: 'String' } as const;
const NUMBER = { type: 'Integer' } as const;

const COMMANDS = {
  list: {
    name: NAME,
    usage: `${USAGE_START} list [-h]
                             [--duration-filter DURATION_FILTER]
`,
    details: `${HELP}  --duration-filter DURATION_FILTER
                         Duration (in millis) to  filter  by:  if  < 0, all
                         transactions will  be  returned;  otherwise,  only
                         transactions running  longer  than  this  duration
                         will be returned
`,
    arguments: { 'duration-filter': { type: 'Long' }, ...JSON_ARGUMENT },
  },
  describe: {
    name: NAME,
    usage: `${USAGE_START} describe [-h]
                             --transactional-id TRANSACTIONAL_ID
`,
    details: `Describe the state of an active transactional-id.

${HELP}  --transactional-id TRANSACTIONAL_ID
                         transactional id
`,
    arguments: { 'transactional-id': { type: 'String', required: true }, ...JSON_ARGUMENT },
  },
  'describe-producers': {
    name: NAME,
    usage: `${USAGE_START}
                             describe-producers [-h]
                             [--broker-id BROKER_ID] --topic TOPIC
                             --partition PARTITION
`,
    details: `${HELP}  --broker-id BROKER_ID  optional broker id to  describe the producer state
                         on a specific replica
  --topic TOPIC          topic name
  --partition PARTITION  partition number
`,
    arguments: {
      'broker-id': NUMBER,
      topic: { ...TOPIC, required: true },
      partition: { ...NUMBER, required: true },
      ...JSON_ARGUMENT,
    },
  },
  abort: {
    name: NAME,
    usage: `${USAGE_START} abort [-h]
                             --topic TOPIC --partition PARTITION
                             [--start-offset START_OFFSET]
                             [--producer-id PRODUCER_ID]
                             [--producer-epoch PRODUCER_EPOCH]
                             [--coordinator-epoch COORDINATOR_EPOCH]
`,
    details: `${HELP}  --topic TOPIC          topic name
  --partition PARTITION  partition number

Brokers on versions 3.0 and above:
  For newer brokers,  only  the  start  offset  of  the  transaction  to be
  aborted is required

  --start-offset START_OFFSET
                         start offset of the transaction to abort

Brokers on versions older than 3.0:
  For older brokers, you must provide all of these arguments

  --producer-id PRODUCER_ID
                         producer id
  --producer-epoch PRODUCER_EPOCH
                         producer epoch
  --coordinator-epoch COORDINATOR_EPOCH
                         coordinator epoch
`,
    arguments: {
      topic: { ...TOPIC, required: true },
      partition: { ...NUMBER, required: true },
      'start-offset': { type: 'Long' },
      'producer-id': { type: 'Long' },
      'producer-epoch': { type: 'Short' },
      'coordinator-epoch': NUMBER,
    },
  },
  'find-hanging': {
    name: NAME,
    usage: `${USAGE_START} find-hanging [-h]
                             [--broker-id BROKER_ID]
                             [--max-transaction-timeout MAX_TRANSACTION_TIMEOUT]
                             [--topic TOPIC] [--partition PARTITION]
`,
    details: `${HELP}  --broker-id BROKER_ID  broker id to search for hanging transactions
  --max-transaction-timeout MAX_TRANSACTION_TIMEOUT
                         maximum transaction timeout  in  minutes  to limit
                         the scope of the search (15 minutes by default)
  --topic TOPIC          topic name to  limit  search  to  (required  if --
                         partition is specified)
  --partition PARTITION  partition number
`,
    arguments: {
      'broker-id': NUMBER,
      'max-transaction-timeout': { ...NUMBER, defaultsTo: '15' },
      topic: TOPIC,
      partition: NUMBER,
      ...JSON_ARGUMENT,
    },
  },
} as const;

export type TransactionsArguments = ParsedCommand<typeof ARGUMENTS, keyof typeof COMMANDS>;

/** Parses kafka-transactions' command line. */
export const parseTransactionsArguments = (argv: readonly string[], io: Io): TransactionsArguments =>
  parseCommand(PARSER, COMMANDS, argv, io);
