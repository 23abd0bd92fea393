import { Cached, CachedByKey, PerBroker } from './cached';

let nowMs: number;
const now = () => nowMs;

beforeEach(() => {
  nowMs = 1_000_000;
});

/** Reads that are answered when a test says so. */
function reads<T>() {
  const open: { resolve: (value: T) => void; reject: (error: Error) => void }[] = [];
  const read = () => new Promise<T>((resolve, reject) => open.push({ resolve, reject }));
  return { open, read };
}

test('all who look at the same time share one question', async () => {
  const { open, read } = reads<string>();
  const cached = new Cached(read, now);
  const both = [cached.get(), cached.get()];
  expect(open).toHaveLength(1);
  open[0]!.resolve('a');
  expect(await Promise.all(both)).toEqual(['a', 'a']);
});

test('nothing is asked before somebody looks, and not more often than once a second', async () => {
  let count = 0;
  const cached = new Cached(async () => ++count, now);
  expect(count).toBe(0);
  expect(await cached.get()).toBe(1);
  nowMs += 999;
  expect(await cached.get()).toBe(1);
  nowMs += 1;
  expect(await cached.get()).toBe(2);
});

test('what takes long is asked for less often', async () => {
  const { open, read } = reads<number>();
  const cached = new Cached(read, now);
  const first = cached.get();
  nowMs += 2_000;
  open[0]!.resolve(1);
  await first;
  nowMs += 5_999;
  expect(await cached.get()).toBe(1);
  nowMs += 1;
  void cached.get();
  expect(open).toHaveLength(2);
});

test('a question that is still open is not asked again, however late it is', () => {
  const { open, read } = reads<number>();
  const cached = new Cached(read, now);
  void cached.get();
  nowMs += 60_000;
  void cached.get();
  expect(open).toHaveLength(1);
});

test('a failure is told to all, and asked about again no sooner', async () => {
  let count = 0;
  const cached = new Cached(() => Promise.reject(new Error(`no ${++count}`)), now);
  await expect(cached.get()).rejects.toThrow('no 1');
  await expect(cached.get()).rejects.toThrow('no 1');
  nowMs += 1_000;
  await expect(cached.get()).rejects.toThrow('no 2');
});

test('after a change nobody is told what was before, also not by a question that was open', async () => {
  const { open, read } = reads<string>();
  const cached = new Cached(read, now);
  const before = cached.get();
  cached.invalidate();
  const after = cached.get();
  expect(open).toHaveLength(2);
  open[1]!.resolve('new');
  expect(await after).toBe('new');
  open[0]!.resolve('old');
  expect(await before).toBe('old');
  expect(await cached.get()).toBe('new');
});

test('names that nobody looks at are forgotten', async () => {
  const asked: string[] = [];
  const cached = new CachedByKey(
    async (name: string) => {
      asked.push(name);
      return name;
    },
    now,
    1_000_000,
  );
  await cached.get('a');
  nowMs += 30_001;
  await cached.get('b');
  await cached.get('a');
  expect(asked).toEqual(['a', 'b', 'a']);
});

describe('each broker', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  test('that cannot be asked does not keep the others from telling', async () => {
    const brokers = new PerBroker((id) => (id === 2 ? Promise.reject(new Error('gone')) : Promise.resolve(id)), now);
    expect(await brokers.of([1, 2, 3])).toEqual(
      new Map([
        [1, 1],
        [2, null],
        [3, 3],
      ]),
    );
  });

  test('that is late is waited for once, not each time, and is heard when it answers', async () => {
    const { open, read } = reads<string>();
    const brokers = new PerBroker(read, now);
    const first = brokers.of([1]);
    await jest.advanceTimersByTimeAsync(2_000);
    expect((await first).get(1)).toBeNull();
    const second = brokers.of([1]);
    await jest.advanceTimersByTimeAsync(0);
    expect((await second).get(1)).toBeNull();
    expect(open).toHaveLength(1);
    open[0]!.resolve('here');
    await jest.advanceTimersByTimeAsync(0);
    expect((await brokers.of([1])).get(1)).toBe('here');
  });
});
