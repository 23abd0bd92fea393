import { type ParsedCommand, parseCommand } from '../args/argparse4j';
import type { Io } from '../print';

const NAME = 'kafka-storage';

const PARSER = {
  name: NAME,
  usage: 'usage: kafka-storage [-h] {info,format,random-uuid} ...\n',
  details: `The Kafka storage tool.

positional arguments:
  {info,format,random-uuid}
    info                 Get information about  the  Kafka  log directories
                         on this node.
    format               Format the Kafka log directories on this node.
    random-uuid          Print a random UUID.

optional arguments:
  -h, --help             show this help message and exit
`,
  helpExitCode: 0,
  arguments: {},
};

const HELP = `optional arguments:
  -h, --help             show this help message and exit
`;

const CONFIG = `  --config CONFIG, -c CONFIG
                         The Kafka configuration file to use.
`;

const COMMANDS = {
  info: {
    name: NAME,
    usage: 'usage: kafka-storage info [-h] --config CONFIG\n',
    details: `${HELP}${CONFIG}`,
    helpExitCode: 0,
    arguments: { config: { type: 'String', short: 'c', required: true } },
  },
  format: {
    name: NAME,
    usage: `usage: kafka-storage format [-h] --config CONFIG --cluster-id CLUSTER_ID
                     [--add-scram ADD_SCRAM] [--ignore-formatted]
                     [--release-version RELEASE_VERSION]
                     [--feature FEATURE] [--standalone |
                     --no-initial-controllers |
                     --initial-controllers INITIAL_CONTROLLERS]
`,
    details: `${HELP}${CONFIG}  --cluster-id CLUSTER_ID, -t CLUSTER_ID
                         The cluster ID to use.
  --add-scram ADD_SCRAM, -S ADD_SCRAM
                         A    SCRAM_CREDENTIAL     to     add     to    the
                         __cluster_metadata log e.g.
                         'SCRAM-SHA-256=[name=alice,password=alice-
                         secret]'
                         'SCRAM-SHA-512=[name=alice,iterations=8192,salt="
                         N3E=",saltedpassword="YCE="]'
  --ignore-formatted, -g
  --release-version RELEASE_VERSION, -r RELEASE_VERSION
                         The  release  version  to   use  for  the  initial
                         feature settings.  The  minimum  is  3.0-IV0;  the
                         default is 3.9-IV0
  --feature FEATURE, -f FEATURE
                         The setting to  use  for  a  specific  feature, in
                         feature=level   format.   For   example:   \`kraft.
                         version=1\`.
  --standalone, -s       Used to initialize a  controller  as a single-node
                         dynamic quorum.
  --no-initial-controllers, -N
                         Used to  initialize  a  server  without  a dynamic
                         quorum topology.
  --initial-controllers INITIAL_CONTROLLERS, -I INITIAL_CONTROLLERS
                         Used  to  initialize  a  server  with  a  specific
                         dynamic quorum topology. The  argument is a comma-
                         separated list of  id@hostname:port:directory. The
                         same values must be used  to format all nodes. For
                         example:
                         0@example.com:8082:JEXY6aqzQY-32P5TStzaFg,
                         1@example.com:8083:MvDxzVmcRsaTz33bUuRU6A,
                         2@example.com:8084:07R5amHmR32VDA6jHkGbTA
                         
`,
    helpExitCode: 0,
    arguments: {
      config: { type: 'String', short: 'c', required: true },
      'cluster-id': { type: 'String', short: 't', required: true },
      'add-scram': { type: 'String', short: 'S', isRepeatable: true },
      'ignore-formatted': { short: 'g' },
      'release-version': { type: 'String', short: 'r' },
      feature: { type: 'String', short: 'f', isRepeatable: true },
      standalone: { short: 's', isExclusive: true },
      'no-initial-controllers': { short: 'N', isExclusive: true },
      'initial-controllers': { type: 'String', short: 'I', isExclusive: true },
    },
  },
  'random-uuid': {
    name: NAME,
    usage: 'usage: kafka-storage random-uuid [-h]\n',
    details: HELP,
    helpExitCode: 0,
    arguments: {},
  },
} as const;

/** Parses kafka-storage's command line. */
export const parseStorageArguments = (
  argv: readonly string[],
  io: Io,
): ParsedCommand<Record<string, never>, keyof typeof COMMANDS> => parseCommand(PARSER, COMMANDS, argv, io);
