import { clientMetrics } from './client-metrics/command';
import { cluster } from './cluster/command';
import { features, parseFeature } from './features/command';
import { levelText, metadataLevel, supportedVersions } from './features/metadata-version';
import { logDirJson, logDirs } from './log-dirs/command';
import { exitCodeOf, type Tool } from './run-tool';
import { testIo } from './test-io';

async function run(tool: Tool, ...argv: string[]) {
  const { io, stdout, stderr } = testIo();
  const code = await exitCodeOf(tool, argv, io);
  return { code, stdout: stdout(), stderr: stderr() };
}

const SERVER = ['--bootstrap-server', 'localhost:1'];

describe('tools with commands', () => {
  /** What follows the usage, as Apache Kafka 3.9.1's tools print it. */
  const errorOf = (stderr: string): string => stderr.slice(stderr.search(/^kafka-\w+: /m));

  it.each<[Tool, string[], string]>([
    [cluster, [], 'kafka-cluster: error: too few arguments\n'],
    [
      cluster,
      ['list-endpoints'],
      "kafka-cluster:  error:  invalid   choice:   'list-endpoints'  (choose  from\n'cluster-id', 'unregister')\n",
    ],
    [cluster, ['-x'], "kafka-cluster: error: unrecognized arguments: '-x'\n"],
    [
      cluster,
      ['--', 'cluster-id', ...SERVER],
      "kafka-cluster:  error:  unrecognized  arguments:  'cluster-id  --bootstrap-\nserver localhost:1'\n",
    ],
    [
      cluster,
      ['cluster-id'],
      'kafka-cluster:  error:  one  of   the  arguments  --bootstrap-server/-b  --\nbootstrap-controller/-C is required\n',
    ],
    [
      cluster,
      ['cluster-id', '-b'],
      'kafka-cluster:  error:   argument   --bootstrap-server/-b:   expected   one\nargument\n',
    ],
    [
      cluster,
      ['cluster-id', '-bx', '-C', 'y'],
      'kafka-cluster: error: argument --bootstrap-controller/-C:  not allowed with\nargument --bootstrap-server/-b\n',
    ],
    [cluster, ['clus', '-z=3'], "kafka-cluster: error: unrecognized arguments: '-z=3'\n"],
    [
      cluster,
      ['unregister', '-ij'],
      'kafka-cluster: error: argument --id/-i:  could  not  convert \'j\' to Integer\n(For input string: "j")\n',
    ],
    [
      cluster,
      ['unregister', '--idd', '3'],
      "kafka-cluster: error: unrecognized arguments: '--idd'\n\nDid you mean:\n\t--id\n",
    ],
    [
      features,
      [...SERVER, 'd'],
      'kafka-features: error: ambiguous command: d  could match describe, disable,\ndowngrade\n',
    ],
    [features, [...SERVER, 'describe', 'x', 'y', '--z'], "kafka-features: error: unrecognized arguments: 'x y --z'\n"],
    [
      features,
      [...SERVER, 'upgrade', '--dry-run=3'],
      "kafka-features: error: argument --dry-run: ignore implicit argument '3'\n",
    ],
  ])('%p refuses %j', async (tool, argv, text) => {
    const { code, stdout, stderr } = await run(tool, ...argv);
    expect(errorOf(stderr)).toBe(text);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });

  it('do not propose --json, which Apache has not', async () => {
    const { stderr } = await run(cluster, 'cluster-id', '--jso');
    expect(stderr).not.toContain('--json');
  });
});

describe('kafka-features', () => {
  it.each([
    [['upgrade'], 'You must specify at least one feature to upgrade\n'],
    [['upgrade', '--feature', 'a'], "Can't parse feature=level string a: equals sign not found.\n"],
    [['upgrade', '--feature', 'a=1', '--feature', 'a=2'], 'Feature a was specified more than once.\n'],
    [['upgrade', '--feature', '=1'], 'Provided feature can not be empty.\n'],
    [['upgrade', '--metadata', '2.8'], 'Cannot specify a negative version level.\n'],
    [['disable'], 'You must specify at least one feature to disable\n'],
  ])('refuses %j before it connects', async (argv, text) => {
    expect(await run(features, ...SERVER, ...argv)).toEqual({ code: 1, stdout: '', stderr: text });
  });

  it('knows metadata versions by release and by number', () => {
    const levels = ['3.9', '3.9.1', '3.7', '3.7-IV2', '3.3.2', '4.0-IV1', '2.8', '0.10.2.1', '3.0-IV1'].map(
      metadataLevel,
    );
    expect(levels).toEqual([21, 21, 19, 17, 7, 23, -1, -1, 1]);
    expect(['4.0', '3', 'x', '3.9-IV1'].map(metadataLevel)).toEqual([undefined, undefined, undefined, undefined]);
    expect(levelText('metadata.version', 19)).toBe('3.7-IV4');
    expect(levelText('kraft.version', 1)).toBe('1');
    expect(supportedVersions()).toMatch(/^3\.3-IV0, 3\.3-IV1, .*, 3\.8-IV0, 3\.9-IV0$/);
  });

  it('trims features and levels', () => {
    expect(parseFeature('a = 3 ')).toEqual(['a', 3]);
    expect(() => parseFeature('a=32768')).toThrow('unable to parse 32768 as a short.');
  });
});

describe('kafka-log-dirs', () => {
  it('prints partitions in the order of a HashMap, those that were asked for only', () => {
    const partition = (partitionIndex: number) => ({
      partitionIndex,
      partitionSize: 7,
      offsetLag: 0,
      isFutureKey: false,
    });
    const topics = [
      { name: 'sin', partitions: [partition(0), partition(1)] },
      { name: 'smid', partitions: [partition(0), partition(1)] },
    ];
    const logDir = { errorCode: 56, logDir: '/d', topics, totalBytes: -1, usableBytes: -1 };
    const names = (wanted: string[]) => logDirJson(logDir, wanted).partitions.map((each) => each.partition);
    expect(names([])).toEqual(['smid-1', 'smid-0', 'sin-0', 'sin-1']);
    expect(names(['sin', 'x'])).toEqual(['sin-0', 'sin-1']);
    expect(JSON.stringify(logDirJson(logDir, ['x']))).toBe(
      '{"partitions":[],"error":"org.apache.kafka.common.errors.KafkaStorageException","logDir":"/d"}',
    );
  });

  it.each<[Tool, string[], string]>([
    [logDirs, [...SERVER], 'Missing required argument "[describe]"'],
    [logDirs, ['--bootstrap-server', 'x', '--describe'], 'Failed to create new KafkaAdminClient'],
    [clientMetrics, ['--list'], '--bootstrap-server must be specified.'],
    [clientMetrics, [...SERVER, '--list', '--name', 'a'], 'Option "[list]" can\'t be used with option "[name]"'],
    [
      clientMetrics,
      [...SERVER, '--alter', '--name', 'a', '--interval', 'x'],
      'Invalid interval value. Enter an integer, or leave empty to reset.',
    ],
  ])('%p refuses %j', async (tool, argv, line) => {
    const { code, stdout, stderr } = await run(tool, ...argv);
    expect(stderr.split('\n')[0]).toBe(line);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });
});
