import { Turnstile } from './turnstile';

test('so many run at a time, in the order in which they came; one that fails makes room as well', async () => {
  const turnstile = new Turnstile(2);
  const begun: number[] = [];
  const ends: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const results = [0, 1, 2, 3].map((index) =>
    turnstile.run(() => {
      begun.push(index);
      return new Promise<number>((resolve, reject) => ends.push({ resolve: () => resolve(index), reject }));
    }),
  );
  const outcomes = Promise.allSettled(results);
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  expect(begun).toEqual([0, 1]);
  ends[1]!.reject(new Error('no'));
  await turn();
  expect(begun).toEqual([0, 1, 2]);
  ends[0]!.resolve();
  await turn();
  expect(begun).toEqual([0, 1, 2, 3]);
  ends[2]!.resolve();
  ends[3]!.resolve();
  expect((await outcomes).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  expect(await turnstile.run(async () => 4)).toBe(4);
});
