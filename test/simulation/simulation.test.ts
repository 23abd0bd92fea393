import { simulate } from './run';
import { type Scenario, scenarioOf } from './scenario';

/** Each shows other faults on another cluster; shortened, with few records. */
const SEEDS = [4, 5, 6, 9, 10, 11, 12, 16, 17];
const TROUBLE_MS = 15_000;
const PRODUCER_PAUSE_MS = 3_000;
/** A run takes a second or two; a machine may be busy with other things. */
jest.setTimeout(180_000);

const short = (seed: number): Scenario => ({
  ...scenarioOf(seed),
  troubleMs: TROUBLE_MS,
  producerPauseMs: PRODUCER_PAUSE_MS,
});

test.each(SEEDS)('seed %i: nothing is lost, doubled or out of order, and all is well in the end', async (seed) => {
  const { violations, acknowledged } = await simulate(short(seed));
  expect(violations).toEqual([]);
  expect(acknowledged).toBeGreaterThan(0);
});

test('a seed is a run: the same one again is the same in everything', async () => {
  const lines = async (): Promise<{ hash: string; log: string[] }> => {
    const log: string[] = [];
    const { hash } = await simulate(short(SEEDS[6]!), ({ atMs, process, text }) =>
      log.push(`${atMs} ${process} ${text}`),
    );
    return { hash, log };
  };
  const [once, again] = [await lines(), await lines()];
  expect(again.log).toEqual(once.log);
  expect(again.hash).toBe(once.hash);
  expect((await simulate(short(SEEDS[7]!))).hash).not.toBe(once.hash);
});

test('where ZooKeeper, disks and hosts lose what was promised, the judgement says so', async () => {
  // Without a flush of every write, Kafka promises nothing after a power cut; one broker has nobody to ask.
  const lossy: Scenario = { ...scenarioOf(3), brokers: 1, settings: {}, faults: ['power cut'], troubleMs: 30_000 };
  const { violations } = await simulate(lossy);
  expect(violations.filter((violation) => violation.startsWith('lost write')).length).toBeGreaterThan(0);
});
