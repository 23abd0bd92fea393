import type { CleanerLimits } from './messages';
import { BYTES_PER_ENTRY } from './offset-map';

/** What the cleaner needs of the broker's configuration, as it is now (CleanerConfig). */
export interface CleanerConfig {
  /** `log.cleaner.threads`. */
  readonly threads: number;
  /** Of all threads together. */
  readonly dedupeBufferBytes: number;
  /** How full a map of keys may be: 0.9 is usual. */
  readonly loadFactor: number;
  /** Of all threads together, to read and to write. */
  readonly ioBufferBytes: number;
  readonly ioBytesPerSecond: number;
  readonly backoffMs: number;
  /** `message.max.bytes`. */
  readonly maxMessageBytes: number;
}

const MAX_MAP_BYTES = 0x7fffffff;
const MIN_IO_BUFFER_BYTES = 64;
/** A map that need not be full is not: where it is, finding a key takes long. */
const USUAL_LOAD = 0.75;

/** What one thread may use for a log of which so many offsets are dirty. */
export function cleanerLimits(
  config: CleanerConfig,
  dirtyOffsets: number,
  topicMaxMessageBytes: number,
): CleanerLimits {
  const { threads, dedupeBufferBytes, loadFactor, ioBufferBytes, ioBytesPerSecond, maxMessageBytes } = config;
  const mapBytes = Math.min(Math.trunc(dedupeBufferBytes / threads), MAX_MAP_BYTES);
  const allowedSlots = Math.trunc(mapBytes / BYTES_PER_ENTRY);
  // There are no more keys than offsets: Apache takes all of log.cleaner.dedupe.buffer.size at the start.
  const slots = Math.min(allowedSlots, Math.ceil(dirtyOffsets / USUAL_LOAD) + 1);
  return {
    // One slot stays free, or whoever looks for a key would not come to an end: batches may lie about their offsets.
    maxKeys: Math.min(Math.trunc(allowedSlots * loadFactor), slots - 1),
    slots,
    ioBufferBytes: Math.max(Math.trunc(Math.trunc(ioBufferBytes / threads) / 2), MIN_IO_BUFFER_BYTES),
    maxMessageBytes: Math.max(maxMessageBytes, topicMaxMessageBytes),
    ioBytesPerSecond: ioBytesPerSecond / threads,
  };
}
