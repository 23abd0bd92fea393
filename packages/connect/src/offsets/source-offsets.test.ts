import type { SourceMap } from '../data/record';
import type { FileOffsetStore } from './file-offset-store';
import { SourceOffsets } from './source-offsets';

/** A store in memory. */
function storeOf(): FileOffsetStore {
  const entries = new Map<string, [Buffer, Buffer | null]>();
  return {
    get: (key: Buffer) => entries.get(String(key))?.[1] ?? null,
    keys: () => [...entries.values()].map(([key]) => key),
    set: async (changes: readonly (readonly [Buffer, Buffer | null])[]) => {
      for (const [key, value] of changes) entries.set(String(key), [key, value]);
    },
  } as unknown as FileOffsetStore;
}

test('parts are listed in the order of a java.util.HashMap of maps', async () => {
  const offsets = new SourceOffsets(storeOf(), 'c');
  const names = ['one', 'two', 'three', 'four', 'five', 'six', 'seven'];
  const parts: SourceMap[] = [
    ...names.map((name) => new Map([['filename', name]])),
    new Map<string, unknown>([
      ['filename', null],
      ['n', 5_000_000_000],
    ]),
    new Map<string, unknown>([
      ['b', true],
      ['d', 2.5],
    ]),
  ];
  await offsets.set(parts.map((partition, at) => ({ partition, offset: new Map([['at', at]]) })));
  // As Java lists them in a HashMap that was made for nine.
  expect(offsets.all().map(({ offset }) => offset?.get('at'))).toEqual([5, 0, 3, 8, 6, 7, 1, 2, 4]);
});

test('parts of one bucket are listed in the order of their keys as written', async () => {
  const offsets = new SourceOffsets(storeOf(), 'from');
  const names = ['one', 'two', 'three', 'four', 'five', 'six', 'seven'];
  await offsets.set(names.map((name) => ({ partition: new Map([['filename', name]]), offset: new Map([['at', 1]]) })));
  const listed = offsets.all().map(({ partition }) => partition?.get('filename'));
  // As Apache's worker lists those of a connector of that name.
  expect([listed[4], listed[6]]).toEqual(['five', 'two']);
});
