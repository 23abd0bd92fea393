import { type OptionSet, parseOptions } from '../args/joptsimple';
import { usageOf } from '../args/usage';
import type { Io } from '../print';
import { REASSIGN_OPTIONS } from './options';

export type ReassignOptions = OptionSet<typeof REASSIGN_OPTIONS>;
type Name = keyof typeof REASSIGN_OPTIONS;

const ACTIONS = ['generate', 'execute', 'verify', 'cancel', 'list'] as const;
export type Action = (typeof ACTIONS)[number];

interface Rule {
  readonly required: readonly Name[];
  readonly permitted: readonly Name[];
}

const ALWAYS_PERMITTED: readonly Name[] = ['bootstrap-server', 'command-config'];

const RULES: Readonly<Record<Action, Rule>> = {
  verify: { required: ['reassignment-json-file'], permitted: ['preserve-throttles', 'json', 'wait'] },
  generate: { required: ['topics-to-move-json-file', 'broker-list'], permitted: ['disable-rack-aware', 'json'] },
  execute: {
    required: ['reassignment-json-file'],
    permitted: ['additional', 'throttle', 'replica-alter-log-dirs-throttle', 'timeout'],
  },
  cancel: { required: ['reassignment-json-file'], permitted: ['preserve-throttles', 'timeout'] },
  list: { required: [], permitted: ['json'] },
};

/** Parses and checks the command line (ReassignPartitionsCommand.validateAndParseArgs). */
export function parseReassignArguments(
  argv: readonly string[],
  io: Io,
): { readonly action: Action; readonly options: ReassignOptions } {
  const options = parseOptions(REASSIGN_OPTIONS, argv);
  const usage = usageOf(options, io);
  usage.helpOrVersion(argv, 'This tool helps to move topic partitions between replicas.');
  const given = ACTIONS.filter((action) => options.has(action));
  const action = given[0];
  if (action === undefined || given.length > 1) {
    const list = ACTIONS.map((name) => `--${name}`).join(', ');
    return usage.fail(`Command must include exactly one action: ${list}`);
  }
  if (!options.has('bootstrap-server')) usage.fail('Please specify --bootstrap-server');
  const { required, permitted } = RULES[action];
  usage.require(...required);
  const fitting: readonly string[] = [action, ...ALWAYS_PERMITTED, ...required, ...permitted];
  const misplaced = options.order.find((name) => !fitting.includes(name));
  if (misplaced !== undefined) usage.fail(`Option "[${misplaced}]" can't be used with action "[${action}]"`);
  return { action, options };
}
