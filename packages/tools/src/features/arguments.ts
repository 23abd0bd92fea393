import { type ArgumentDeclaration, type ParsedCommand, parseCommand } from '../args/argparse4j';
import { JSON_ARGUMENT } from '../json-output';
import type { Io } from '../print';

const NAME = 'kafka-features';

const ARGUMENTS = {
  'command-config': { type: 'String' },
  'bootstrap-server': { type: 'String', isAlternative: true },
  'bootstrap-controller': { type: 'String', isAlternative: true },
} as const satisfies Record<string, ArgumentDeclaration>;

const PARSER = {
  name: NAME,
  usage: `usage: kafka-features [-h] [--command-config COMMAND_CONFIG]
                      (--bootstrap-server BOOTSTRAP_SERVER |
                      --bootstrap-controller BOOTSTRAP_CONTROLLER)
                      {describe,upgrade,downgrade,disable} ...
`,
  details: `This tool manages feature flags in Kafka.

positional arguments:
  {describe,upgrade,downgrade,disable}
    describe             Describes the current active feature flags.
    upgrade              Upgrade one or more feature flags.
    downgrade            Upgrade one or more feature flags.
    disable              Disable one or  more  feature  flags.  This is the
                         same as downgrading the version to zero.

optional arguments:
  -h, --help             show this help message and exit
  --bootstrap-server BOOTSTRAP_SERVER
                         A comma-separated list of  host:port  pairs to use
                         for  establishing  the  connection  to  the  Kafka
                         cluster.
  --bootstrap-controller BOOTSTRAP_CONTROLLER
                         A comma-separated list of  host:port  pairs to use
                         for  establishing  the  connection  to  the  KRaft
                         quorum.
  --command-config COMMAND_CONFIG
                         Property file containing configs  to  be passed to
                         Admin Client.
`,
  arguments: ARGUMENTS,
};

const USAGE_START = `usage: kafka-features (--bootstrap-server BOOTSTRAP_SERVER |
                      --bootstrap-controller BOOTSTRAP_CONTROLLER)`;

const HELP = `optional arguments:
  -h, --help             show this help message and exit
`;

const CHANGE = {
  feature: { type: 'String', isRepeatable: true },
  'dry-run': {},
} as const satisfies Record<string, ArgumentDeclaration>;

const COMMANDS = {
  describe: {
    name: NAME,
    usage: `${USAGE_START} describe
                      [-h]
`,
    details: HELP,
    arguments: { ...JSON_ARGUMENT },
  },
  upgrade: {
    name: NAME,
    usage: `${USAGE_START} upgrade
                      [-h] [--metadata METADATA] [--feature FEATURE]
                      [--dry-run]
`,
    details: `${HELP}  --metadata METADATA    The  level  to   which   we   should  upgrade  the
                         metadata. For example, 3.3-IV3.
  --feature FEATURE      A  feature   upgrade   we   should   perform,   in
                         feature=level  format.  For   example:  \`metadata.
                         version=5\`.
  --dry-run              Validate this upgrade, but do not perform it.
`,
    arguments: { metadata: { type: 'String' }, ...CHANGE },
  },
  downgrade: {
    name: NAME,
    usage: `${USAGE_START}
                      downgrade [-h] [--metadata METADATA]
                      [--feature FEATURE] [--unsafe] [--dry-run]
`,
    details: `${HELP}  --metadata METADATA    The  level  to  which   we  should  downgrade  the
                         metadata. For example, 3.3-IV0.
  --feature FEATURE      A  feature  downgrade   we   should   perform,  in
                         feature=level  format.  For   example:  \`metadata.
                         version=5\`.
  --unsafe               Perform   this   downgrade   even    if   it   may
                         irreversibly destroy metadata.
  --dry-run              Validate this downgrade, but do not perform it.
`,
    arguments: { metadata: { type: 'String' }, ...CHANGE, unsafe: {} },
  },
  disable: {
    name: NAME,
    usage: `${USAGE_START} disable
                      [-h] [--feature FEATURE] [--unsafe] [--dry-run]
`,
    details: `${HELP}  --feature FEATURE      A feature flag to disable.
  --unsafe               Disable  this  feature   flag   even   if  it  may
                         irreversibly destroy metadata.
  --dry-run              Perform a dry-run of this disable operation.
`,
    arguments: { ...CHANGE, unsafe: {} },
  },
} as const;

export type FeatureCommand = keyof typeof COMMANDS;

/** Parses kafka-features' command line. */
export const parseFeatureArguments = (
  argv: readonly string[],
  io: Io,
): ParsedCommand<typeof ARGUMENTS, FeatureCommand> => parseCommand(PARSER, COMMANDS, argv, io);
