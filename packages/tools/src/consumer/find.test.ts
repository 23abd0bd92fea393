import type { ConsumerRecord } from '../client/consumed';
import { exitCodeOf } from '../run-tool';
import { testIo } from '../test-io';
import { consoleConsumer } from './console-consumer';
import { type Find, finderOf, headersWanted, sinceMs } from './find';
import { jsonFormatter } from './json-formatter';

const record = (changes: Partial<ConsumerRecord> = {}): ConsumerRecord =>
  ({
    topic: 't',
    partition: 1,
    offset: 7,
    timestamp: 1_700_000_000_000,
    timestampType: 'CreateTime',
    key: Buffer.from('k1'),
    value: Buffer.from('order 42 paid'),
    headers: [
      { key: 'trace', value: Buffer.from('a=b') },
      { key: 'empty', value: null },
    ],
    ...changes,
  }) as ConsumerRecord;

const found = (find: Partial<Find>, changes: Partial<ConsumerRecord> = {}): boolean | undefined =>
  finderOf({ patterns: [], keys: [], headers: [], sinceMs: undefined, ...find })?.(record(changes));

describe('finding records', () => {
  it('takes all where nothing is asked for', () => {
    expect(found({})).toBeUndefined();
  });

  it.each<[string, Partial<Find>, Partial<ConsumerRecord>, boolean]>([
    ['a pattern anywhere in the value', { patterns: [/4\d paid$/] }, {}, true],
    ['all of several patterns', { patterns: [/order/, /refused/] }, {}, false],
    ['no pattern in a tombstone', { patterns: [/null/] }, { value: null }, false],
    ['one of several keys', { keys: ['x', 'k1'] }, {}, true],
    ['no part of a key', { keys: ['k'] }, {}, false],
    ['no key where there is none', { keys: ['null'] }, { key: null }, false],
    ['a header by its name', { headers: headersWanted(['empty']) }, {}, true],
    ['a header by its value, which may hold =', { headers: headersWanted(['trace=a=b']) }, {}, true],
    ['no header of another value', { headers: headersWanted(['trace=a']) }, {}, false],
    ['no header without a value by its value', { headers: headersWanted(['empty=']) }, {}, false],
    ['all of several headers', { headers: headersWanted(['trace', 'span']) }, {}, false],
    ['a record of that very time', { sinceMs: 1_700_000_000_000 }, {}, true],
    ['no older one', { sinceMs: 1_700_000_000_001 }, {}, false],
  ])('%s', (_, find, changes, isWanted) => {
    expect(found(find, changes)).toBe(isWanted);
  });
});

describe('--since', () => {
  const NOW = Date.UTC(2026, 10, 21, 12);
  it.each<[string, number | undefined]>([
    ['30s', NOW - 30_000],
    ['10m', NOW - 600_000],
    ['2h', NOW - 7_200_000],
    ['1d', NOW - 86_400_000],
    ['0s', NOW],
    ['1700000000000', 1_700_000_000_000],
    ['2026-11-21', new Date(2026, 10, 21).getTime()],
    ['2026-11-21T10:30', new Date(2026, 10, 21, 10, 30).getTime()],
    ['2026-11-21 10:30', new Date(2026, 10, 21, 10, 30).getTime()],
    ['2026-11-21T10:30:05.250Z', Date.UTC(2026, 10, 21, 10, 30, 5, 250)],
    ['2026-11-21T10:30+09:00', Date.UTC(2026, 10, 21, 1, 30)],
    ['2026-11-21T10:30+0900', Date.UTC(2026, 10, 21, 1, 30)],
    ['10', undefined],
    ['2026-13-01', undefined],
    ['2026-11', undefined],
    ['yesterday', undefined],
    ['', undefined],
  ])('%j', (text, timeMs) => {
    expect(sinceMs(text, NOW)).toBe(timeMs);
  });
});

it('--json prints a line of all that is known', () => {
  const lines: string[] = [];
  const out = { write: (data: string | Uint8Array) => void lines.push(String(data)), broken: false };
  const formatter = jsonFormatter(new Map(), () => undefined);
  formatter.write(record(), out);
  formatter.write(record({ key: null, value: Buffer.from([0xff, 0x00]), headers: [], timestampType: undefined }), out);
  const shorts = new Map([['value.deserializer', 'org.apache.kafka.common.serialization.ShortDeserializer']]);
  jsonFormatter(shorts, () => undefined).write(record({ value: Buffer.from([0, 5]) }), out);
  expect(lines.every((line) => line.endsWith('}\n'))).toBe(true);
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    {
      topic: 't',
      partition: 1,
      offset: 7,
      timestampMs: 1_700_000_000_000,
      timestampType: 'CreateTime',
      key: 'k1',
      value: 'order 42 paid',
      headers: [
        { key: 'trace', value: 'a=b' },
        { key: 'empty', value: null },
      ],
    },
    expect.objectContaining({ timestampMs: null, timestampType: null, key: null, value: { base64: '/wA=' } }),
    expect.objectContaining({ value: '5' }),
  ]);
});

describe('the command line', () => {
  const run = async (...argv: string[]) => {
    const { io, stdout, stderr } = testIo();
    const code = await exitCodeOf(consoleConsumer, ['--bootstrap-server', 'localhost:1', '--topic', 't', ...argv], io);
    return { code, stdout: stdout(), stderr: stderr() };
  };

  it.each<[string[], RegExp]>([
    [['--since', '10'], /^--since 10 is not a time\. .*\n$/],
    [['--since', '1h', '--from-beginning'], /^--since says where to begin, and so does --from-beginning: .*\n$/],
    [['--since', '1h', '--group', 'g'], /^--since says where to begin, and so do the offsets of a group: .*\n$/],
    [['--grep', '('], /^--grep: Invalid regular expression.*\n$/],
    [['--header', '=x'], /^--header needs the name of a header, .*\n$/],
    [['--json', '--formatter', 'x'], /^--json and --formatter both say how records look: .*\n$/],
  ])('%j is refused in a line', async (argv, text) => {
    expect(await run(...argv)).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(text) });
  });

  it('the help lists what Apache has not apart, the usage of a mistake does not', async () => {
    const help = await run('--help');
    const [apaches, ours] = help.stderr.split("\nNot in Apache Kafka's tool:\n");
    expect(apaches).not.toMatch(/--grep|--since|--json/);
    for (const flag of ['--grep', '--key', '--header', '--since', '--json']) expect(ours).toContain(`\n${flag} `);
    const mistake = await run('--offset', '5');
    expect(mistake.stderr).not.toContain('--grep');
  });
});
