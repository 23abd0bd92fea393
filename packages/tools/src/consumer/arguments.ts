import { type OptionSet, parseOptions } from '../args/joptsimple';
import { parseKeyValues, usageOf } from '../args/usage';
import { loadProperties, type Properties } from '../client/properties';
import { isLong } from '../java-integer';
import { hashMapOrder, stringHash } from '../java-order';
import { type Io, logTo, println } from '../print';
import { Exit, ToolError } from '../tool-error';
import { type Find, headersWanted, sinceMs } from './find';
import { formatterOf, type MessageFormatter } from './formatter';
import { jsonFormatter } from './json-formatter';
import { CONSOLE_CONSUMER_OPTIONS } from './options';

type Options = OptionSet<typeof CONSOLE_CONSUMER_OPTIONS>;
type Usage = ReturnType<typeof usageOf<typeof CONSOLE_CONSUMER_OPTIONS>>;

const LATEST = -1;
const EARLIEST = -2;
const RANDOM_GROUPS = 100_000;

/** What a console consumer was asked for. */
export interface ConsoleConsumerArguments {
  readonly topic: string | undefined;
  /** A regular expression for topics, where no topic is named. */
  readonly include: string | undefined;
  readonly partition: number | undefined;
  /** An offset, or a special timestamp of ListOffsets (negative). */
  readonly offset: number;
  readonly maxMessages: number;
  readonly timeoutMs: number;
  readonly skipsErrors: boolean;
  readonly logsEvents: boolean;
  readonly properties: Properties;
  readonly formatter: MessageFormatter;
  /** Whether a group was named, rather than made up. */
  readonly hasGroup: boolean;
  readonly find: Find;
}

/** Parses and checks kafka-console-consumer's command line (ConsoleConsumerOptions). */
export async function parseConsumerArguments(argv: readonly string[], io: Io): Promise<ConsoleConsumerArguments> {
  let options: Options;
  try {
    options = parseOptions(CONSOLE_CONSUMER_OPTIONS, argv);
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    return usageOf(parseOptions(CONSOLE_CONSUMER_OPTIONS, []), io).fail(thrown.message);
  }
  const usage = usageOf(options, io);
  usage.helpOrVersion(argv, 'This tool helps to read data from Kafka topics and outputs it to standard output.');
  checkRequired(options, usage);
  const file = options.valueOf('consumer.config');
  const properties: Properties = file === undefined ? new Map() : loadProperties(file);
  const extra = parseKeyValues(options.valuesOf('consumer-property'));
  const groups = groupsOf(options, usage, properties, extra);
  for (const [name, value] of extra) properties.set(name, value);
  completeProperties(options, properties, groups, io);
  return {
    topic: options.has('topic') ? options.valueOf('topic') : undefined,
    include: options.has('topic') ? undefined : includeOf(options),
    partition: options.has('partition') ? options.valueOf('partition') : undefined,
    offset: parseOffset(options, usage),
    // Read where records are counted, so that what is no number is told there, as Kafka's tool does.
    get maxMessages(): number {
      return options.has('max-messages') ? options.valueOf('max-messages')! : -1;
    },
    timeoutMs: parseTimeout(options),
    skipsErrors: options.has('skip-message-on-error'),
    logsEvents: options.has('enable-systest-events'),
    properties,
    formatter: await buildFormatter(options, usage, io),
    hasGroup: groups.length > 0,
    find: findOf(options, groups.length > 0, io),
  };
}

/** A mistake with an option that Kafka's tool does not have: a line says it, not a screen of usage above it. */
function refuse(message: string, io: Io): never {
  println(io.stderr, message);
  throw new Exit(1);
}

function findOf(options: Options, hasGroup: boolean, io: Io): Find {
  const since = options.valueOf('since');
  const timeMs = since === undefined ? undefined : sinceMs(since, Date.now());
  if (since !== undefined) {
    const other = (['from-beginning', 'offset'] as const).find((name) => options.has(name));
    if (other) refuse(`--since says where to begin, and so does --${other}: leave one out.`, io);
    if (hasGroup) refuse('--since says where to begin, and so do the offsets of a group: leave --group out.', io);
    if (timeMs === undefined) {
      refuse(
        `--since ${since} is not a time. Times are how long ago (30s, 10m, 2h, 1d), a date or time (2026-11-21, ` +
          '2026-11-21T10:30, with or without a zone such as Z or +09:00) or milliseconds since 1970.',
        io,
      );
    }
  }
  const patterns = options.valuesOf('grep').map((text) => {
    try {
      return new RegExp(text);
    } catch (thrown) {
      return refuse(`--grep: ${(thrown as Error).message}`, io);
    }
  });
  const headers = headersWanted(options.valuesOf('header'));
  if (headers.some(({ name }) => name === '')) {
    refuse('--header needs the name of a header, alone or with its value: --header name or --header name=value.', io);
  }
  return { patterns, keys: options.valuesOf('key'), headers, sinceMs: timeMs };
}

const includeOf = (options: Options): string | undefined =>
  options.has('include') ? options.valueOf('include') : options.valueOf('whitelist');

function checkRequired(options: Options, usage: Usage): void {
  const hasTopic = options.has('topic');
  const hasFilter = includeOf(options) !== undefined;
  if (hasTopic === hasFilter) {
    const deprecation = options.has('whitelist')
      ? '--whitelist is DEPRECATED use --include instead; ignored if --include specified.'
      : '';
    usage.fail(`Exactly one of --include/--topic is required. ${deprecation}`);
  }
  if (options.has('partition')) {
    options.valueOf('partition');
    if (!hasTopic) usage.fail('The topic is required when partition is specified.');
    if (options.has('from-beginning') && options.has('offset')) {
      usage.fail('Options from-beginning and offset cannot be specified together.');
    }
  } else if (options.has('offset')) {
    usage.fail('The partition is required when offset is specified.');
  }
  usage.require('bootstrap-server');
}

/** The group ids that were given; those of several places must agree. */
function groupsOf(options: Options, usage: Usage, file: Properties, extra: Properties): string[] {
  const given = [
    options.has('group') ? options.valueOf('group') : undefined,
    file.get('group.id'),
    extra.get('group.id'),
  ];
  const groups = [...new Set(given.filter((group) => group !== undefined))];
  if (groups.length > 1) {
    const list = hashMapOrder(groups, stringHash)
      .map((group) => `'${group}'`)
      .join(', ');
    usage.fail(
      "The group ids provided in different places (directly using '--group', via '--consumer-property', or via " +
        `'--consumer.config') do not match. Detected group ids: ${list}`,
    );
  }
  if (groups.length > 0 && options.has('partition')) {
    usage.fail('Options group and partition cannot be specified together.');
  }
  return groups;
}

function completeProperties(options: Options, properties: Properties, groups: readonly string[], io: Io): void {
  const reset = properties.get('auto.offset.reset');
  const fromBeginning = options.has('from-beginning');
  if (reset === undefined) properties.set('auto.offset.reset', fromBeginning ? 'earliest' : 'latest');
  else if (fromBeginning && reset !== 'earliest') {
    println(
      io.stderr,
      `Can't simultaneously specify --from-beginning and 'auto.offset.reset=${reset}', please remove one option`,
    );
    throw new Exit(1);
  }
  properties.set('bootstrap.servers', options.valueOf('bootstrap-server')!);
  if (!properties.has('client.id')) properties.set('client.id', 'console-consumer');
  if (options.has('isolation-level') || !properties.has('isolation.level')) {
    properties.set('isolation.level', options.valueOf('isolation-level')!);
  }
  if (groups.length > 0) properties.set('group.id', groups[0]!);
  else {
    properties.set('group.id', `console-consumer-${Math.floor(Math.random() * RANDOM_GROUPS)}`);
    if (!properties.has('enable.auto.commit')) properties.set('enable.auto.commit', 'false');
  }
}

function parseOffset(options: Options, usage: Usage): number {
  if (!options.has('offset')) return options.has('from-beginning') ? EARLIEST : LATEST;
  const text = options.valueOf('offset')!;
  if (text.toLowerCase() === 'earliest') return EARLIEST;
  if (text.toLowerCase() === 'latest') return LATEST;
  if (isLong(text) && Number(text) >= 0) return Number(text);
  return usage.fail(
    `The provided offset value '${text}' is incorrect. Valid values are 'earliest', 'latest', or a non-negative long.`,
  );
}

function parseTimeout(options: Options): number {
  const timeoutMs = options.has('timeout-ms') ? options.valueOf('timeout-ms')! : -1;
  return timeoutMs >= 0 ? timeoutMs : Number.POSITIVE_INFINITY;
}

async function buildFormatter(options: Options, usage: Usage, io: Io): Promise<MessageFormatter> {
  try {
    const file = options.valueOf('formatter-config');
    const properties: Properties = file === undefined ? new Map() : loadProperties(file);
    for (const field of ['key', 'value'] as const) {
      const className = options.valueOf(`${field}-deserializer`);
      if (className) properties.set(`${field}.deserializer`, className);
    }
    for (const [name, value] of parseKeyValues(options.valuesOf('property'))) properties.set(name, value);
    if (options.has('json')) {
      if (options.has('formatter')) refuse('--json and --formatter both say how records look: leave one out.', io);
      return jsonFormatter(properties, logTo(io.stderr));
    }
    return await formatterOf(options.valueOf('formatter')!, properties, logTo(io.stderr), io.stderr);
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    return usage.fail(thrown.message);
  }
}
