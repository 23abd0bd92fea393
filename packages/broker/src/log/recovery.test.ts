import { append, batch, type Fixture, fixture, readAll } from './testing/fixture';

const FOLDER = '/data/t-0';
const nameOf = (offset: number) => `${FOLDER}/${String(offset).padStart(20, '0')}`;
const SUFFIXES = ['log', 'index', 'timeindex'];

/** Five segments of one record each, closed. */
function written(): Fixture & { content(offset: number): Buffer } {
  const f = fixture();
  const log = f.open({ segmentBytes: 200 });
  for (let i = 0; i < 5; i++) append(log, batch(1, { bytes: 100 }));
  log.close();
  return { ...f, content: (offset) => f.disk.readFile(`${nameOf(offset)}.log`)! };
}

function put(f: Fixture, path: string, content: Uint8Array): void {
  f.disk.replaceFile(path, content);
}

function segments(f: Fixture): number[] {
  const logs = f.disk.paths().filter((path) => path.endsWith('.log'));
  return logs.map((path) => Number(path.slice(FOLDER.length + 1, -4))).sort((a, b) => a - b);
}

/** What the cleaner makes of segments 0 to 2: the last record of them, under the name of the first. */
function putCompacted(f: ReturnType<typeof written>, suffix: string): void {
  put(f, `${nameOf(0)}.log.${suffix}`, f.content(2));
  put(f, `${nameOf(0)}.index.${suffix}`, Buffer.alloc(0));
  put(f, `${nameOf(0)}.timeindex.${suffix}`, Buffer.alloc(0));
}

describe.each([true, false])('after a shutdown that was clean: %s', (hadCleanShutdown) => {
  const reopen = (f: Fixture) => f.open({ segmentBytes: 200 }, { hadCleanShutdown });

  test('a half-made segment is dropped', () => {
    const f = written();
    putCompacted(f, 'cleaned');
    const log = reopen(f);
    expect([segments(f), log.logEndOffset]).toEqual([[0, 1, 2, 3, 4], 5]);
    expect(f.disk.paths().filter((path) => path.endsWith('.cleaned'))).toEqual([]);
  });

  test('a made one takes the place of those that it was made of', () => {
    const f = written();
    putCompacted(f, 'swap');
    const log = reopen(f);
    expect([segments(f), log.logStartOffset, log.logEndOffset]).toEqual([[0, 3, 4], 0, 5]);
    expect(readAll(log, 0).equals(f.content(0))).toBe(true);
    expect(readAll(log, 2)).toHaveLength(f.content(0).length);
    expect(f.disk.paths().filter((path) => path.endsWith('.swap'))).toEqual([]);
  });

  test('so it does where only some of its files have their last name', () => {
    const f = written();
    const compacted = f.content(2);
    for (const offset of [0, 1, 2]) for (const suffix of SUFFIXES) f.disk.removeNow(`${nameOf(offset)}.${suffix}`);
    put(f, `${nameOf(0)}.log`, compacted);
    put(f, `${nameOf(0)}.index.swap`, Buffer.alloc(0));
    put(f, `${nameOf(0)}.timeindex.swap`, Buffer.alloc(0));
    const log = reopen(f);
    expect([segments(f), log.logEndOffset]).toEqual([[0, 3, 4], 5]);
    expect(readAll(log, 1).equals(compacted)).toBe(true);
  });

  test('of a split, nothing counts from the first segment on that was still half made (KAFKA-6264)', () => {
    const f = written();
    put(f, `${nameOf(1)}.log.swap`, f.content(1));
    put(f, `${nameOf(2)}.log.cleaned`, f.content(2));
    put(f, `${nameOf(3)}.log.swap`, Buffer.from('x'));
    const log = reopen(f);
    expect([segments(f), log.logEndOffset]).toEqual([[0, 1, 2, 3, 4], 5]);
    for (let offset = 0; offset < 5; offset++) expect(readAll(log, offset).equals(f.content(offset))).toBe(true);
    expect(f.disk.paths().filter((path) => /swap|cleaned/.test(path))).toEqual([]);
  });

  test('what awaits deletion and indexes without their log go; missing indexes are made', () => {
    const f = written();
    put(f, `${nameOf(0)}.log.deleted`, Buffer.from('x'));
    put(f, `${nameOf(9)}.index`, Buffer.alloc(8));
    put(f, `${nameOf(9)}.txnindex`, Buffer.alloc(34));
    f.disk.removeNow(`${nameOf(2)}.index`);
    f.disk.removeNow(`${nameOf(3)}.timeindex`);
    const log = reopen(f);
    expect([segments(f), log.logEndOffset]).toEqual([[0, 1, 2, 3, 4], 5]);
    expect(f.disk.paths().filter((path) => path.startsWith(nameOf(9)) || path.endsWith('.deleted'))).toEqual([]);
    for (const path of [`${nameOf(2)}.index`, `${nameOf(3)}.timeindex`]) expect(f.disk.paths()).toContain(path);
  });

  test('a log that ends before its log start offset begins anew there', () => {
    const f = written();
    const log = f.open({}, { hadCleanShutdown, logStartOffset: 9 });
    expect([segments(f), log.logStartOffset, log.logEndOffset, log.latestEpoch]).toEqual([[9], 9, 9, null]);
    expect(append(log, batch(1))).toMatchObject({ firstOffset: 9 });
  });

  test('records below the log start offset stay unread after a restart', () => {
    const f = written();
    const log = f.open({}, { hadCleanShutdown, logStartOffset: 3 });
    expect([log.logStartOffset, log.logEndOffset, log.firstSegmentBaseOffset]).toEqual([3, 5, 0]);
    expect(() => readAll(log, 2)).toThrow(expect.objectContaining({ error: 'OFFSET_OUT_OF_RANGE' }));
    expect(log.epochs.all).toEqual([{ epoch: 0, startOffset: 3 }]);
  });
});

test('a preallocated file is cut to its records', () => {
  const f = written();
  const file = f.disk.open(`${nameOf(4)}.log`, 'write');
  const size = file.size();
  file.truncate(size + 5000);
  file.close();
  const log = f.open({}, { hadCleanShutdown: false });
  expect([log.logEndOffset, f.content(4).length]).toEqual([5, size]);
});
