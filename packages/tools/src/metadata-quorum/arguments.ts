import { type ArgumentDeclaration, type ParsedCommand, parseCommand } from '../args/argparse4j';
import type { Io } from '../print';

const NAME = 'kafka-metadata-quorum';

const ARGUMENTS = {
  'command-config': { type: 'String' },
  'bootstrap-server': { type: 'String', isAlternative: true },
  'bootstrap-controller': { type: 'String', isAlternative: true },
} as const satisfies Record<string, ArgumentDeclaration>;

const PARSER = {
  name: NAME,
  usage: `usage: kafka-metadata-quorum [-h] [--command-config COMMAND_CONFIG]
                             (--bootstrap-server BOOTSTRAP_SERVER |
                             --bootstrap-controller BOOTSTRAP_CONTROLLER)
                             {describe,add-controller,remove-controller}
                             ...
`,
  details: `This tool describes kraft metadata quorum status.

positional arguments:
  {describe,add-controller,remove-controller}
    describe             Describe the metadata quorum info
    add-controller       Add a controller to the KRaft controller cluster
    remove-controller    Remove a  controller  from  the  KRaft  controller
                         cluster

optional arguments:
  -h, --help             show this help message and exit
  --bootstrap-server BOOTSTRAP_SERVER
                         A comma-separated list of  host:port  pairs to use
                         for  establishing  the  connection  to  the  Kafka
                         cluster.
  --bootstrap-controller BOOTSTRAP_CONTROLLER
                         A comma-separated list of  host:port  pairs to use
                         for  establishing  the  connection  to  the  Kafka
                         controllers.
  --command-config COMMAND_CONFIG
                         Property file containing configs  to  be passed to
                         Admin Client.
`,
  helpExitCode: 0,
  arguments: ARGUMENTS,
};

const USAGE_START = `usage: kafka-metadata-quorum (--bootstrap-server BOOTSTRAP_SERVER |
                             --bootstrap-controller BOOTSTRAP_CONTROLLER)`;

const HELP = `optional arguments:
  -h, --help             show this help message and exit
`;

const DRY_RUN = `  --dry-run              True if we should  print  what  would be done, but
                         not do it.
`;

const COMMANDS = {
  describe: {
    name: NAME,
    usage: `${USAGE_START}
                             describe [-h] [--status] [--replication]
                             [--human-readable]
`,
    details: `${HELP}
Status:
  --status               A short  summary  of  the  quorum  status  and the
                         other  provides  detailed  information  about  the
                         status of replication.

Replication:
  --replication          Detailed   information   about   the   status   of
                         replication
  --human-readable       Human-readable output
`,
    helpExitCode: 0,
    arguments: { status: {}, replication: {}, 'human-readable': {} },
  },
  'add-controller': {
    name: NAME,
    usage: `${USAGE_START}
                             add-controller [-h] [--dry-run]
`,
    details: `${HELP}${DRY_RUN}`,
    helpExitCode: 0,
    arguments: { 'dry-run': {} },
  },
  'remove-controller': {
    name: NAME,
    usage: `${USAGE_START}
                             remove-controller [-h]
                             --controller-id CONTROLLER_ID
                             --controller-directory-id CONTROLLER_DIRECTORY_ID
                             [--dry-run]
`,
    details: `${HELP}  --controller-id CONTROLLER_ID, -i CONTROLLER_ID
                         The id of the controller to remove.
  --controller-directory-id CONTROLLER_DIRECTORY_ID, -d CONTROLLER_DIRECTORY_ID
                         The directory ID of the controller to remove.
${DRY_RUN}`,
    helpExitCode: 0,
    arguments: {
      'controller-id': { type: 'Integer', short: 'i', required: true },
      'controller-directory-id': { type: 'String', short: 'd', required: true },
      'dry-run': {},
    },
  },
} as const;

/** Parses kafka-metadata-quorum's command line. */
export const parseMetadataQuorumArguments = (
  argv: readonly string[],
  io: Io,
): ParsedCommand<typeof ARGUMENTS, keyof typeof COMMANDS> => parseCommand(PARSER, COMMANDS, argv, io);
