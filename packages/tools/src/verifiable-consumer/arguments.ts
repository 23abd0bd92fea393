import type { ArgumentDeclaration, ParserDeclaration } from '../args/argparse4j';

const USAGE = `usage: verifiable-consumer [-h] --topic TOPIC
                           [--group-protocol GROUP_PROTOCOL]
                           [--group-remote-assignor GROUP_REMOTE_ASSIGNOR]
                           --group-id GROUP_ID
                           [--group-instance-id GROUP_INSTANCE_ID]
                           [--max-messages MAX-MESSAGES]
                           [--session-timeout TIMEOUT_MS] [--verbose]
                           [--enable-autocommit]
                           [--reset-policy RESETPOLICY]
                           [--assignment-strategy ASSIGNMENTSTRATEGY]
                           [--consumer.config CONFIG_FILE]
                           (--bootstrap-server HOST1:PORT1[,HOST2:PORT2[...]]
                           | --broker-list HOST1:PORT1[,HOST2:PORT2[...]])
`;

const DETAILS = `This tool consumes  messages  from  a  specific  topic  and  emits consumer
events (e.g. group rebalances,  received  messages,  and offsets committed)
as JSON objects to STDOUT.

optional arguments:
  -h, --help             show this help message and exit
  --topic TOPIC          Consumes messages from this topic.
  --group-protocol GROUP_PROTOCOL
                         Group protocol (must be  one of CLASSIC, CONSUMER)
                         (default: classic)
  --group-remote-assignor GROUP_REMOTE_ASSIGNOR
                         Group remote  assignor;  only  used  if  the group
                         protocol is CONSUMER
  --group-id GROUP_ID    The groupId shared among  members  of the consumer
                         group
  --group-instance-id GROUP_INSTANCE_ID
                         A unique identifier of the consumer instance
  --max-messages MAX-MESSAGES
                         Consume this many messages.  If  -1 (the default),
                         the consumer will  consume  until  the  process is
                         killed externally (default: -1)
  --session-timeout TIMEOUT_MS
                         Set  the  consumer's   session  timeout  (default:
                         30000)
  --verbose              Enable  to   log   individual   consumed   records
                         (default: false)
  --enable-autocommit    Enable offset  auto-commit  on  consumer (default:
                         false)
  --reset-policy RESETPOLICY
                         Set  reset  policy  (must  be  either  'earliest',
                         'latest', or 'none' (default: earliest)
  --assignment-strategy ASSIGNMENTSTRATEGY
                         Set assignment  strategy  (e.g.  org.apache.kafka.
                         clients.consumer.RoundRobinAssignor);  only   used
                         if the group  protocol  is  CLASSIC (default: org.
                         apache.kafka.clients.consumer.RangeAssignor)
  --consumer.config CONFIG_FILE
                         Consumer config  properties  file  (config options
                         shared  with  command  line   parameters  will  be
                         overridden).

Connection Group:
  Group of arguments for connection to brokers

  --bootstrap-server HOST1:PORT1[,HOST2:PORT2[...]]
                         REQUIRED   unless   --broker-list(deprecated)   is
                         specified. The  server(s)  to  connect  to. Comma-
                         separated list of Kafka brokers in the form HOST1:
                         PORT1,HOST2:PORT2,...
  --broker-list HOST1:PORT1[,HOST2:PORT2[...]]
                         DEPRECATED,   use    --bootstrap-server   instead;
                         ignored  if   --bootstrap-server   is   specified.
                         Comma-separated list of Kafka  brokers in the form
                         HOST1:PORT1,HOST2:PORT2,...
`;

const ARGUMENTS = {
  topic: { type: 'String', required: true },
  'group-protocol': { type: 'String', defaultsTo: 'classic' },
  'group-remote-assignor': { type: 'String' },
  'group-id': { type: 'String', required: true },
  'group-instance-id': { type: 'String' },
  'max-messages': { type: 'Integer', defaultsTo: '-1' },
  'session-timeout': { type: 'Integer', defaultsTo: '30000' },
  verbose: {},
  'enable-autocommit': {},
  'reset-policy': { type: 'String', defaultsTo: 'earliest' },
  'assignment-strategy': { type: 'String', defaultsTo: 'org.apache.kafka.clients.consumer.RangeAssignor' },
  'consumer.config': { type: 'String' },
  'bootstrap-server': { type: 'String', isAlternative: true },
  'broker-list': { type: 'String', isAlternative: true },
} as const satisfies Record<string, ArgumentDeclaration>;

/** The command line of kafka-verifiable-consumer. */
export const VERIFIABLE_CONSUMER_PARSER: ParserDeclaration<typeof ARGUMENTS> = {
  name: 'verifiable-consumer',
  usage: USAGE,
  details: DETAILS,
  arguments: ARGUMENTS,
};
