import type { Clock } from '../env/clock';
import type { MetadataImage } from './metadata';
import type { MetadataCache } from './metadata-cache';
import type { ProcessAddress } from './process-watch';

/** Well beyond the time between a broker's registration and its first answer. */
const OLD_MS = 30_000;

const keyOf = ({ host, port }: ProcessAddress): string => `${host}:${port}`;

/** Where brokers have lived for long, by what controllers say: who has just been started need not listen yet. */
export class Acquaintances {
  private readonly sinceMs = new Map<string, number>();

  constructor(
    metadata: MetadataCache,
    private readonly clock: Clock,
  ) {
    metadata.onUpdate(({ brokers }) => this.meet(brokers));
  }

  /** Whether a broker has lived there without interruption for half a minute or longer. */
  isOld(address: ProcessAddress): boolean {
    const sinceMs = this.sinceMs.get(keyOf(address));
    return sinceMs !== undefined && this.clock.monotonicMs() - sinceMs >= OLD_MS;
  }

  private meet(brokers: MetadataImage['brokers']): void {
    const now = new Set([...brokers.values()].flatMap(({ endpoints }) => [...endpoints.values()].map(keyOf)));
    for (const key of this.sinceMs.keys()) if (!now.has(key)) this.sinceMs.delete(key);
    for (const key of now) if (!this.sinceMs.has(key)) this.sinceMs.set(key, this.clock.monotonicMs());
  }
}
