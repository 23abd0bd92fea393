/**
 * What took the place of old flags and old forms. Today's tools refuse them as if they had never been there; who types one
 * after an old tutorial is told, at a terminal, what to type now.
 */
interface Replaced {
  readonly tools: readonly string[];
  readonly flags: readonly string[];
  readonly now: string;
}

const BROKER =
  'tools ask brokers, not ZooKeeper: use --bootstrap-server HOST:PORT, a broker (by default localhost:9092)';

const REPLACED: readonly Replaced[] = [
  {
    tools: [
      'kafka-console-consumer',
      'kafka-consumer-groups',
      'kafka-reassign-partitions',
      'kafka-leader-election',
      'kafka-consumer-perf-test',
      'kafka-console-producer',
      'kafka-get-offsets',
      'kafka-delete-records',
      'kafka-log-dirs',
    ],
    flags: ['zookeeper'],
    now: BROKER,
  },
  {
    tools: ['kafka-console-consumer', 'kafka-consumer-groups', 'kafka-consumer-perf-test'],
    flags: ['new-consumer'],
    now: 'leave it out: the new consumer is the only one there is',
  },
  { tools: ['kafka-console-consumer'], flags: ['blacklist'], now: 'name what is wanted: --include REGEX' },
  {
    tools: ['kafka-console-consumer'],
    flags: ['delete-consumer-offsets'],
    now: 'offsets are kept by brokers: kafka-consumer-groups.sh --delete-offsets, or --reset-offsets',
  },
  {
    tools: ['kafka-console-producer'],
    flags: ['old-producer'],
    now: 'leave it out: the new producer is the only one there is',
  },
  {
    tools: ['kafka-console-producer'],
    flags: ['queue-size', 'queue-enqueuetimeout-ms'],
    now: 'use --max-memory-bytes and --max-block-ms',
  },
  {
    tools: ['kafka-console-producer'],
    flags: ['key-serializer', 'value-serializer'],
    now: 'keys and values are sent as they are read; another reader can be named with --line-reader',
  },
];

/** A line for each old flag of a command line, saying what to use now. */
export function replacementsOf(tool: string, argv: readonly string[]): string[] {
  const flags = new Set(argv.map((word) => /^--?([^=]+)/.exec(word)?.[1]));
  return REPLACED.flatMap(({ tools, flags: old, now }) => {
    const given = tools.includes(tool) ? old.find((flag) => flags.has(flag)) : undefined;
    return given === undefined ? [] : [`--${given} is gone; ${now}.`];
  });
}
