import { type FollowerLog, resetFor, truncationBeforeFetch, truncationFor } from './truncation';

/** A log whose epochs begin at given offsets. */
function log(epochs: readonly (readonly [epoch: number, startOffset: number])[], logEndOffset: number): FollowerLog {
  return {
    logEndOffset,
    highWatermark: 3,
    latestEpoch: epochs.at(-1)?.[0] ?? null,
    endOffsetForEpoch(epoch) {
      if (epochs.at(-1)?.[0] === epoch) return { leaderEpoch: epoch, endOffset: logEndOffset };
      const next = epochs.findIndex(([other]) => other > epoch);
      if (next === -1) return { leaderEpoch: -1, endOffset: -1 };
      return { leaderEpoch: epochs[next - 1]?.[0] ?? epoch, endOffset: epochs[next]![1] };
    },
  };
}

const own = log(
  [
    [1, 0],
    [2, 10],
    [5, 20],
  ],
  30,
);
const INITIAL = 30;

describe('where a log is cut', () => {
  test.each([
    ['the epoch ends sooner at the leader', { leaderEpoch: 5, endOffset: 25 }, { offset: 25, isComplete: true }],
    ['the epoch goes on at the leader', { leaderEpoch: 5, endOffset: 40 }, { offset: 30, isComplete: true }],
    [
      'the leader knows an older one, which ends later',
      { leaderEpoch: 2, endOffset: 28 },
      { offset: 20, isComplete: true },
    ],
    [
      'the leader knows an older one, which ends sooner',
      { leaderEpoch: 2, endOffset: 15 },
      { offset: 15, isComplete: true },
    ],
    [
      'the leader knows one between, of which there is nothing here',
      { leaderEpoch: 4, endOffset: 28 },
      { offset: 20, isComplete: false },
    ],
    ['the leader knows one older than all here', { leaderEpoch: 0, endOffset: 7 }, { offset: 0, isComplete: true }],
    [
      'the leader answers with an epoch later than all here',
      { leaderEpoch: 9, endOffset: 12 },
      { offset: 12, isComplete: true },
    ],
    ['the leader knows none', { leaderEpoch: -1, endOffset: -1 }, { offset: INITIAL, isComplete: true }],
    ['the leader tells the end only', { leaderEpoch: -1, endOffset: 17 }, { offset: 17, isComplete: true }],
    [
      'the leader tells an end only that lies beyond',
      { leaderEpoch: -1, endOffset: 70 },
      { offset: 30, isComplete: true },
    ],
  ])('%s', (_name, leaderEnd, expected) => {
    expect(truncationFor(leaderEnd, own, INITIAL)).toEqual(expected);
  });

  test('a log without epochs ends where the leader says', () => {
    expect(truncationFor({ leaderEpoch: 2, endOffset: 8 }, log([], 30), INITIAL)).toEqual({
      offset: 8,
      isComplete: true,
    });
    expect(truncationFor({ leaderEpoch: 2, endOffset: 80 }, log([], 30), INITIAL)).toEqual({
      offset: 30,
      isComplete: true,
    });
  });
});

test('before the first fetch a log without epochs goes back to its high watermark', () => {
  expect(truncationBeforeFetch(log([], 30))).toBe(3);
  expect(truncationBeforeFetch(own)).toBeNull();
});

describe('a log whose end the leader does not have', () => {
  test.each([
    ['the leader ends sooner', { logStartOffset: 0, logEndOffset: 29 }, { type: 'truncate', offset: 29 }],
    ['the leader has lost everything', { logStartOffset: 0, logEndOffset: 0 }, { type: 'truncate', offset: 0 }],
    ['the leader begins later', { logStartOffset: 31, logEndOffset: 90 }, { type: 'restart', offset: 31 }],
    ['the leader begins where this one ends', { logStartOffset: 30, logEndOffset: 90 }, { type: 'stay' }],
    ['the leader has the end by now', { logStartOffset: 5, logEndOffset: 30 }, { type: 'stay' }],
  ])('%s', (_name, leader, expected) => {
    expect(resetFor(leader, 30)).toEqual(expected);
  });
});
