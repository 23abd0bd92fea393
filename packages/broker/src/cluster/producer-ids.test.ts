import { silentLoggers } from '../env/logger';
import { ManualClock } from '../env/testing/clock';
import { type ProducerIdBlock, ProducerIds } from './producer-ids';

function setUp() {
  const clock = new ManualClock();
  const asked: { give(block: ProducerIdBlock): void; refuse(): void }[] = [];
  const allocate = () =>
    new Promise<ProducerIdBlock>((resolve, reject) => {
      asked.push({ give: resolve, refuse: () => reject(new Error('no controller')) });
    });
  const ids = new ProducerIds(allocate, clock, silentLoggers.logger('test'));
  const take = async (count: number): Promise<number[]> => {
    const taken: number[] = [];
    while (taken.length < count) taken.push(await ids.next());
    return taken;
  };
  return { clock, asked, ids, take };
}

const block = (firstProducerId: number, size = 10): ProducerIdBlock => ({
  firstProducerId,
  lastProducerId: firstProducerId + size - 1,
});
const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

test('the next block is asked for before one is used up', async () => {
  const { asked, ids, take } = setUp();
  const first = ids.next();
  asked[0]!.give(block(100));
  expect(await first).toBe(100);
  expect(await take(7)).toEqual(range(101, 7));
  expect(asked).toHaveLength(1);
  expect(await take(1)).toEqual([108]);
  expect(asked).toHaveLength(2);
  asked[1]!.give(block(500));
  expect(await take(3)).toEqual([109, 500, 501]);
});

test('without a controller clients hear soon that they are to try again, and one answer serves all', async () => {
  const { clock, asked, ids } = setUp();
  const waiting = Promise.allSettled([ids.next(), ids.next()]);
  await clock.advance(1000);
  expect((await waiting).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(asked).toHaveLength(1);
  const later = expect(ids.next()).rejects.toThrow("The coordinator is loading and hence can't process requests.");
  asked[0]!.refuse();
  await later;
  const again = ids.next();
  expect(asked).toHaveLength(2);
  asked[1]!.give(block(0));
  expect(await again).toBe(0);
  expect(clock.timers).toBe(0);
});
