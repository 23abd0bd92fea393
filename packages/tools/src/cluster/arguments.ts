import { type ArgumentDeclaration, type ParsedCommand, parseCommand } from '../args/argparse4j';
import { JSON_ARGUMENT } from '../json-output';
import type { Io } from '../print';

const NAME = 'kafka-cluster';

const CONNECTION = {
  'bootstrap-server': { type: 'String', short: 'b', isAlternative: true },
  'bootstrap-controller': { type: 'String', short: 'C', isAlternative: true },
  config: { type: 'String', short: 'c' },
} as const satisfies Record<string, ArgumentDeclaration>;

const CONNECTION_USAGE = `                     (--bootstrap-server BOOTSTRAP_SERVER |
                     --bootstrap-controller BOOTSTRAP_CONTROLLER)
`;

const CONNECTION_DETAILS = `optional arguments:
  -h, --help             show this help message and exit
  --bootstrap-server BOOTSTRAP_SERVER, -b BOOTSTRAP_SERVER
                         A list of host/port pairs  to use for establishing
                         the connection to the Kafka cluster.
  --bootstrap-controller BOOTSTRAP_CONTROLLER, -C BOOTSTRAP_CONTROLLER
                         A list of host/port pairs  to use for establishing
                         the connection to the KRaft controllers.
  --config CONFIG, -c CONFIG
                         A property file containing  configurations for the
                         Admin client.
`;

const PARSER = {
  name: NAME,
  usage: 'usage: kafka-cluster [-h] {cluster-id,unregister} ...\n',
  details: `The Kafka cluster tool.

positional arguments:
  {cluster-id,unregister}
    cluster-id           Get information about the ID of a cluster.
    unregister           Unregister a broker.

optional arguments:
  -h, --help             show this help message and exit
`,
  arguments: {},
};

const COMMANDS = {
  'cluster-id': {
    name: NAME,
    usage: `usage: kafka-cluster cluster-id [-h] [--config CONFIG]\n${CONNECTION_USAGE}`,
    details: CONNECTION_DETAILS,
    arguments: { ...CONNECTION, ...JSON_ARGUMENT },
  },
  unregister: {
    name: NAME,
    usage: `usage: kafka-cluster unregister [-h] [--config CONFIG] --id ID\n${CONNECTION_USAGE}`,
    details: `${CONNECTION_DETAILS}  --id ID, -i ID         The ID of the broker to unregister.\n`,
    arguments: { ...CONNECTION, id: { type: 'Integer', short: 'i', required: true } },
  },
} as const;

/** Parses kafka-cluster's command line. */
export const parseClusterArguments = (
  argv: readonly string[],
  io: Io,
): ParsedCommand<Record<string, never>, keyof typeof COMMANDS> => parseCommand(PARSER, COMMANDS, argv, io);
