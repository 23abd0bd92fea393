import { type OptionSet, parseOptions } from '../args/joptsimple';
import { usageOf } from '../args/usage';
import { type Io, println } from '../print';
import { illegalArgument } from '../tool-error';
import { TOPICS_OPTIONS } from './options';

export type TopicsOptions = OptionSet<typeof TOPICS_OPTIONS>;
type Name = keyof typeof TOPICS_OPTIONS;

// In the order of Java's HashSet, which decides which conflict is reported.
const ACTIONS: readonly Name[] = ['describe', 'alter', 'delete', 'create', 'list'];
const PARTITION_FILTERS: readonly Name[] = [
  'at-min-isr-partitions',
  'unavailable-partitions',
  'under-min-isr-partitions',
  'under-replicated-partitions',
];

const actionsBut = (...allowed: Name[]): Name[] => ACTIONS.filter((action) => !allowed.includes(action));

/** Parses and checks kafka-topics' command line (TopicCommand.TopicCommandOptions.checkArgs). */
export function parseTopicsArguments(argv: readonly string[], io: Io): TopicsOptions {
  const options = parseOptions(TOPICS_OPTIONS, argv);
  const usage = usageOf(options, io);
  if (argv.length === 0) usage.fail('Create, delete, describe, or change a topic.');
  usage.helpOrVersion(argv, 'This tool helps to create, delete, describe, or change a topic.');
  if (ACTIONS.filter((action) => options.has(action)).length !== 1) {
    usage.fail('Command must include exactly one action: --list, --describe, --create, --alter or --delete');
  }
  checkRequired(options, usage, io);
  checkConflicts(options, usage);
  return options;
}

type Usage = ReturnType<typeof usageOf<typeof TOPICS_OPTIONS>>;

function checkRequired(options: TopicsOptions, usage: Usage, io: Io): void {
  if (!options.has('bootstrap-server')) throw illegalArgument('--bootstrap-server must be specified');
  if (options.has('describe') && options.has('if-exists')) {
    if (!options.has('topic') && !options.has('topic-id')) {
      usage.fail('--topic or --topic-id is required to describe a topic');
    }
    if (options.has('topic') && options.has('topic-id')) {
      println(
        io.stdout,
        'Only topic id will be used when both --topic and --topic-id are specified and topicId is not Uuid.ZERO_UUID',
      );
    }
  }
  if (!options.has('list') && !options.has('describe')) usage.require('topic');
  if (options.has('alter')) {
    if (options.has('config')) {
      usage.fail(
        'Option combination "[[bootstrap-server], [config]]" can\'t be used with option "[alter]" ' +
          '(the kafka-configs CLI supports altering topic configs with a --bootstrap-server option)',
      );
    }
    usage.require('partitions');
  }
}

function checkConflicts(options: TopicsOptions, usage: Usage): void {
  usage.forbid('config', actionsBut('alter', 'create'));
  usage.forbid('delete-config', [...actionsBut('alter'), 'bootstrap-server']);
  usage.forbid('partitions', actionsBut('alter', 'create'));
  usage.forbid('replication-factor', actionsBut('create'));
  usage.forbid('replica-assignment', actionsBut('alter', 'create'));
  if (options.has('create')) usage.forbid('replica-assignment', ['partitions', 'replication-factor']);
  for (const filter of [...PARTITION_FILTERS].reverse()) {
    usage.forbid(filter, [...actionsBut('describe'), 'topics-with-overrides']);
  }
  usage.forbid('topics-with-overrides', [...actionsBut('describe'), ...PARTITION_FILTERS]);
  usage.forbid('if-exists', actionsBut('alter', 'delete', 'describe'));
  usage.forbid('if-not-exists', actionsBut('create'));
  usage.forbid('exclude-internal', actionsBut('list', 'describe'));
  usage.forbid('json', actionsBut('list', 'describe'));
}
