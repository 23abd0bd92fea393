import type { Clock } from '../env/clock';

/** How long the parts of one request keep the event loop before others have their turn. */
const TURN_MS = 10;

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
  let turnEndsMs = clock.monotonicMs() + TURN_MS;
  const work = async (): Promise<void> => {
    for (const [index, item] of rest) {
      results[index] = await map(item);
      if (clock.monotonicMs() < turnEndsMs) continue;
      await new Promise<void>((resolve) => clock.soon(resolve));
      turnEndsMs = clock.monotonicMs() + TURN_MS;
    }
  };
  await Promise.all(Array.from({ length: Math.min(atATime, items.length) }, work));
  return results;
}
