import type { Clock } from '../../env/clock';
import type { Disk } from '../../env/disk';
import { FilePool } from '../file-pool';
import { CLEANED_SUFFIX } from '../names';
import { Segment } from '../segment';
import { MAX_RELATIVE_OFFSET } from '../segment-file';
import type { BatchReader } from './batch-reader';
import { BatchCleaner, type CleanerBuffers } from './clean-batches';
import type { CleanedTransactions } from './cleaned-transactions';
import type { Steps } from './map-keys';
import type { CleanerAnswer, GroupRequest } from './messages';
import type { OffsetMap } from './offset-map';

export interface GroupCleaning {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly map: OffsetMap;
  readonly transactions: CleanedTransactions;
  readonly reader: BatchReader;
  readonly buffers: CleanerBuffers;
}

/**
 * Makes one `.cleaned` segment of a group (Cleaner.cleanSegments), durable when it is done and gone where that fails:
 * nobody but the one who asked knows of it.
 */
export function* cleanGroup(request: GroupRequest, cleaning: GroupCleaning): Steps<CleanerAnswer> {
  const { disk, clock, transactions } = cleaning;
  const pool = new FilePool(disk);
  const { folder, segments, segmentIndexBytes } = request;
  const { baseOffset } = segments[0]!;
  const cleaned = Segment.create(pool, clock, {
    folder,
    baseOffset,
    segmentIndexBytes,
    rollJitterMs: 0,
    suffix: CLEANED_SUFFIX,
  });
  let isDone = false;
  try {
    transactions.onRetained = (entry) => cleaned.txnIndex.append(entry);
    const batches = new BatchCleaner({ ...request, ...cleaning }, cleaning.buffers);
    for (const segment of segments) {
      transactions.add(segment.aborted);
      batches.retainsLegacyDeletes = segment.retainsLegacyDeletes;
      const isOverflowed = yield* cleanInto(cleaned, segment, request, batches, cleaning);
      if (isOverflowed) return { kind: 'overflowed', baseOffset: segment.baseOffset };
    }
    cleaned.becomeInactive();
    cleaned.flushNow();
    // By the file's time tombstones of old formats end, and records without timestamps.
    disk.setModified(cleaned.file.path, segments.at(-1)!.modifiedMs);
    cleaned.closeFiles();
    disk.flushFolderNow(folder);
    isDone = true;
    const bytesRead = segments.reduce((sum, { size }) => sum + size, 0);
    return { kind: 'cleaned', bytesRead, bytesWritten: cleaned.size, keylessRecords: batches.keylessRecords };
  } finally {
    if (!isDone) cleaned.removeFilesNow();
  }
}

/** Whether it had to be left: what stays of the source does not fit into one segment. */
function* cleanInto(
  cleaned: Segment,
  source: GroupRequest['segments'][number],
  { indexIntervalBytes }: GroupRequest,
  batches: BatchCleaner,
  { disk, reader }: GroupCleaning,
): Steps<boolean> {
  const file = disk.open(source.path, 'read');
  try {
    for (let position = 0; position < source.size; position += reader.end) {
      reader.read(file, position, source.size);
      batches.clean(reader.bytes, reader.end);
      const { bytes, length } = batches.out;
      if (length > 0 && batches.maxOffset - source.baseOffset > MAX_RELATIVE_OFFSET) return true;
      if (length > 0)
        cleaned.append(bytes.subarray(0, length), cleaned.baseOffset, batches.maxOffset, indexIntervalBytes);
      yield reader.end + length;
    }
  } finally {
    file.close();
  }
  reader.restore();
  return false;
}
