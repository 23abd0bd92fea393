import { buildBatch } from '@odradek/protocol/records/builder';
import { buildEndTxnBatch } from '@odradek/protocol/records/control';
import { downConvert } from '@odradek/protocol/records/conversion';
import type { OffsetCommit } from './offsets';
import { groupKey, offsetKey, offsetsBatch, offsetValue, parseGroupValue } from './records';
import { Replay } from './replay';
import { LOG_OF_EMPTY_GROUP, LOG_OF_GROUPS } from './vectors/apache-logs';

/** The batch that ends the last transaction, which timed out. */
const LAST_MARKER_BYTES = 78;
const TIMESTAMP = 1_700_000_000_000;

function replayed(...logs: Buffer[]): Replay {
  const replay = new Replay();
  for (const log of logs) replay.add(log);
  return replay;
}

const offsetsOf = (replay: Replay, group: string): Record<string, number> =>
  Object.fromEntries(
    [...(replay.groups.get(group)?.offsets.all() ?? [])].map(([topic, partition, { offset }]) => [
      `${topic}-${partition}`,
      offset,
    ]),
  );

const committed = (offset: number): OffsetCommit => ({
  topic: 't',
  partition: 0,
  offset,
  leaderEpoch: -1,
  metadata: '',
  commitTimestamp: TIMESTAMP,
  expireTimestamp: -1,
  recordOffset: -1,
});
const recordOf = (group: string, offset: number | null) => ({
  timestamp: TIMESTAMP,
  key: offsetKey(group, 't', 0),
  value: offset === null ? null : offsetValue(committed(offset)),
});

describe('replay', () => {
  test("of Apache's log: the last record of each key, transactions by their markers", () => {
    const replay = replayed(LOG_OF_GROUPS);
    expect(replay.damaged).toEqual([]);
    expect(replay.recordCount).toBe(15);
    expect([...replay.groups.keys()].sort()).toEqual(['deleted', 'simple', 'stable', 'txn']);
    expect(offsetsOf(replay, 'simple')).toEqual({ 't-1': 5, 't-0': 43 });
    expect(replay.groups.get('simple')!.offsets.get('t', 0)).toMatchObject({
      leaderEpoch: 7,
      metadata: '',
      recordOffset: 3,
    });
    expect(replay.groups.get('simple')!.offsets.get('t', 1)).toMatchObject({ leaderEpoch: -1, recordOffset: 0 });
    expect(offsetsOf(replay, 'stable')).toEqual({ 't-0': 9 });
    expect(offsetsOf(replay, 'txn')).toEqual({ 't-0': 100 });
    expect(replay.groups.get('txn')!.offsets.isUnstable('t', 2)).toBe(false);
    const stable = parseGroupValue(replay.groups.get('stable')!.metadata!);
    expect(stable).toMatchObject({ generation: 1, protocol: 'range', members: [{ groupInstanceId: 'inst-1' }] });
    expect(replay.groups.get('deleted')).toMatchObject({ metadata: null });
    expect(replay.groups.get('deleted')!.offsets.isEmpty).toBe(true);
  });

  test('a transaction without its marker is still open', () => {
    const { offsets } = replayed(LOG_OF_GROUPS.subarray(0, -LAST_MARKER_BYTES)).groups.get('txn')!;
    expect(offsets.isUnstable('t', 2)).toBe(true);
    expect(offsets.get('t', 2)).toBeUndefined();
    offsets.completeTransaction(2, true);
    expect(offsets.get('t', 2)?.offset).toBe(102);
  });

  test('of a group that became empty', () => {
    const { metadata, offsets } = replayed(LOG_OF_EMPTY_GROUP).groups.get('emptied')!;
    expect(parseGroupValue(metadata!)).toMatchObject({
      generation: 2,
      protocolType: 'consumer',
      protocol: null,
      members: [],
    });
    expect(offsets.get('t', 2)?.offset).toBe(77);
  });

  test('batch by batch it is the same', () => {
    const half = 1216;
    const replay = replayed(LOG_OF_GROUPS.subarray(0, half), LOG_OF_GROUPS.subarray(half));
    expect(offsetsOf(replay, 'simple')).toEqual({ 't-1': 5, 't-0': 43 });
    expect(replay.groups.get('deleted')!.metadata).toBeNull();
  });

  test('a tombstone in a transaction takes the offset out of it', () => {
    const transactional = { producerId: 5, producerEpoch: 0, isTransactional: true };
    const batch = (offset: number | null, baseOffset: number) =>
      buildBatch({ ...transactional, baseOffset, records: [recordOf('g', offset)] });
    const marker = buildEndTxnBatch({
      producerId: 5,
      producerEpoch: 0,
      type: 'COMMIT',
      coordinatorEpoch: 0,
      timestamp: TIMESTAMP,
    });
    expect(offsetsOf(replayed(batch(1, 0), batch(2, 1), marker), 'g')).toEqual({ 't-0': 2 });
    expect(offsetsOf(replayed(batch(1, 0), batch(null, 1), marker), 'g')).toEqual({});
  });

  test.each([0, 1] as const)('records of format %i, as brokers of old have left them', (magic) => {
    const batch = buildBatch({
      compression: 'gzip',
      records: [recordOf('g', 1), recordOf('h', 2), recordOf('h', null)],
    });
    const log = Buffer.concat(downConvert(Buffer.concat([batch, offsetsBatch([recordOf('g', 4)], 'none')]), magic, 0));
    const replay = replayed(log);
    expect(replay.damaged).toEqual([]);
    expect([offsetsOf(replay, 'g'), offsetsOf(replay, 'h')]).toEqual([{ 't-0': 4 }, {}]);
  });

  test('compressed batches', () => {
    const batch = buildBatch({ compression: 'zstd', records: [recordOf('g', 1), recordOf('h', 2)] });
    expect(offsetsOf(replayed(batch), 'h')).toEqual({ 't-0': 2 });
    expect(offsetsOf(replayed(offsetsBatch([recordOf('g', 3)], 'gzip')), 'g')).toEqual({ 't-0': 3 });
  });

  test('records that cannot be read are left out, and no others', () => {
    const replay = replayed(
      buildBatch({
        baseOffset: 40,
        records: [
          recordOf('g', 1),
          { timestamp: TIMESTAMP, key: null, value: Buffer.from('x') },
          { timestamp: TIMESTAMP, key: Buffer.from([0, 1, 0, 9]), value: Buffer.from('x') },
          { ...recordOf('g', 1), value: Buffer.from([0, 9]) },
          { timestamp: TIMESTAMP, key: Buffer.from([0, 5, 1]), value: Buffer.from('x') },
          { timestamp: TIMESTAMP, key: groupKey('g'), value: Buffer.from('any') },
          recordOf('g', 2),
        ],
      }),
    );
    expect(replay.damaged.map(({ offset }) => offset)).toEqual([41, 42, 43]);
    expect([...replay.unknownKeys]).toEqual([[5, 1]]);
    expect(offsetsOf(replay, 'g')).toEqual({ 't-0': 2 });
    expect(replay.groups.get('g')!.metadata?.toString()).toBe('any');
  });
});
