#!/usr/bin/env node
/**
 * Runs the same command with Apache's tool and with ours, on the same broker, and compares stdout, stderr and exit
 * code to the character. Times, and the frames of Java's stack traces, are left out of the comparison.
 *
 *     node packages/tools/interop/compare.mjs APACHE_HOME HOST:PORT [TOOL or cases-FILE or cases-FILE:FIRST-LAST …]
 *
 * The tools must be built (packages/tools/dist). The broker should be Apache's and hold nothing of value: topics are made.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openGroups } from './groups.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const TIMEOUT_MS = 90_000;
const ENDLESS_MS = 20_000;
const DIST = process.env.TOOLS_DIST ?? join(HERE, '..', 'dist');

const { ZOOKEEPER, LOG_DIRS } = process.env;
const [DIR1, DIR2] = LOG_DIRS?.split(',') ?? [];

const CLASSES = {
  topics: 'org.apache.kafka.tools.TopicCommand',
  configs: 'kafka.admin.ConfigCommand',
  'console-producer': 'kafka.tools.ConsoleProducer',
  'consumer-groups': 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  'console-consumer': 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  'get-offsets': 'org.apache.kafka.tools.GetOffsetShell',
  'delete-records': 'org.apache.kafka.tools.DeleteRecordsCommand',
  'broker-api-versions': 'kafka.admin.BrokerApiVersionsCommand',
  'dump-log': 'kafka.tools.DumpLogSegments',
  'verifiable-producer': 'org.apache.kafka.tools.VerifiableProducer',
  'producer-perf-test': 'org.apache.kafka.tools.ProducerPerformance',
  'log-dirs': 'org.apache.kafka.tools.LogDirsCommand',
  'reassign-partitions': 'org.apache.kafka.tools.reassign.ReassignPartitionsCommand',
  'leader-election': 'org.apache.kafka.tools.LeaderElectionCommand',
  'replica-verification': 'org.apache.kafka.tools.ReplicaVerificationTool',
  features: 'org.apache.kafka.tools.FeatureCommand',
  cluster: 'org.apache.kafka.tools.ClusterTool',
  'client-metrics': 'org.apache.kafka.tools.ClientMetricsCommand',
  'verifiable-consumer': 'org.apache.kafka.tools.VerifiableConsumer',
  'consumer-perf-test': 'org.apache.kafka.tools.ConsumerPerformance',
  'e2e-latency': 'org.apache.kafka.tools.EndToEndLatency',
  'streams-application-reset': 'org.apache.kafka.tools.StreamsResetter',
  transactions: 'org.apache.kafka.tools.TransactionsCommand',
  'metadata-quorum': 'org.apache.kafka.tools.MetadataQuorumCommand',
  storage: 'kafka.tools.StorageTool',
  acls: 'kafka.admin.AclCommand',
  'delegation-tokens': 'org.apache.kafka.tools.DelegationTokenCommand',
  'zookeeper-security-migration': 'kafka.admin.ZkSecurityMigrator',
};

/**
 * The lines of a file that is named, or some by their numbers, or those that concern these tools, all where none is
 * named, and what prepares for them.
 */
function linesOf(file, only) {
  const lines = readFileSync(join(HERE, file), 'utf8').split('\n');
  const name = file.replace('.txt', '');
  if (only.includes(name)) return lines;
  const ranges = only.filter((word) => word.startsWith(`${name}:`)).map((word) => word.split(':')[1].split('-'));
  if (ranges.length > 0) return ranges.flatMap(([first, last]) => lines.slice(first - 1, last));
  const concerns = (line) => only.length === 0 || only.includes(line.replace(/^[!~]/, '').split(' ')[0]);
  return lines.some(concerns) ? lines.filter((line) => line.startsWith('+') || concerns(line)) : [];
}

/**
 * Cases are lines of cases*.txt, cases.txt first: `tool arguments`, quoted as in a shell; `@` stands for
 * `--bootstrap-server HOST:PORT`, %PLANS% for the folder of that name beside this file, and %RUN% for a word that is one
 * with Apache's tool and another with ours. Lines with %ZK% need the environment to name the
 * broker's ZOOKEEPER. Before each command of a line that begins with `!` the groups at rest are put back, and what they
 * have committed after it is compared as well. A line that begins with `+` prepares what follows: only Apache's tool runs it.
 * A tool on a line that begins with `~` runs until it is interrupted; of lines that it repeats one is compared. A word
 * `%FILE%…` stands for a file that holds the rest of it, `%IN%…` for standard input, in which %00% is a byte of that
 * value, %DIR1% and %DIR2% for the two log dirs of broker 0, which the
 * environment has to name as LOG_DIRS, and %LOGS% for a folder of files that Logs.java writes.
 */
const readCases = (server, only) =>
  readdirSync(HERE)
    .filter((file) => /^cases.*\.txt$/.test(file))
    .sort((a, b) => a.length - b.length)
    .flatMap((file) => linesOf(file, only))
    .filter(
      (line) =>
        line.trim() !== '' &&
        !line.startsWith('#') &&
        !(line.includes('%ZK%') && !ZOOKEEPER) &&
        !(line.includes('%DIR') && !DIR2),
    )
    .map((line) => {
      const changesGroups = line.startsWith('!');
      const prepares = line.startsWith('+');
      const isEndless = line.startsWith('~');
      const words = [...line.replace(/^[!+~]/, '').matchAll(/'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2]);
      const argv = words.slice(1).flatMap((word) => (word === '@' ? ['--bootstrap-server', server] : [word]));
      const fixed = (word) =>
        word
          .replaceAll('%SERVER%', server)
          .replaceAll('%ZK%', ZOOKEEPER)
          .replaceAll('%PLANS%', join(HERE, 'plans'))
          .replaceAll('%DIR1%', DIR1)
          .replaceAll('%DIR2%', DIR2);
      return { tool: words[0], argv: argv.map(fixed), changesGroups, prepares, isEndless };
    });

/** Java's enums are hashed by their addresses: what kafka-acls lists in such an order is compared in that of the alphabet. */
const inOrder = (text) =>
  text
    .replace(
      /(?: ?\t\(principal=.*\) ?\n)+/g,
      (lines) =>
        `${lines
          .trim()
          .split(/\s*\n\s*/)
          .sort()
          .join('\n')}\n`,
    )
    .replace(
      /(?: *\t[A-Z]\w+ *\n)+/g,
      (lines) =>
        `${lines
          .trim()
          .split(/\s*\n\s*/)
          .sort()
          .join('\n')}\n`,
    )
    .replace(/(?<=only supports operations ).*/g, (names) => names.split(', ').sort().join(', '))
    .replace(/(?:Current ACLs for resource .*\n(?:\(principal=.*\n)+\n)+/g, (blocks) =>
      blocks.split('\n\n').sort().join('\n\n'),
    );

const normalize = (text) =>
  inOrder(text)
    .replace(/^\[\d{4}-\d\d-\d\d [\d:,]+\]/gm, '[TIME]')
    .replace(/^\t+at .*\n|^\t+\.\.\. \d+ more\n|^Caused by: .*\n/gm, '')
    .replace(/^\d{4}-\d\d-\d\d [\d:]+,\d{3}: /gm, 'DATE: ')
    .replace(/"timestamp":\d+/g, '"timestamp":0')
    .replace(/"producer_send_success".*/g, (line) => line.replace(/"offset":\d+/, '"offset":0'))
    .replace(/"avg_throughput":[^}]*/g, '"avg_throughput":0')
    .replace(/, [\d.]+ records\/sec.*/g, ', RATES')
    .replace(/deadlineMs=\d+, tries=\d+, nextAllowedTryMs=\d+\) timed out at \d+ after \d+ attempt/g, 'TIMES')
    .replace(/\nNot in Apache Kafka's tool:\n[\s\S]*$/, '')
    .replace(/\[B@[0-9a-f]+/g, '[B@ADDRESS')
    .replace(/correlation id \d+/g, 'correlation id N')
    .replace(/\brun[AB]\b/g, 'RUN')
    .replace(/^(\d{4}-\d\d-\d\d [\d:]+|\d{4}), .*/gm, 'STATISTICS')
    .replace(/^(\d+\t|Avg latency: |Percentiles: )[\d.].*/gm, 'LATENCY')
    .replace(/(?<=Complete(?:Commit|Abort) +\t\d+ +\t\d+ +\t)\d+/g, 'DURATION')
    // How often it asks before it gives up, no two runs agree.
    .replace(/(\[TIME\] WARN .* due to mismatched endpoint type .*\n.*\n)\1+/g, '$1')
    .replace(/perf-consumer-\d+\)? */g, 'perf-consumer-N')
    .replace(/groupId=console-consumer-\d+/g, 'groupId=console-consumer-N');

const INPUT = '%IN%';
const text = (word) =>
  word
    .replaceAll('%NL%', '\n')
    .replaceAll('%TAB%', '\t')
    .replace(/%([0-7][0-9A-F])%/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 16)));

function run(command, words, isEndless) {
  const end = isEndless ? { timeout: ENDLESS_MS, killSignal: 'SIGINT' } : { timeout: TIMEOUT_MS };
  const argv = words.filter((word) => !word.startsWith(INPUT));
  const input = text(words.find((word) => word.startsWith(INPUT))?.slice(INPUT.length) ?? '');
  const { stdout, stderr, status } = spawnSync(command, argv, { encoding: 'utf8', input, ...end });
  const unrepeated = (lines) => (isEndless ? [...new Set(lines.split('\n'))].join('\n') : lines);
  return { stdout: unrepeated(normalize(stdout)), stderr: unrepeated(normalize(stderr)), status };
}

const files = mkdtempSync(join(tmpdir(), 'compare-'));
process.on('exit', () => rmSync(files, { recursive: true }));

/** The words of a command line; what is to stand in a file is written into one. */
const withFiles = (words) =>
  words.map((word, index) => {
    if (!word.startsWith('%FILE%')) return word;
    const path = join(files, String(index));
    writeFileSync(path, text(word.slice('%FILE%'.length)));
    return path;
  });

const [home, server, ...only] = process.argv.slice(2);
if (!home || !server) {
  console.error('usage: compare.mjs APACHE_HOME HOST:PORT [TOOL or cases-FILE or cases-FILE:FIRST-LAST …]');
  process.exit(2);
}
const java = [
  '-Xmx256m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  `-Dlog4j.configuration=file:${join(HERE, 'log4j.properties')}`,
  '-cp',
  join(home, 'libs', '*'),
];
let failures = 0;
let count = 0;
const cases = readCases(server, only);
const needsGroups = cases.some(({ tool, changesGroups }) => tool === 'consumer-groups' || changesGroups);
const LOGS = join(files, 'logs');
if (cases.some(({ argv }) => argv.some((word) => word.includes('%LOGS%')))) {
  const made = spawnSync('java', ['-cp', join(home, 'libs', '*'), join(HERE, 'Logs.java'), LOGS], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(made.stderr);
}
const groups = needsGroups ? await openGroups(server, DIST) : undefined;
process.on('exit', () => groups?.close());
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));
for (const { tool, argv: words, changesGroups, prepares, isEndless } of cases) {
  const argv = words.map((word) =>
    word.replaceAll('%PLAN%', groups?.plan).replaceAll('%FOLDER%', groups?.folder).replaceAll('%LOGS%', LOGS),
  );
  const runOne = (command, args) => {
    if (changesGroups) groups.restore();
    return { ...run(command, args, isEndless), groups: changesGroups ? groups.state() : '' };
  };
  const inRun = (run) => withFiles(argv.map((word) => word.replaceAll('%RUN%', run)));
  const theirs = runOne('java', [...java, CLASSES[tool], ...inRun('runA')]);
  if (prepares) continue;
  count++;
  const ours = runOne(process.execPath, [
    join(DIST, `${tool.startsWith('zookeeper-') ? '' : 'kafka-'}${tool}.js`),
    ...inRun('runB'),
  ]);
  const different = ['status', 'stdout', 'stderr', 'groups'].filter((part) => theirs[part] !== ours[part]);
  if (different.length === 0) continue;
  failures++;
  console.log(`\n${tool} ${argv.join(' ')}`);
  for (const part of different)
    console.log(`  ${part}\n    apache: ${JSON.stringify(theirs[part])}\n    ours:   ${JSON.stringify(ours[part])}`);
}
console.log(`\n${count} commands compared, ${failures} differ`);
process.exit(failures === 0 ? 0 : 1);
