import type { Clock } from '../env/clock';
import { Turns } from '../env/turns';

/**
 * Maps the parts of a request that may have a hundred thousand of them: `atATime` at once, so that neither memory nor
 * ZooKeeper has to bear them all, and with turns for other requests in between. Results come in the order of `items`.
 */
export async function mapInTurns<Item, Result>(
  clock: Clock,
  items: readonly Item[],
  atATime: number,
  map: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  const rest = items.entries();
  const turns = new Turns(clock);
  const work = async (): Promise<void> => {
    for (const [index, item] of rest) {
      results[index] = await map(item);
      await turns.next();
    }
  };
  await Promise.all(Array.from({ length: Math.min(atATime, items.length) }, work));
  return results;
}
