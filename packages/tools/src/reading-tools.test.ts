import { JoinGroup } from '@odradek/protocol/messages/join-group';
import { ListOffsets } from '@odradek/protocol/messages/list-offsets';
import { SyncGroup } from '@odradek/protocol/messages/sync-group';
import { buildBatch } from '@odradek/protocol/records/builder';
import { type OptionSet, parseOptions } from './args/joptsimple';
import type { ConsumerRecord } from './client/consumed';
import { ConsumerMetrics, recordsBytes } from './client/consumer-metrics';
import { consumerPerfTest } from './consumer-perf/command';
import { intervalLine, totalLine } from './consumer-perf/stats';
import { snapshotLines } from './dump-log/snapshot';
import { e2eLatency } from './e2e-latency/command';
import { percentiles } from './e2e-latency/percentiles';
import { dateFormat } from './java-date';
import { exitCodeOf, type Tool } from './run-tool';
import { streamsApplicationReset } from './streams-reset/command';
import { isInternalTopic } from './streams-reset/internal-topics';
import { memberText } from './streams-reset/members';
import { parsePlan, withinLog } from './streams-reset/plan';
import { testIo } from './test-io';
import { byPartition, consumedEvent, offsetsAfter, partitionsEvent } from './verifiable-consumer/events';

async function run(tool: Tool, ...argv: string[]) {
  const { io, stdout, stderr } = testIo();
  const code = await exitCodeOf(tool, argv, io);
  return { code, stdout: stdout(), stderr: stderr() };
}

const SERVER = ['--bootstrap-server', 'localhost:1'];

const record = (topic: string, partition: number, offset: number): ConsumerRecord => ({
  topic,
  partition,
  offset,
  timestamp: 1,
  timestampType: 'CreateTime',
  key: null,
  value: Buffer.from('v'),
  headers: [],
});

describe('refusals', () => {
  it.each<[Tool, string[], string]>([
    [consumerPerfTest, [], 'Missing required option(s) [bootstrap-server]'],
    [consumerPerfTest, [...SERVER, '--topic', 't'], 'Missing required argument "[messages]"'],
    [
      e2eLatency,
      ['a'],
      'USAGE: java org.apache.kafka.tools.EndToEndLatency broker_list topic num_messages producer_acks message_size_bytes [optional] properties_file',
    ],
    [e2eLatency, ['a', 't', 'x', '1', '1'], 'For input string: "x"'],
    [
      e2eLatency,
      ['a', 't', '1', '0', '1'],
      'Latency testing requires synchronous acknowledgement. Please use 1 or all',
    ],
    [streamsApplicationReset, [], 'Missing required option(s) [application-id]'],
    [
      streamsApplicationReset,
      [...SERVER, '--application-id', 'a', '--to-offset', '3', '--to-latest'],
      'Option "[to-offset]" can\'t be used with option "[to-latest]"',
    ],
  ])('%p %j', async (tool, argv, line) => {
    const { code, stdout, stderr } = await run(tool, ...argv);
    expect(stderr.split('\n')[0]).toBe(line);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });

  it('marks options that must be given', async () => {
    const { stderr } = await run(streamsApplicationReset, '--help');
    expect(stderr).toContain('\nOption (* = required)                  Description ');
    expect(stderr).toContain('\n* --application-id <String: id>        The Kafka Streams application ID ');
  });
});

describe('an argument that may be left out', () => {
  const declarations = { timeout: { description: '', type: 'Long', optional: true, defaultsTo: '9' } } as const;
  const parse = (...argv: string[]): OptionSet<typeof declarations> => parseOptions(declarations, argv);

  it('is taken only if it converts', () => {
    expect(parse('--timeout', '5').valueOf('timeout')).toBe(5);
    expect(parse('--timeout', '-5').valueOf('timeout')).toBe(-5);
    expect(parse('--timeout', 'x').valueOf('timeout')).toBe(9);
    expect(parse('--timeout', 'x').nonOptionArguments).toEqual(['x']);
  });
});

describe('events of the verifiable consumer', () => {
  // In the order of a HashMap, as Java's consumer has it, partition 1 stands before partition 0.
  const records = [record('t', 0, 9), record('t', 0, 10), record('t', 1, 4), record('t', 1, 5)];

  it('count a poll by partition, up to a limit', () => {
    expect(consumedEvent(4, byPartition(records, 3))).toEqual({
      count: 4,
      partitions: [
        { topic: 't', partition: 1, count: 2, minOffset: 4, maxOffset: 5 },
        { topic: 't', partition: 0, count: 1, minOffset: 9, maxOffset: 9 },
      ],
    });
    expect(offsetsAfter(byPartition(records, 1))).toEqual([{ topic: 't', partition: 1, offset: 5 }]);
    expect(byPartition(records, 0)).toEqual([]);
  });

  it('name partitions in order, whatever else is known of them', () => {
    const partitions = [
      { topic: 'b', partition: 0 },
      { topic: 'a', partition: 10, offset: 7 },
      { topic: 'a', partition: 2 },
    ];
    expect(JSON.stringify(partitionsEvent(partitions))).toBe(
      '{"partitions":[{"topic":"a","partition":2},{"topic":"a","partition":10},{"topic":"b","partition":0}]}',
    );
  });
});

describe('lines of the consumer performance test', () => {
  const format = (timeMs: number): string => `@${timeMs}`;

  it('tell of the whole run', () => {
    const end = { timeMs: 1_500, bytes: 3 * 1024 * 1024, messages: 50 };
    const start = { timeMs: 1_000, bytes: 0, messages: 0 };
    expect(totalLine(start, end, 100, format)).toBe(
      '@1000, @1500, 3.0000, 6.0000, 50, 100.0000, 100, 400, 7.5000, 125.0000',
    );
  });

  it('tell of an interval, and of nothing per second where no time was left to fetch', () => {
    const last = { timeMs: 1_000, bytes: 1024 * 1024, messages: 10 };
    const now = { timeMs: 1_500, bytes: 2 * 1024 * 1024, messages: 20 };
    expect(intervalLine(last, now, 100, format)).toBe(
      '@1500, 0, 2.0000, 2.0000, 20, 20.0000, 100, 400, 2.5000, 25.0000',
    );
    expect(intervalLine(last, now, 500, format)).toBe('@1500, 0, 2.0000, 2.0000, 20, 20.0000, 500, 0, 0.0000, 0.0000');
  });
});

it('ranks latencies as Kafka does', () => {
  expect(percentiles(Array.from({ length: 1000 }, (_, at) => 1000 - at))).toEqual([501, 991, 1000]);
  expect(percentiles([138, 7, 14])).toEqual([14, 138, 138]);
  expect(() => percentiles([])).toThrow('Index 0 out of bounds for length 0');
});

describe('SimpleDateFormat', () => {
  // 2024-12-31 is in the first week of 2025 in Java's US calendar.
  const timeMs = new Date(2024, 11, 31, 0, 5, 9, 7).getTime();

  it.each([
    ['yyyy-MM-dd HH:mm:ss:SSS', '2024-12-31 00:05:09:007'],
    ['yy M MMM MMMM d D w W F u', '24 12 Dec December 31 366 1 5 5 2'],
    ['E EEEE a h K k H Y YY', 'Tue Tuesday AM 12 0 24 0 2025 25'],
    ["''yy'' 'it''s' x".replace(' x', ''), "'24' it's"],
  ])('%s', (pattern, text) => {
    expect(dateFormat(pattern)(timeMs)).toBe(text);
  });

  it.each([
    ['q', "Illegal pattern character 'q'"],
    ["'abc", 'Unterminated quote'],
    ['XXXX', 'invalid ISO 8601 format: length=4'],
  ])('refuses %s', (pattern, message) => {
    expect(() => dateFormat(pattern)).toThrow(message);
  });
});

describe('a reset of a streams application', () => {
  it('reads plans', () => {
    expect(parsePlan('t,0,3\nt,1,2\nt,0,4\n')).toEqual([
      { topic: 't', partition: 0, offset: 4 },
      { topic: 't', partition: 1, offset: 2 },
    ]);
    expect(() => parsePlan('')).toThrow('Error parsing reset plan CSV file. It is empty,');
    expect(() => parsePlan('t,0\n')).toThrow(
      'Reset plan CSV file is not following the format `TOPIC,PARTITION,OFFSET`.',
    );
    expect(() => parsePlan('t,x,3\n')).toThrow('For input string: "x"');
  });

  it('keeps offsets within their logs', () => {
    expect(withinLog(3, 0, 7)).toEqual({ offset: 3 });
    expect(withinLog(7, 0, 7).notice).toBe('New offset (7) is higher than latest offset. Value will be set to 7');
    expect(withinLog(0, 0, 7)).toEqual({
      offset: 0,
      notice: 'New offset (0) is lower than earliest offset. Value will be set to 0',
    });
  });

  it('finds internal topics by their names', () => {
    const names = [
      'a-x-changelog',
      'a-repartition',
      'a-x',
      'b-x-changelog',
      'a-KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-07-topic',
    ];
    expect(names.filter((name) => isInternalTopic('a', name))).toEqual([names[0], names[1], names[4]]);
    expect(isInternalTopic('a', 'a-KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE--topic')).toBe(false);
  });

  it('prints members as Java does', () => {
    const member = {
      memberId: 'm',
      groupInstanceId: null,
      clientId: 'c',
      host: '/127.0.0.1',
      assignment: [
        { topic: 't', partition: 0 },
        { topic: 't', partition: 1 },
      ],
    };
    expect(memberText(member)).toBe(
      '(memberId=m, groupInstanceId=null, clientId=c, host=/127.0.0.1, assignment=(topicPartitions=t-0,t-1), targetAssignment=Optional.empty)',
    );
  });
});

describe('a producer snapshot', () => {
  /** One idle producer and one in a transaction, as Apache's dump-log prints it. */
  const whole = Buffer.from(
    '0001d7ebfa3300000002' +
      '00000000000000010001000000070000000000000014000000030000018bcfe56800ffffffff0000000000000005' +
      '00000000000000020000ffffffffffffffffffffffff000000000000018bcfe5680000000004ffffffffffffffff',
    'hex',
  );
  const failure = (bytes: Buffer): string => {
    try {
      snapshotLines(bytes);
      return '';
    } catch (thrown) {
      return (thrown as Error).message;
    }
  };

  it('is printed entry by entry', () => {
    expect(snapshotLines(whole)).toEqual([
      'producerId: 1 producerEpoch: 1 coordinatorEpoch: -1 currentTxnFirstOffset: OptionalLong[5] lastTimestamp: 1700000000000 ' +
        'firstSequence: 4 lastSequence: 7 lastOffset: 20 offsetDelta: 3 timestamp: 1700000000000',
      'producerId: 2 producerEpoch: 0 coordinatorEpoch: 4 currentTxnFirstOffset: OptionalLong.empty lastTimestamp: 1700000000000 ',
    ]);
  });

  it.each([
    [1, "Error reading field 'version': java.nio.BufferUnderflowException"],
    [5, "Error reading field 'crc': java.nio.BufferUnderflowException"],
    [9, "Error reading field 'producer_entries': java.nio.BufferUnderflowException"],
    [11, "Error reading field 'producer_entries': Error reading array of size 2, only 1 bytes available"],
    [
      20,
      "Error reading field 'producer_entries': Error reading field 'last_sequence': java.nio.BufferUnderflowException",
    ],
    [84, "Error reading field 'producer_entries': Error reading field 'timestamp': java.nio.BufferUnderflowException"],
  ])('cut off after %d bytes is told of by the field that is missing', (length, message) => {
    expect(failure(whole.subarray(0, length))).toBe(`Snapshot failed schema validation: ${message}`);
  });

  it('is read whole before its checksum is looked at', () => {
    const changed = Buffer.from(whole);
    changed[12] = 9;
    expect(failure(changed)).toMatch(
      /^Snapshot is corrupt \(CRC is no longer valid\)\. Stored crc: \d+\. Computed crc: \d+$/,
    );
  });
});

describe('the metrics of a consumer', () => {
  it('count what the coordinator and the leaders answered', () => {
    let nowMs = 10_000;
    const metrics = new ConsumerMetrics('c', () => nowMs);
    const batch = buildBatch({
      baseOffset: 0,
      records: [1, 2].map(() => ({ timestamp: 1, key: Buffer.from('k1'), value: Buffer.from('v1') })),
    });
    metrics.answered(0, JoinGroup, 5, { errorCode: 79 });
    nowMs += 20;
    metrics.answered(0, JoinGroup, 7, { errorCode: 0 });
    metrics.answered(0, SyncGroup, 3, { errorCode: 0 });
    metrics.answered(0, ListOffsets, 3, { errorCode: 0 });
    metrics.consumed([record('a.b', 0, 0), record('a.b', 0, 1)]);

    const value = (name: string): unknown => metrics.values.get(name);

    expect(recordsBytes(batch)).toBe(22);
    expect(value('consumer-coordinator-metrics:join-total:{client-id=c}')).toBe(1);
    expect(value('consumer-coordinator-metrics:join-time-max:{client-id=c}')).toBe(7);
    expect(value('consumer-coordinator-metrics:rebalance-latency-avg:{client-id=c}')).toBe(25);
    expect(value('consumer-coordinator-metrics:last-heartbeat-seconds-ago:{client-id=c}')).toBe(-1);
    expect(value('consumer-fetch-manager-metrics:records-consumed-total:{client-id=c, topic=a_b}')).toBe(2);
    expect(value('kafka-metrics-count:count:{client-id=c}')).toBe(metrics.values.size);
  });
});
