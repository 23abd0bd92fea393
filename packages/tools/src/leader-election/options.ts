import { DEFAULT_OPTIONS } from '../args/default-options';
import type { OptionDeclarations } from '../args/joptsimple';

/** The options of kafka-leader-election (LeaderElectionCommandOptions). */
export const LEADER_ELECTION_OPTIONS = {
  ...DEFAULT_OPTIONS,
  'bootstrap-server': {
    description:
      'A hostname and port for the broker to connect to, in the form host:port. Multiple comma separated URLs can be ' +
      'given. REQUIRED.',
    type: 'String',
    describedAs: 'host:port',
  },
  'admin.config': {
    description: 'Configuration properties files to pass to the admin client',
    type: 'String',
    describedAs: 'config file',
  },
  'path-to-json-file': {
    description:
      'The JSON file with the list  of partition for which leader elections should be performed. This is an example ' +
      'format. \n{"partitions":\n\t[{"topic": "foo", "partition": 1},\n\t {"topic": "foobar", "partition": 2}]\n}\n' +
      'Not allowed if --all-topic-partitions or --topic flags are specified.',
    type: 'String',
    describedAs: 'Path to JSON file',
  },
  topic: {
    description:
      'Name of topic for which to perform an election. Not allowed if --path-to-json-file or --all-topic-partitions is ' +
      'specified.',
    type: 'String',
    describedAs: 'topic name',
  },
  partition: {
    description: 'Partition id for which to perform an election. REQUIRED if --topic is specified.',
    type: 'Integer',
    describedAs: 'partition id',
  },
  'all-topic-partitions': {
    description:
      'Perform election on all of the eligible topic partitions based on the type of election (see the --election-type ' +
      'flag). Not allowed if --topic or --path-to-json-file is specified.',
  },
  'election-type': {
    description:
      'Type of election to attempt. Possible values are "preferred" for preferred leader election or "unclean" for ' +
      'unclean leader election. If preferred election is selection, the election is only performed if the current leader ' +
      'is not the preferred leader for the topic partition. If unclean election is selected, the election is only ' +
      'performed if there are no leader for the topic partition. REQUIRED.',
    type: 'String',
    oneOf: ['PREFERRED', 'UNCLEAN'],
    describedAs: 'election type',
  },
} as const satisfies OptionDeclarations;
