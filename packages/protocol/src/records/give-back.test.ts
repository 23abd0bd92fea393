import { compressSync, uncompressSync } from 'lz4-napi';
import { giveBack } from './give-back';

test('what a library has made is free at once; views of larger memory stay', async () => {
  const compressed = compressSync(Buffer.alloc(4 << 20, 'x'));
  giveBack(uncompressSync(compressed));
  // The port is closed with the next turns of the event loop.
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
  const before = process.memoryUsage().arrayBuffers;
  for (let index = 0; index < 50; index++) {
    const made = uncompressSync(compressed);
    expect(made.length).toBe(4 << 20);
    giveBack(made);
    expect(made.length).toBe(0);
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 << 20);
  const whole = Buffer.alloc(64 * 1024, 1);
  for (const view of [whole.subarray(1), whole.subarray(0, 30_000), Buffer.from('pooled')]) {
    giveBack(view);
    expect(view.length).toBeGreaterThan(0);
  }
  expect(whole[0]).toBe(1);
});
