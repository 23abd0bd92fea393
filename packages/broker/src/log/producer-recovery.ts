import type { ProducerState } from './producer-state';
import type { Segments } from './segments';

export interface RebuildInput {
  readonly segments: Segments;
  readonly logStartOffset: number;
  /** The state is wanted as of here. */
  readonly lastOffset: number;
  readonly nowMs: number;
  readonly afterCleanShutdown: boolean;
}

/**
 * Brings producer state to `lastOffset`: from the newest usable snapshot, then by replaying what follows it
 * (UnifiedLog.rebuildProducerState). Snapshots are taken at the bases of the last two segments and at the end, so that
 * a truncation finds one near.
 */
export function rebuildProducerState(state: ProducerState, input: RebuildInput): void {
  const { segments, lastOffset } = input;
  const snapshotOffsets = segments.all.slice(-2).map((segment) => segment.baseOffset);
  if (state.latestSnapshotOffset === null && input.afterCleanShutdown) {
    // A clean shutdown leaves a snapshot: without one no producer has ever had state here.
    for (const offset of [...snapshotOffsets, lastOffset]) {
      state.mapEndOffset = offset;
      state.takeSnapshot();
    }
    return;
  }
  const wasEmpty = state.isEmpty && state.mapEndOffset >= lastOffset;
  state.truncateAndReload(input.logStartOffset, lastOffset, input.nowMs);
  if (lastOffset > state.mapEndOffset && !wasEmpty) replaySegments(state, input, snapshotOffsets);
  state.mapEndOffset = lastOffset;
  state.takeSnapshot();
}

function replaySegments(state: ProducerState, input: RebuildInput, snapshotOffsets: readonly number[]): void {
  const { segments, lastOffset, logStartOffset } = input;
  for (const segment of segments.between(state.mapEndOffset, lastOffset)) {
    const startOffset = Math.max(segment.baseOffset, state.mapEndOffset, logStartOffset);
    state.mapEndOffset = startOffset;
    if (snapshotOffsets.includes(segment.baseOffset)) state.takeSnapshot();
    const isLast = segments.floor(lastOffset) === segment;
    const end = (isLast ? segment.translate(lastOffset)?.position : undefined) ?? segment.size;
    const from = segment.translate(startOffset)?.position;
    if (from === undefined) continue;
    segment.scan(from, end, (b, at, _position, size) => {
      state.replay(b, at, at + size);
      return true;
    });
  }
}
