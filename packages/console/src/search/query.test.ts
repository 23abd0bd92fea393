import { parseMessagesQuery } from './query';

const parse = (text: string) => parseMessagesQuery('orders', new URLSearchParams(text));

test('nothing asked for: the end, and no more than fits a page', () => {
  expect(parse('')).toMatchObject({
    from: { at: 'end' },
    untilMs: undefined,
    partitions: undefined,
    key: undefined,
    patterns: [],
    text: undefined,
    headers: [],
    limit: 500,
    follows: false,
    isCommittedOnly: false,
  });
});

test.each([
  ['from=beginning', { at: 'beginning' }],
  ['from=end', { at: 'end' }],
  ['from=offset:0', { at: 'offset', offset: 0 }],
  ['from=time:1795295770678', { at: 'time', timeMs: 1_795_295_770_678 }],
  ['from=last:50', { at: 'last', count: 50 }],
  ['from=last:999999', { at: 'last', count: 10_000 }],
])('%s', (text, from) => {
  expect(parse(text).from).toEqual(from);
});

test('everything at once', () => {
  const request = parse(
    'partition=1&partition=3&key=k&grep=a&grep=b.&text=t&header=h&header=n=v&until=9&isolation=committed',
  );
  expect(request).toMatchObject({
    partitions: [1, 3],
    key: 'k',
    patterns: [/a/, /b./],
    text: 't',
    untilMs: 9,
    isCommittedOnly: true,
  });
  expect(request.headers).toEqual([
    { name: 'h', value: undefined },
    { name: 'n', value: Buffer.from('v') },
  ]);
});

test('an empty key is a key', () => {
  expect(parse('key=').key).toBe('');
});

test('limits', () => {
  expect(parse('limit=7').limit).toBe(7);
  expect(parse('limit=0').limit).toBe(1);
  expect(parse('limit=1000000').limit).toBe(10_000);
  expect(parse('follow=1').limit).toBe(Number.POSITIVE_INFINITY);
  expect(parse('from=last:900').limit).toBe(900);
});

test.each([
  ['from=start', 'from=start is none of beginning, end, offset:N, time:MS and last:N.'],
  ['from=offset:-1', 'from=offset=-1 is not a number that is 0 or more.'],
  ['from=offset:9007199254740993', 'is not a number'],
  ['from=time:', 'from=time= is not a number'],
  ['partition=x', 'partition=x is not a number that is 0 or more.'],
  ['grep=(', 'grep: Invalid regular expression'],
  [`grep=${'a'.repeat(1_001)}`, 'grep may have 1000 characters at most.'],
  ['follow=yes', 'follow=yes is neither 1 nor 0.'],
  ['isolation=x', 'isolation=x is neither committed nor uncommitted.'],
  ['form=end', 'There is nothing called form in a search of messages.'],
])('%s is refused', (text, message) => {
  expect(() => parse(text)).toThrow(message);
});
