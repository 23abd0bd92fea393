import { DEFAULT_LOG_CONFIG } from './log-config';
import { deletableSegments, type RetentionReason, type RetentionState, retentionPasses } from './retention';

const NOW_MS = 1_000_000;

/** Segments of ten offsets each: `[size, largestTimestamp]`. */
function state(segments: readonly [number, number][], changes: Partial<RetentionState> = {}): RetentionState {
  const end = segments.length * 10;
  return {
    segments: segments.map(([size, largestTimestamp], i) => ({ baseOffset: i * 10, size, largestTimestamp })),
    logStartOffset: 0,
    logEndOffset: end,
    highWatermark: end,
    ...changes,
  };
}

const OLD = NOW_MS - 101;
const EDGE = NOW_MS - 100;
const FUTURE = NOW_MS + 1e12;

test.each<[string, RetentionReason, RetentionState, number]>([
  [
    'older than retention.ms goes, exactly as old stays',
    'retention time',
    state([
      [5, OLD],
      [5, EDGE],
      [5, OLD],
    ]),
    1,
  ],
  [
    'all may go, the active one included',
    'retention time',
    state([
      [5, OLD],
      [5, OLD],
    ]),
    2,
  ],
  [
    'an empty active segment stays',
    'retention time',
    state(
      [
        [5, OLD],
        [0, OLD],
      ],
      { logEndOffset: 10, highWatermark: 10 },
    ),
    1,
  ],
  [
    'what reaches beyond the high watermark stays',
    'retention time',
    state(
      [
        [5, OLD],
        [5, OLD],
      ],
      { highWatermark: 19 },
    ),
    1,
  ],
  ['nothing below the high watermark: nothing goes', 'retention time', state([[5, OLD]], { highWatermark: 0 }), 0],
  [
    'a timestamp in the future holds all that follows',
    'retention time',
    state([
      [5, FUTURE],
      [5, OLD],
    ]),
    0,
  ],
  ['no segments', 'retention time', state([]), 0],
  [
    'as large as retention.bytes stays',
    'retention size',
    state([
      [10, 0],
      [10, 0],
    ]),
    0,
  ],
  [
    'a segment goes only if as much is left without it',
    'retention size',
    state([
      [10, 0],
      [10, 0],
      [9, 0],
    ]),
    0,
  ],
  [
    'as many go as are too many',
    'retention size',
    state([
      [10, 0],
      [10, 0],
      [10, 0],
      [10, 0],
    ]),
    2,
  ],
  [
    'the first that is too large to go ends it',
    'retention size',
    state([
      [11, 0],
      [1, 0],
      [18, 0],
    ]),
    0,
  ],
  [
    'below the log start offset',
    'log start offset',
    state(
      [
        [5, 0],
        [5, 0],
        [5, 0],
      ],
      { logStartOffset: 20 },
    ),
    2,
  ],
  [
    'the log start offset inside',
    'log start offset',
    state(
      [
        [5, 0],
        [5, 0],
        [5, 0],
      ],
      { logStartOffset: 19 },
    ),
    1,
  ],
  [
    'the active segment is never wholly below it',
    'log start offset',
    state(
      [
        [5, 0],
        [5, 0],
      ],
      { logStartOffset: 20 },
    ),
    1,
  ],
])('%s', (_what, reason, given, expected) => {
  const config = { ...DEFAULT_LOG_CONFIG, retentionBytes: 20, retentionMs: 100 };
  expect(deletableSegments(given, config, reason, NOW_MS)).toBe(expected);
});

test.each<[string, RetentionReason]>([
  ['time', 'retention time'],
  ['size', 'retention size'],
])('-1 is no limit of %s', (_what, reason) => {
  const config = { ...DEFAULT_LOG_CONFIG, retentionBytes: -1, retentionMs: -1 };
  expect(
    deletableSegments(
      state([
        [1e9, 0],
        [1e9, 0],
      ]),
      config,
      reason,
      NOW_MS,
    ),
  ).toBe(0);
});

test('a limit of 0 deletes all that is not in the future', () => {
  const config = { ...DEFAULT_LOG_CONFIG, retentionBytes: 0, retentionMs: 0 };
  const given = state([
    [5, NOW_MS - 1],
    [5, NOW_MS],
  ]);
  expect(deletableSegments(given, config, 'retention time', NOW_MS)).toBe(1);
  expect(deletableSegments(given, config, 'retention size', NOW_MS)).toBe(2);
});

test('a file time is asked for only as far as the pass gets', () => {
  let asked = 0;
  const segment = (baseOffset: number) => ({
    baseOffset,
    size: 5,
    get largestTimestamp() {
      asked++;
      return NOW_MS;
    },
  });
  const given = { ...state([]), segments: [segment(0), segment(10), segment(20)], logEndOffset: 30, highWatermark: 30 };
  expect(deletableSegments(given, { ...DEFAULT_LOG_CONFIG, retentionMs: 100 }, 'retention time', NOW_MS)).toBe(0);
  expect(asked).toBe(1);
});

test('cleanup.policy without delete keeps to the log start offset', () => {
  const all = ['log start offset', 'retention size', 'retention time'];
  expect(retentionPasses({ ...DEFAULT_LOG_CONFIG, cleanupDelete: true, cleanupCompact: false })).toEqual(all);
  expect(retentionPasses({ ...DEFAULT_LOG_CONFIG, cleanupDelete: true, cleanupCompact: true })).toEqual(all);
  expect(retentionPasses({ ...DEFAULT_LOG_CONFIG, cleanupDelete: false, cleanupCompact: true })).toEqual([all[0]]);
  expect(retentionPasses({ ...DEFAULT_LOG_CONFIG, cleanupDelete: false, cleanupCompact: false })).toEqual([all[0]]);
});
