import type { AbortedTxnEntry, LastRecord } from '../types';

/** What the cleaner asks of its background work, and what it is told: values that can be copied to another thread. */

/** A segment that is read. */
export interface SourceSegment {
  readonly path: string;
  readonly size: number;
  readonly baseOffset: number;
  readonly modifiedMs: number;
}

export interface CleanerLimits {
  /** What keys may be mapped at most. */
  readonly maxKeys: number;
  readonly slots: number;
  /** Read, and written, at a time: a batch that is larger makes it grow. */
  readonly ioBufferBytes: number;
  /** Where buffers stop to grow twofold. */
  readonly maxMessageBytes: number;
  readonly ioBytesPerSecond: number;
}

/** Find the last offset of each key from `start` on. Begins a round: what was mapped before is forgotten. */
export interface MapRequest {
  readonly kind: 'map';
  readonly partition: string;
  readonly start: number;
  /** `nextOffset`: where the following segment begins; `position`: what lies before is below `start`. */
  readonly segments: readonly (SourceSegment & { readonly position: number; readonly nextOffset: number })[];
  readonly aborted: readonly AbortedTxnEntry[];
  readonly limits: CleanerLimits;
}

/** Make one segment of these, by what has been mapped. */
export interface GroupRequest {
  readonly kind: 'group';
  readonly folder: string;
  /** `aborted`: transactions aborted in it; `retainsLegacyDeletes`: tombstones of formats 0 and 1 stay. */
  readonly segments: readonly (SourceSegment & {
    readonly aborted: readonly AbortedTxnEntry[];
    readonly retainsLegacyDeletes: boolean;
  })[];
  readonly lastRecords: readonly LastRecord[];
  readonly nowMs: number;
  readonly deleteRetentionMs: number;
  readonly segmentIndexBytes: number;
  readonly indexIntervalBytes: number;
}

/** Split this segment: its offsets are too far apart for indexes (KAFKA-6264). */
export interface SplitRequest {
  readonly kind: 'split';
  readonly folder: string;
  readonly segment: SourceSegment & { readonly aborted: readonly AbortedTxnEntry[] };
  readonly segmentIndexBytes: number;
  readonly indexIntervalBytes: number;
}

/** These are not answered. `abort`: what is under way is to be given up; `rate`: from now on this fast. */
export type CleanerNote = { readonly kind: 'abort' } | { readonly kind: 'rate'; readonly ioBytesPerSecond: number };

/** Each is answered once. */
export type CleanerTask = MapRequest | GroupRequest | SplitRequest;

export type CleanerRequest = CleanerTask | CleanerNote;

export type CleanerAnswer =
  | { readonly kind: 'mapped'; readonly endOffset: number; readonly keys: number; readonly bytes: number }
  | {
      readonly kind: 'cleaned';
      readonly bytesRead: number;
      readonly bytesWritten: number;
      readonly keylessRecords: number;
    }
  /** Nothing has been made of the group: the source with this base is to be split first. */
  | { readonly kind: 'overflowed'; readonly baseOffset: number }
  /** `baseOffsets`: of the pieces. */
  | { readonly kind: 'split'; readonly baseOffsets: readonly number[] }
  | { readonly kind: 'aborted' }
  /** `disk`: where the disk has failed. */
  | {
      readonly kind: 'failed';
      readonly message: string;
      readonly disk: { readonly path: string; readonly code: string | undefined } | null;
    };
