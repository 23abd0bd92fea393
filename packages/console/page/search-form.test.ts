import { FIRST, formOf, queryOf, type SearchForm } from './search-form';

const NOW_MS = new Date(2026, 10, 21, 14, 0).getTime();

const query = (form: Partial<SearchForm>) => queryOf({ ...FIRST, ...form }, NOW_MS);

describe('the search for messages', () => {
  test('nothing asked for: the newest, and what comes', () => {
    expect(formOf({})).toEqual(FIRST);
    expect(formOf({ partition: ['3'] })).toEqual({ ...FIRST, partition: '3' });
    expect(query({})).toEqual({ query: { from: ['last:100'], follow: ['1'] } });
  });

  test('all fields', () => {
    const form: SearchForm = {
      from: 'offset',
      fromValue: '12',
      until: '1h',
      partition: '2',
      key: 'k 1',
      value: 'a|b',
      isRegex: true,
      header: ' trace=1 ',
      limit: '10',
      follow: false,
      committed: true,
    };
    expect(queryOf(form, NOW_MS)).toEqual({
      query: {
        from: ['offset:12'],
        until: [String(NOW_MS - 3_600_000)],
        partition: ['2'],
        key: ['k 1'],
        grep: ['a|b'],
        header: ['trace=1'],
        limit: ['10'],
        isolation: ['committed'],
      },
    });
  });

  test('an address fills the form in, and the form makes the same address', () => {
    const address = { from: [`time:${NOW_MS}`], until: [String(NOW_MS + 1)], text: ['x'], follow: ['1'] };
    const form = formOf(address);
    expect(form.fromValue).toBe('2026-11-21 14:00:00.000');
    expect(queryOf(form, NOW_MS + 99)).toEqual({ query: address });
  });

  test('each mistake is told at its field', () => {
    const wrong = query({ from: 'time', fromValue: 'soon', until: 'later', value: '(', isRegex: true, limit: '0' });
    expect(Object.keys('problems' in wrong ? wrong.problems : {}).sort()).toEqual([
      'fromValue',
      'limit',
      'until',
      'value',
    ]);
    expect(query({ from: 'last', fromValue: 'many' })).toEqual({ problems: { fromValue: 'a whole number' } });
    expect(query({ value: '(' })).toEqual({ query: { from: ['last:100'], text: ['('], follow: ['1'] } });
  });
});
