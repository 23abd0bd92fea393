import { parseConfigs, parseHeaders } from './changes/parse';
import { actionOf } from './keys';
import { History, Rates } from './rates';
import { EventReader } from './sse';
import { flatten } from './tree';

describe('events of a stream', () => {
  test('come out whole, however they are cut', () => {
    const text = 'event: records\ndata: [1,\ndata: 2]\n\n: a comment\n\nevent: done\r\ndata: {}\r\n\r\n';
    for (let size = 1; size <= text.length; size++) {
      const reader = new EventReader();
      const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, i) =>
        text.slice(i * size, (i + 1) * size),
      );
      expect(pieces.flatMap((piece) => reader.read(piece))).toEqual([
        { name: 'records', data: '[1,\n2]' },
        { name: 'done', data: '{}' },
      ]);
    }
  });

  test('without a name they are messages; what is not complete is not given', () => {
    expect(new EventReader().read('data:x\n\nevent: late\ndata: y')).toEqual([{ name: 'message', data: 'x' }]);
  });
});

describe('rates', () => {
  const rate = (...samples: readonly (readonly [value: number | null, atMs: number])[]): number | null => {
    const rates = new Rates();
    for (const [value, atMs] of samples) rates.add('t', value, atMs);
    return rates.of('t');
  };

  test('are not known before the second look', () => {
    expect(rate([10, 0])).toBeNull();
    expect(rate([10, 0], [null, 1_000])).toBeNull();
    expect(rate([10, 0], [30, 2_000])).toBe(10);
  });

  test('are those of the last seconds', () => {
    const seconds = Array.from({ length: 20 }, (_, i) => [i < 10 ? 0 : (i - 9) * 100, i * 1_000] as const);
    expect(rate(...seconds)).toBe(100);
  });

  test('begin again where a counter falls, or nobody looked for long', () => {
    expect(rate([100, 0], [200, 1_000], [5, 2_000])).toBeNull();
    expect(rate([100, 0], [200, 60_000])).toBeNull();
  });
});

describe('a small curve', () => {
  test('needs two values, and ends at the right', () => {
    const history = new History(3);
    history.add(0);
    expect(history.points(100, 20)).toBe('');
    history.add(10);
    expect(history.points(100, 20)).toBe('50.0,19.0 100.0,1.0');
    history.add(5);
    history.add(5);
    expect(history.points(100, 20)).toBe('0.0,1.0 50.0,10.0 100.0,10.0');
  });
});

describe('keys', () => {
  const press = (key: string, held: Partial<Record<'ctrlKey' | 'metaKey' | 'altKey', boolean>> = {}) => ({
    key,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    ...held,
  });

  test('two go somewhere', () => {
    expect(actionOf(press('g'), false)).toEqual({ do: 'prefix' });
    expect(actionOf(press('g'), true)).toEqual({ do: 'go', to: 'groups' });
    expect(actionOf(press('z'), true)).toEqual({ do: 'go', to: 'zookeeper' });
    expect(actionOf(press('z'), false)).toBeNull();
  });

  test('after a g that was none, a key means what it always does', () => {
    expect(actionOf(press('j'), true)).toEqual({ do: 'move', by: 1 });
  });

  test("what is the browser's stays the browser's", () => {
    for (const held of ['ctrlKey', 'metaKey', 'altKey'])
      expect(actionOf(press('p', { [held]: true }), false)).toBeNull();
    expect(actionOf(press('Enter'), false)).toBeNull();
    expect(actionOf(press('Tab'), false)).toBeNull();
  });
});

describe('the tree', () => {
  const nodes: Readonly<Record<string, readonly { name: string; numChildren: number }[]>> = {
    '/': [
      { name: 'a', numChildren: 1 },
      { name: 'b', numChildren: 0 },
    ],
    '/a': [{ name: 'c', numChildren: 2 }],
  };
  const rows = (...expanded: string[]) => flatten(new Set(expanded), (path) => nodes[path]);

  test('shows what is below open nodes', () => {
    expect(rows('/', '/a').map(({ path, depth }) => [path, depth])).toEqual([
      ['/', 0],
      ['/a', 1],
      ['/a/c', 2],
      ['/b', 1],
    ]);
    expect(rows('/').map(({ path }) => path)).toEqual(['/', '/a', '/b']);
  });

  test('an open node whose children are not known yet is open all the same', () => {
    expect(rows('/', '/a', '/a/c').at(2)).toMatchObject({ path: '/a/c', isExpanded: true, hasChildren: true });
    expect(rows('/', '/b').at(-1)).toMatchObject({ path: '/b', isExpanded: false, hasChildren: false });
  });
});

describe('lines of name=value', () => {
  test('are configs and headers', () => {
    expect(parseConfigs('a=1\n\n b = x=y ')).toEqual({ a: '1', b: 'x=y' });
    expect(parseHeaders('t=\nt=2')).toEqual([
      { key: 't', value: '' },
      { key: 't', value: '2' },
    ]);
  });

  test('or a mistake', () => {
    expect([parseConfigs('a'), parseConfigs('=1'), parseHeaders('x=1\ny')]).toEqual([null, null, null]);
  });
});
