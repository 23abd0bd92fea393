import type { Logger } from '../env/logger';

/** A record that cannot be read is left out; what it said is not known. */
export interface DamagedRecord {
  readonly offset: number;
  readonly reason: string;
}

/** What a coordinator could make nothing of when it read its partition back. */
export interface ReplayLosses {
  readonly damaged: readonly DamagedRecord[];
  /** How many records bear a key that it does not know, by version. */
  readonly unknownKeys: ReadonlyMap<number, number>;
}

/** @param what the partition holds, as Kafka's log says it: `offsets and group metadata` */
export function tellOfLosses(logger: Logger, name: string, what: string, { unknownKeys, damaged }: ReplayLosses): void {
  for (const [version, count] of unknownKeys) {
    logger.warn(
      `Unknown message key with version ${version} while loading ${what} from ${name}. Ignoring ${count} of them. It could be a left over from an aborted upgrade.`,
    );
  }
  for (const { offset, reason } of damaged) {
    logger.error(`The record at offset ${offset} of ${name} cannot be read and is left out: ${reason}`);
  }
}
