import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildBatch } from '@odradek/protocol/records/builder';
import { brokerApiVersions } from './api-versions/command';
import { configs } from './configs/command';
import { consoleConsumer } from './consumer/console-consumer';
import { dumpLog } from './dump-log/command';
import { deleteRecords } from './offsets/delete-records';
import { getOffsets } from './offsets/get-offsets';
import { consoleProducer } from './producer/console-producer';
import { producerPerfTest } from './producer/perf-test';
import { verifiableProducer } from './producer/verifiable-producer';
import { exitCodeOf, type Tool } from './run-tool';
import { testIo } from './test-io';
import { topics } from './topics/command';

async function run(tool: Tool, ...argv: string[]) {
  const { io, stdout, stderr } = testIo();
  const code = await exitCodeOf(tool, argv, io);
  return { code, stdout: stdout(), stderr: stderr() };
}

const SERVER = ['--bootstrap-server', 'localhost:1'];

/** The first line of stderr and the exit code, as Apache Kafka 3.9.1's tools give them. */
const REFUSALS: readonly [Tool, string[], string][] = [
  [topics, [], 'Create, delete, describe, or change a topic.'],
  [topics, ['--list'], '--bootstrap-server must be specified'],
  [topics, ['-x'], 'x is not a recognized option'],
  [topics, ['--topic'], 'Option topic requires an argument'],
  [
    topics,
    [...SERVER, '--create', '--list'],
    'Command must include exactly one action: --list, --describe, --create, --alter or --delete',
  ],
  [topics, [...SERVER, '--create'], 'Missing required argument "[topic]"'],
  [topics, [...SERVER, '--list', '--config', 'a=b'], 'Option "[config]" can\'t be used with option "[list]"'],
  [
    topics,
    [...SERVER, '--create', '--topic', 't', '--replica-assignment', '0', '--partitions', '3'],
    'Option "[replica-assignment]" can\'t be used with option "[partitions]"',
  ],
  [topics, ['--list', '--bootstrap-server', 'localhost'], 'Failed to create new KafkaAdminClient'],
  [topics, ['--zookeeper', 'x', '--create', '--topic', 't'], 'Missing required argument "[partitions]"'],
  [configs, ['--foo'], 'foo is not a recognized option'],
  [configs, ['--alter'], 'At least one entity type must be specified'],
  [
    configs,
    ['--describe', '--topic', 't'],
    'Invalid entity type topics, the entity type must be one of users, brokers with a --zookeeper argument',
  ],
  [
    configs,
    [...SERVER, '--alter', '--topic', 't'],
    'At least one of --add-config, --add-config-file, or --delete-config must be specified with --alter',
  ],
  [
    configs,
    [...SERVER, '--alter', '--topic', 't', '--add-config', 'foo'],
    'requirement failed: Invalid entity config: all configs to be added must be in the format "key=val".',
  ],
  [consoleProducer, [...SERVER], 'Missing required argument "[topic]"'],
  [consoleProducer, ['--topic', 't'], 'Missing required option(s) [bootstrap-server]'],
  [
    consoleProducer,
    [...SERVER, '--topic', 't', '--producer-property', 'acks=7'],
    'org.apache.kafka.common.config.ConfigException: Invalid value 7 for configuration acks: String must be one of: all, -1, 0, 1',
  ],
  [consoleConsumer, [...SERVER], 'Exactly one of --include/--topic is required. '],
  [
    consoleConsumer,
    [...SERVER, '--topic', 't', '--offset', '3'],
    'The partition is required when offset is specified.',
  ],
  [
    consoleConsumer,
    [...SERVER, '--topic', 't', '--group', 'a', '--partition', '0'],
    'Options group and partition cannot be specified together.',
  ],
  [getOffsets, ['--bootstrap-server', 'localhost'], 'Please provide valid host:port like host1:9091,host2:9092'],
  [getOffsets, ['--foo'], 'Error occurred: foo is not a recognized option'],
  [
    getOffsets,
    [...SERVER, '--topic', 't', '--partitions', 'x'],
    'Error occurred: --partitions expects a comma separated list of numeric partition ids, but received: x',
  ],
  [deleteRecords, [...SERVER], 'Missing required argument "[offset-json-file]"'],
  [
    brokerApiVersions,
    ['--foo'],
    'Exception in thread "main" joptsimple.UnrecognizedOptionException: foo is not a recognized option',
  ],
  [dumpLog, ['--print-data-log'], 'Missing required argument "[files]"'],
];

describe('refusals', () => {
  for (const [tool, argv, line] of REFUSALS) {
    it(`${tool.name} ${argv.join(' ')}`, async () => {
      const { code, stdout, stderr } = await run(tool, ...argv);
      expect(stderr.split('\n')[0]).toBe(line);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    });
  }
});

describe('argparse4j tools', () => {
  const lastLines = (text: string): string => text.slice(text.lastIndexOf('verifiable-producer:'));

  it.each([
    [['--topic', 't', '--bogus'], "verifiable-producer: error: unrecognized arguments: '--bogus'\n"],
    [
      ['--t', 't'],
      'verifiable-producer:  error:  ambiguous   option:   --t   could   match  --\nthroughput, --topic\n',
    ],
    [
      ['--topic', 't', '--bootstrap-server', 'a', '--acks', '5'],
      "verifiable-producer: error: argument  --acks:  invalid  choice: '5' (choose\nfrom {0,1,-1})\n",
    ],
    [
      ['--topic', 't', '--bootstrap-server', 'a', '--broker-list', 'b'],
      'verifiable-producer:  error:  argument  --broker-list:   not  allowed  with\nargument --bootstrap-server\n',
    ],
  ])('%j', async (argv, text) => {
    const { code, stderr } = await run(verifiableProducer, ...argv);
    expect(lastLines(stderr)).toBe(text);
    expect(code).toBe(1);
  });

  it('without arguments print their help and succeed', async () => {
    const { code, stdout } = await run(producerPerfTest);
    expect(code).toBe(0);
    expect(stdout.startsWith('usage: producer-performance [-h] --topic TOPIC --num-records NUM-RECORDS\n')).toBe(true);
  });

  it.each([
    ['1', '-3', 'java.lang.NegativeArraySizeException: -3'],
    ['-5', '3', 'java.lang.NegativeArraySizeException: -4'],
    ['-1', '3', 'java.lang.ArrayIndexOutOfBoundsException: Index 0 out of bounds for length 0'],
  ])('%s records of %s bytes there cannot be', async (records, size, why) => {
    const props = ['--producer-props', 'bootstrap.servers=localhost:1'];
    const sizes = ['--num-records', records, '--record-size', size];
    const { code, stderr } = await run(producerPerfTest, '--topic', 't', '--throughput', '-1', ...sizes, ...props);
    expect(stderr).toContain(why);
    expect(code).toBe(1);
  });
});

describe('help and version', () => {
  it.each([topics, configs, consoleProducer, consoleConsumer, getOffsets, deleteRecords, brokerApiVersions, dumpLog])(
    'of %p',
    async (tool) => {
      expect(await run(tool, '--version')).toEqual({ code: 0, stdout: '3.9.1\n', stderr: '' });
      const { code, stderr } = await run(tool, '--help');
      expect(code).toBe(1);
      expect(stderr.split('\n')[1]).toMatch(/^Option +Description +$/);
    },
  );

  it('lays the table out as joptsimple does', async () => {
    const { stderr } = await run(brokerApiVersions, '--help');
    const [apaches] = stderr.split("\nNot in Apache Kafka's tool:\n");
    expect(apaches).toBe(`This tool helps to retrieve broker version information.
Option                                 Description                          
------                                 -----------                          
--bootstrap-server <String: server(s)  REQUIRED: The server to connect to.  
  to use for bootstrapping>                                                 
--command-config <String: command      A property file containing configs to
  config property file>                  be passed to Admin Client.         
--help                                 Print usage information.             
--version                              Display Kafka version.               
`);
  });
});

describe('dump-log', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dump-log-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('prints batches, records and what is cut off', async () => {
    const path = join(folder, '00000000000000000005.log');
    const batch = buildBatch({
      baseOffset: 5,
      partitionLeaderEpoch: 2,
      records: [
        { timestamp: 1000, key: Buffer.from('k'), value: Buffer.from('v'), headers: [{ key: 'h', value: null }] },
        { timestamp: 1001, value: Buffer.from('abc') },
      ],
    });
    writeFileSync(path, Buffer.concat([batch, Buffer.from('rest')]));
    const { code, stdout } = await run(dumpLog, '--files', path, '--print-data-log');
    expect(code).toBe(0);
    expect(stdout.replace(/crc: \d+/, 'crc: C')).toBe(`Dumping ${path}
Log starting offset: 5
baseOffset: 5 lastOffset: 6 count: 2 baseSequence: -1 lastSequence: -1 producerId: -1 producerEpoch: -1 partitionLeaderEpoch: 2 isTransactional: false isControl: false deleteHorizonMs: OptionalLong.empty position: 0 CreateTime: 1001 size: ${batch.length} magic: 2 compresscodec: none crc: C isvalid: true
| offset: 5 CreateTime: 1000 keySize: 1 valueSize: 1 sequence: -1 headerKeys: [h] key: k payload: v
| offset: 6 CreateTime: 1001 keySize: -1 valueSize: 3 sequence: -1 headerKeys: [] payload: abc
Found 4 invalid bytes at the end of 00000000000000000005.log
`);
  });

  it('refuses a snapshot whose checksum is wrong', async () => {
    const path = join(folder, '00000000000000000005.snapshot');
    writeFileSync(path, Buffer.from('000100000001000000000000', 'hex'));
    const { code, stderr } = await run(dumpLog, '--files', path);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^Snapshot is corrupt \(CRC is no longer valid\)\. Stored crc: 1\. Computed crc: \d+\n$/);
  });
});
