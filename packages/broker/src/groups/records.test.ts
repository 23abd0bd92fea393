import {
  baseOffsetAt,
  forEachBatch,
  isTransactionalAt,
  setBaseOffset,
  setPartitionLeaderEpoch,
} from '@odradek/protocol/records/batch';
import { readRecords } from '@odradek/protocol/records/record';
import { MalformedMessageError } from '@odradek/protocol/wire/errors';
import { Writer } from '@odradek/protocol/wire/writer';
import { partitionFor } from '../replication/coordinator-partition';
import {
  groupKey,
  groupValue,
  OffsetKeys,
  offsetKey,
  offsetsBatch,
  offsetValue,
  parseGroupValue,
  parseKey,
  parseOffsetValue,
  recordsBatch,
} from './records';
import { LOG_OF_EMPTY_GROUP, LOG_OF_GROUPS } from './vectors/apache-logs';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

/** Written by Apache's OffsetCommitValue and GroupMetadataValue in versions 0 to 4. */
const OFFSET_VALUES = [
  '00000000001cbe991a140002c3a40000018bcfe56801',
  '00010000001cbe991a140002c3a40000018bcfe568010000018bcfe56be7',
  '00020000001cbe991a140002c3a40000018bcfe56801',
  '00030000001cbe991a14000000070002c3a40000018bcfe56801',
  '00040000001cbe991a140000000703c3a40000018bcfe5680100',
];
const GROUP_VALUES = [
  '00000008636f6e73756d657200000005000572616e676500036d2d310000000100036d2d3100016300082f312e322e332e340000afc80000000201020000000103',
  '00010008636f6e73756d657200000005000572616e676500036d2d310000000100036d2d3100016300082f312e322e332e34000493e00000afc80000000201020000000103',
  '00020008636f6e73756d657200000005000572616e676500036d2d310000018bcfe568020000000100036d2d3100016300082f312e322e332e34000493e00000afc80000000201020000000103',
  '00030008636f6e73756d657200000005000572616e676500036d2d310000018bcfe568020000000100036d2d3100016900016300082f312e322e332e34000493e00000afc80000000201020000000103',
  '000409636f6e73756d6572000000050672616e6765046d2d310000018bcfe5680202046d2d3102690263092f312e322e332e34000493e00000afc803010202030000',
];

const COMMITTED = {
  offset: 123_456_789_012,
  leaderEpoch: 7,
  metadata: 'ä',
  commitTimestamp: 1_700_000_000_001,
  expireTimestamp: -1,
};

/** A record's key and value, encoded anew from what they say. */
function again(key: Buffer, value: Buffer | null): { key: Buffer; value: Buffer | null } {
  const parsed = parseKey(key);
  switch (parsed.type) {
    case 'offset': {
      const committed = value && parseOffsetValue(value);
      return {
        key: offsetKey(parsed.group, parsed.topic, parsed.partition),
        value: committed && offsetValue(committed),
      };
    }
    case 'group':
      return { key: groupKey(parsed.group), value: value && groupValue(parseGroupValue(value)) };
    case 'unknown':
      throw new Error(`key version ${parsed.version}`);
  }
}

describe('records of __consumer_offsets', () => {
  it.each(['g', 'x'.repeat(600), 'x'.repeat(3000)])('keys of one commit are those of each alone: group %#', (group) => {
    const named = [
      ['a', 0],
      ['a', 1],
      ['b', 7],
      ['b', 0x7fff_ffff],
      ['a', 2],
    ] as const;
    const keys = new OffsetKeys(group, new Writer(16));
    const shared = named.map(([topic, partition]) => keys.key(topic, partition));
    expect(shared).toEqual(named.map(([topic, partition]) => offsetKey(group, topic, partition)));
  });

  test.each([
    ['of groups', LOG_OF_GROUPS, 10],
    ['of an empty group', LOG_OF_EMPTY_GROUP, 3],
  ])("a log %s: every batch of Apache's coordinator is made again to the byte", (_, log, count) => {
    let compared = 0;
    forEachBatch(log, (at, size) => {
      // Only the producer of a transaction differs, and who wrote the marker.
      if (isTransactionalAt(log, at)) return;
      const records = [...readRecords(log, at)].map(({ key, value, timestamp }) => ({
        timestamp,
        ...again(key!, value),
      }));
      const isCommit = parseKey(records[0]!.key).type === 'offset' && records[0]!.value !== null;
      const batch = isCommit ? offsetsBatch(records, 'none') : recordsBatch(records, 'none');
      setBaseOffset(batch, 0, baseOffsetAt(log, at));
      setPartitionLeaderEpoch(batch, 0, 0);
      expect(batch.toString('hex')).toBe(log.toString('hex', at, at + size));
      compared++;
    });
    expect(compared).toBe(count);
  });

  test('a retention of its own makes a version that knows no leader epoch', () => {
    expect(offsetValue({ ...COMMITTED, expireTimestamp: 1_700_000_000_999 }).toString('hex')).toBe(OFFSET_VALUES[1]);
    expect(offsetValue(COMMITTED).toString('hex')).toBe(OFFSET_VALUES[3]);
  });

  test.each(OFFSET_VALUES.map((text, version) => [version, text] as const))(
    'offset value version %i is read',
    (version, text) => {
      const leaderEpoch = version >= 3 ? 7 : -1;
      const expireTimestamp = version === 1 ? 1_700_000_000_999 : -1;
      expect(parseOffsetValue(hex(text))).toEqual({ ...COMMITTED, leaderEpoch, expireTimestamp });
    },
  );

  test.each(GROUP_VALUES.map((text, version) => [version, text] as const))(
    'group value version %i is read',
    (version, text) => {
      expect(parseGroupValue(hex(text))).toEqual({
        protocolType: 'consumer',
        generation: 5,
        protocol: 'range',
        leader: 'm-1',
        currentStateTimestamp: version >= 2 ? 1_700_000_000_002 : -1,
        members: [
          {
            memberId: 'm-1',
            groupInstanceId: version >= 3 ? 'i' : null,
            clientId: 'c',
            clientHost: '/1.2.3.4',
            rebalanceTimeout: version >= 1 ? 300_000 : -1,
            sessionTimeout: 45_000,
            subscription: hex('0102'),
            assignment: hex('03'),
          },
        ],
      });
    },
  );

  test('group value version 3 is written', () => {
    expect(groupValue(parseGroupValue(hex(GROUP_VALUES[4]!))).toString('hex')).toBe(GROUP_VALUES[3]);
  });

  test('keys and values of versions that are not known', () => {
    expect(parseKey(hex('0003'))).toEqual({ type: 'unknown', version: 3 });
    expect(parseKey(hex('ffff'))).toEqual({ type: 'unknown', version: -1 });
    expect(() => parseOffsetValue(hex('0005'))).toThrow(MalformedMessageError);
    expect(() => parseGroupValue(hex('0005'))).toThrow(MalformedMessageError);
    expect(() => parseOffsetValue(hex('0003'))).toThrow(MalformedMessageError);
  });

  // Java's String.hashCode of each.
  test.each([
    ['g', 103],
    ['', 0],
    ['polygenelubricants', -2_147_483_648],
    ['ä-group', 1_874_317_398],
    ['console-consumer-12345', 158_455_506],
    ['𝄞', 1_772_394],
    ['simple', -902_286_926],
  ])("'%s' lives in the partition of Java's hash", (group, hash) => {
    expect(partitionFor(group, 50)).toBe(hash === -2_147_483_648 ? 0 : Math.abs(hash) % 50);
    expect(partitionFor(group, 1)).toBe(0);
  });
});
