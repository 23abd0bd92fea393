import { type ExpiringGroup, GroupOffsets, type OffsetCommit } from './offsets';

const NOW_MS = 1_700_000_000_000;
const RETENTION_MS = 1000;

const commit = (partition: number, change: Partial<OffsetCommit> = {}): OffsetCommit => ({
  topic: 't',
  partition,
  offset: 10,
  leaderEpoch: -1,
  metadata: '',
  commitTimestamp: NOW_MS,
  expireTimestamp: -1,
  recordOffset: 0,
  ...change,
});

const offsetsOf = (offsets: GroupOffsets): Record<string, number> =>
  Object.fromEntries([...offsets.all()].map(([topic, partition, { offset }]) => [`${topic}-${partition}`, offset]));

describe('offsets of a group', () => {
  test('count once they are complete, and are unstable until then', () => {
    const offsets = new GroupOffsets();
    const commits = [commit(0), commit(1)];
    offsets.prepare(commits);
    expect(offsets.isUnstable('t', 0)).toBe(true);
    expect(offsets.isUnstable('t', 2)).toBe(false);
    expect(offsetsOf(offsets)).toEqual({});
    expect(offsets.isEmpty).toBe(false);
    offsets.complete(commits);
    expect(offsets.isUnstable('t', 0)).toBe(false);
    expect(offsetsOf(offsets)).toEqual({ 't-0': 10, 't-1': 10 });
    expect(offsets.size).toBe(2);
  });

  test('a commit that fails leaves what was there before', () => {
    const offsets = new GroupOffsets();
    offsets.apply(commit(0, { offset: 5 }));
    const failing = [commit(0, { offset: 6 })];
    offsets.prepare(failing);
    offsets.fail(failing);
    expect(offsetsOf(offsets)).toEqual({ 't-0': 5 });
    expect(offsets.isUnstable('t', 0)).toBe(false);
  });

  test('of two commits on their way the later in the log counts, whichever completes last', () => {
    const offsets = new GroupOffsets();
    const first = [commit(0, { offset: 1 })];
    const second = [commit(0, { offset: 2 })];
    offsets.prepare(first);
    offsets.prepare(second);
    first[0]!.recordOffset = 7;
    second[0]!.recordOffset = 8;
    offsets.complete(first);
    expect(offsetsOf(offsets)).toEqual({ 't-0': 1 });
    expect(offsets.isUnstable('t', 0)).toBe(true);
    offsets.complete(second);
    expect(offsetsOf(offsets)).toEqual({ 't-0': 2 });
    offsets.apply(commit(0, { offset: 1, recordOffset: 7 }));
    expect(offsetsOf(offsets)).toEqual({ 't-0': 2 });
  });

  test('a failed commit does not take a later one on its way with it', () => {
    const offsets = new GroupOffsets();
    const first = [commit(0, { offset: 1 })];
    const second = [commit(0, { offset: 2, recordOffset: 1 })];
    offsets.prepare(first);
    offsets.prepare(second);
    offsets.fail(first);
    expect(offsets.isUnstable('t', 0)).toBe(true);
    offsets.complete(second);
    expect(offsetsOf(offsets)).toEqual({ 't-0': 2 });
  });

  test('a commit whose topic was deleted on its way is gone', () => {
    const offsets = new GroupOffsets();
    const commits = [commit(0), commit(1)];
    offsets.prepare(commits);
    expect(offsets.remove([{ topic: 't', partition: 0 }])).toEqual([]);
    offsets.complete(commits);
    expect(offsetsOf(offsets)).toEqual({ 't-1': 10 });
  });

  test('a transaction counts from its commit on, unless a later commit is there; not at all where it aborts', () => {
    const offsets = new GroupOffsets();
    offsets.applyTransactional(1, commit(0, { offset: 1, recordOffset: 1 }));
    offsets.applyTransactional(1, commit(1, { offset: 1, recordOffset: 1 }));
    offsets.applyTransactional(2, commit(2, { offset: 2, recordOffset: 2 }));
    offsets.apply(commit(1, { offset: 9, recordOffset: 3 }));
    expect(offsets.isUnstable('t', 0)).toBe(true);
    expect(offsetsOf(offsets)).toEqual({ 't-1': 9 });
    offsets.completeTransaction(1, true);
    offsets.completeTransaction(2, false);
    offsets.completeTransaction(3, true);
    expect(offsets.isUnstable('t', 0)).toBe(false);
    expect(offsetsOf(offsets)).toEqual({ 't-0': 1, 't-1': 9 });
  });

  test('removal takes what transactions hold, too', () => {
    const offsets = new GroupOffsets();
    offsets.applyTransactional(1, commit(0));
    offsets.apply(commit(1));
    expect(
      offsets.remove([commit(0), commit(1), commit(2)].map(({ topic, partition }) => ({ topic, partition }))),
    ).toEqual([{ topic: 't', partition: 1 }]);
    expect(offsets.isUnstable('t', 0)).toBe(false);
    // The transaction is open for all that, and may bring others.
    expect(offsets.isEmpty).toBe(false);
    offsets.completeTransaction(1, true);
    expect(offsets.isEmpty).toBe(true);
  });
});

describe('expiry (KIP-211)', () => {
  const group = (change: Partial<ExpiringGroup>): ExpiringGroup => ({
    state: 'Empty',
    protocolType: 'consumer',
    currentStateTimestamp: NOW_MS,
    subscribedTopics: null,
    ...change,
  });
  const DUE_MS = NOW_MS + RETENTION_MS;
  const OLD = { commitTimestamp: NOW_MS - 10 * RETENTION_MS };

  function expired(of: ExpiringGroup, atMs: number, ...commits: OffsetCommit[]): string[] {
    const offsets = new GroupOffsets();
    for (const it of commits) offsets.apply(it);
    const gone = offsets.removeExpired(of, atMs, RETENTION_MS).map(({ topic, partition }) => `${topic}-${partition}`);
    expect(Object.keys(offsetsOf(offsets)).filter((name) => gone.includes(name))).toEqual([]);
    return gone;
  }

  test('an empty group: all at once, from the time on at which it became empty', () => {
    expect(expired(group({}), DUE_MS - 1, commit(0, OLD))).toEqual([]);
    expect(expired(group({}), DUE_MS, commit(0, OLD), commit(1, { commitTimestamp: DUE_MS }))).toEqual(['t-0', 't-1']);
  });

  test('an empty group of an old record, a group that only keeps offsets: each from its own commit on', () => {
    for (const rule of [group({ currentStateTimestamp: null }), group({ protocolType: null })]) {
      expect(expired(rule, DUE_MS - 1, commit(0, OLD), commit(1))).toEqual(['t-0']);
      expect(expired(rule, DUE_MS, commit(0, OLD), commit(1))).toEqual(['t-0', 't-1']);
    }
  });

  test('a stable group of consumers: only what nobody subscribes to any more', () => {
    const of = group({ state: 'Stable', subscribedTopics: new Set(['t']) });
    expect(expired(of, DUE_MS, commit(0, OLD), commit(0, { topic: 'u' }))).toEqual(['u-0']);
    expect(expired(of, DUE_MS - 1, commit(0, { topic: 'u' }))).toEqual([]);
  });

  test('no others', () => {
    const others = [
      group({ state: 'Stable' }),
      group({ state: 'Stable', protocolType: 'connect', subscribedTopics: new Set() }),
      group({ state: 'PreparingRebalance', subscribedTopics: new Set() }),
      group({ state: 'CompletingRebalance', subscribedTopics: new Set() }),
    ];
    for (const rule of others) expect(expired(rule, DUE_MS, commit(0, OLD))).toEqual([]);
  });

  test('an expiry of its own comes before any rule of the group, but never before a commit on its way', () => {
    const own = commit(0, { expireTimestamp: DUE_MS + 5 });
    expect(expired(group({}), DUE_MS + 4, own)).toEqual([]);
    expect(expired(group({}), DUE_MS + 5, own)).toEqual(['t-0']);
    const offsets = new GroupOffsets();
    offsets.apply(commit(0, OLD));
    offsets.prepare([commit(0)]);
    expect(offsets.removeExpired(group({}), DUE_MS, RETENTION_MS)).toEqual([]);
  });
});
