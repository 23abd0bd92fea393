import { SimulatedTime } from './clock';
import { SeededRandom } from './random';

function world(seed = 1) {
  const time = new SimulatedTime(new SeededRandom(seed));
  const seen: string[] = [];
  return { time, seen, process: (name: string) => time.process(name) };
}

test('time jumps from one thing to the next, in order, with promises settled in between', async () => {
  const { time, seen, process } = world();
  const clock = process('p');
  clock.after(3_600_000, () => seen.push(`late ${Math.round(clock.monotonicMs() / 1_000)}`));
  clock.after(10, async () => {
    await null;
    await null;
    seen.push('continued');
  });
  clock.after(10, () => seen.push('second'));
  clock.after(5, () => seen.push('first')).cancel();
  clock.soon(() => seen.push('soon'));
  await time.runUntil(4_000_000);
  expect(seen).toEqual(['soon', 'continued', 'second', 'late 3600']);
  expect(time.nowMs).toBe(4_000_000);
});

test('what takes long puts off the rest of its process, and nobody else', async () => {
  const { time, seen, process } = world();
  const [busy, idle] = [process('busy'), process('idle')];
  busy.after(1, () => busy.spend(100));
  busy.after(2, () => seen.push(`busy ${Math.round(busy.monotonicMs())}`));
  idle.after(2, () => seen.push(`idle ${Math.round(idle.monotonicMs())}`));
  await time.runUntil(1_000);
  expect(seen).toEqual(['idle 2', 'busy 101']);
});

test('a paused process is late, a dead one does nothing more', async () => {
  const { time, seen, process } = world();
  const [paused, dead] = [process('paused'), process('dead')];
  for (const [name, clock] of Object.entries({ paused, dead })) {
    clock.after(10, () => seen.push(`${name} ${Math.round(clock.monotonicMs())}`));
  }
  paused.pause();
  dead.onDeath(() => seen.push('told'));
  dead.kill();
  dead.after(1, () => seen.push('never'));
  await time.runUntil(500);
  paused.resume();
  await time.runUntil(1_000);
  expect(seen).toEqual(['told', 'paused 500']);
});

test('ties between processes are the seed’s to break, and the same seed breaks them alike', async () => {
  const orders = await Promise.all(
    [1, 1, 2, 3, 4, 5].map(async (seed) => {
      const { time, seen, process } = world(seed);
      for (const name of ['a', 'b', 'c', 'd']) process(name).after(1, () => seen.push(name));
      await time.runUntil(2);
      return { order: seen.join(''), hash: time.trace.hash };
    }),
  );
  expect(orders[1]).toEqual(orders[0]);
  expect(new Set(orders.map(({ order }) => order)).size).toBeGreaterThan(1);
  expect(new Set(orders.map(({ hash }) => hash)).size).toBeGreaterThan(1);
});

test('who never lets go is found out', async () => {
  const { time, seen, process } = world();
  const clock = process('p');
  time.onFailure = (_process, error) => seen.push((error as Error).message);
  clock.soon(() => {
    for (;;) clock.monotonicMs();
  });
  await time.runUntil(1);
  expect(seen).toEqual(['p does not end its turn']);
});

test('many timers that are cancelled leave the others in order', async () => {
  const { time, seen, process } = world();
  const clock = process('p');
  const timers = Array.from({ length: 5_000 }, (_, index) =>
    clock.after(((index * 7_919) % 5_000) + 1, () => seen.push(String(Math.round(clock.monotonicMs())))),
  );
  for (const [index, timer] of timers.entries()) if (index % 10 !== 0) timer.cancel();
  await time.runUntil(10_000);
  expect(seen).toHaveLength(500);
  expect(seen.map(Number)).toEqual(seen.map(Number).sort((a, b) => a - b));
});
