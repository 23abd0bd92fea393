import { type OptionSet, parseOptions, specHash } from '../args/joptsimple';
import { usageOf } from '../args/usage';
import { hashMapOrder } from '../java-order';
import { type Io, println } from '../print';
import { CONSUMER_GROUPS_OPTIONS } from './options';

export type Options = OptionSet<typeof CONSUMER_GROUPS_OPTIONS>;
export type Usage = ReturnType<typeof usageOf<typeof CONSUMER_GROUPS_OPTIONS>>;
type Name = keyof typeof CONSUMER_GROUPS_OPTIONS;

/** Several options as Kafka's tool lists them: in the order of a java.util.HashSet. */
const inSetOrder = (names: readonly Name[]): Name[] => hashMapOrder(names, specHash);

const bracketed = (names: readonly Name[]): string => names.map((name) => `[${name}]`).join(', ');

export const GROUP_SCOPES = inSetOrder(['group', 'all-groups']);
const LEVELS = inSetOrder(['list', 'describe', 'delete', 'reset-offsets']);
/** The ways to say where offsets are to be reset to. */
export const RESET_SCENARIOS = inSetOrder([
  'to-offset',
  'shift-by',
  'to-datetime',
  'by-duration',
  'to-earliest',
  'to-latest',
  'to-current',
  'from-file',
]);
const RESET_CHECKS = [
  'to-offset',
  'to-datetime',
  'by-duration',
  'to-earliest',
  'to-latest',
  'to-current',
  'shift-by',
  'from-file',
] as const;
const DESCRIPTIONS = ['members', 'offsets', 'state'] as const;
const ACTIONS = ['list', 'describe', 'delete', 'reset-offsets', 'delete-offsets'] as const;

const DRY_RUN_WARNING =
  'WARN: No action will be performed as the --execute option is missing.' +
  'In a future major release, the default behavior of this command will be to prompt the user before ' +
  'executing the reset rather than doing a dry run. You should add the --dry-run option explicitly ' +
  'if you are scripting this command and want to keep the current default behavior without prompting.';

export interface GroupsArguments {
  readonly options: Options;
  readonly usage: Usage;
  readonly action: (typeof ACTIONS)[number];
}

/** Parses and checks kafka-consumer-groups' command line (ConsumerGroupCommandOptions). Throws `ToolError`, or `Exit` behind the usage. */
export function parseGroupsArguments(argv: readonly string[], io: Io): GroupsArguments {
  const options = parseOptions(CONSUMER_GROUPS_OPTIONS, argv);
  const usage = usageOf(options, io);
  usage.helpOrVersion(
    argv,
    'This tool helps to list all consumer groups, describe a consumer group, delete consumer group info, or reset consumer group offsets.',
  );
  usage.require('bootstrap-server');
  checkDescribe(options, usage);
  checkDelete(options, usage);
  checkReset(options, usage, io);
  usage.forbid('group', ['all-groups']);
  usage.forbid(
    'group',
    LEVELS.filter((name) => name === 'list'),
  );
  explainTopic(options, io, () =>
    usage.forbid(
      'topic',
      LEVELS.filter((name) => name === 'list' || name === 'describe'),
    ),
  );
  const actions = ACTIONS.filter((name) => options.has(name));
  if (actions.length !== 1) {
    usage.fail(`Command must include exactly one action: ${ACTIONS.map((name) => `--${name}`).join(', ')}`);
  }
  checkExtensions(options, usage);
  return { options, usage, action: actions[0]! };
}

/** Tutorials type `--describe --topic`: under the long usage a person is told what to do. */
function explainTopic(options: Options, io: Io, check: () => void): void {
  try {
    check();
  } catch (thrown) {
    if (io.isTerminal && options.has('describe')) {
      println(io.stderr, '\n--describe shows every topic of a group. Leave --topic out.');
    }
    throw thrown;
  }
}

function checkDescribe(options: Options, usage: Usage): void {
  if (!options.has('describe')) return;
  if (!options.has('group') && !options.has('all-groups')) {
    // The list is not the one that was meant, but it is Kafka's.
    usage.fail(`Option [describe] takes one of these options: ${bracketed(LEVELS)}`);
  }
  if (DESCRIPTIONS.filter((name) => options.has(name)).length > 1) {
    usage.fail(`Option [describe] takes at most one of these options: ${bracketed(DESCRIPTIONS)}`);
  }
  if (options.has('state') && options.valueOf('state') !== undefined) {
    usage.fail('Option [describe] does not take a value for [state]');
  }
}

function checkDelete(options: Options, usage: Usage): void {
  if (options.has('delete')) {
    if (!options.has('group') && !options.has('all-groups')) {
      usage.fail(`Option [delete] takes one of these options: ${bracketed(GROUP_SCOPES)}`);
    }
    if (options.has('topic')) {
      usage.fail('The consumer does not support topic-specific offset deletion from a consumer group.');
    }
  }
  if (options.has('delete-offsets') && !(options.has('group') && options.has('topic'))) {
    usage.fail(`Option [delete-offsets] takes the following options: ${bracketed(GROUP_SCOPES)}`);
  }
}

function checkReset(options: Options, usage: Usage, io: Io): void {
  if (!options.has('reset-offsets')) return;
  if (options.has('dry-run') && options.has('execute')) {
    usage.fail('Option [reset-offsets] only accepts one of [execute] and [dry-run]');
  }
  if (!options.has('dry-run') && !options.has('execute')) println(io.stderr, DRY_RUN_WARNING);
  if (!options.has('group') && !options.has('all-groups')) {
    usage.fail(`Option [reset-offsets] takes one of these options: ${bracketed(GROUP_SCOPES)}`);
  }
  for (const name of RESET_CHECKS) {
    usage.forbid(
      name,
      RESET_SCENARIOS.filter((other) => other !== name),
    );
  }
}

/** What Apache's tool does not have. */
function checkExtensions(options: Options, usage: Usage): void {
  const describesOrLists = options.has('describe') || options.has('list');
  if (options.has('json') && !describesOrLists)
    usage.fail('Option [json] is applicable to --list and --describe only.');
  if (options.has('watch') && !options.has('describe')) usage.fail('Option [watch] is applicable to --describe only.');
  if (options.has('interval-ms') && !options.has('watch'))
    usage.fail('Option [interval-ms] is applicable to --watch only.');
  if (options.has('watch') && options.valueOf('interval-ms')! <= 0)
    usage.fail('The value of [interval-ms] must be positive.');
}
