import { Fetch } from '@odradek/protocol/messages/fetch';
import { Produce } from '@odradek/protocol/messages/produce';
import { COMPRESSION_TYPES, updateCrc } from '@odradek/protocol/records/batch';
import { compress } from '@odradek/protocol/records/compression';
import { buildLegacyRecords } from '@odradek/protocol/records/legacy';
import type { Both } from '../both';
import type { Scenario } from '../main';
import { BASE_TIME_MS, batch, legacyBatch, patched } from '../records';

type Magic = 0 | 1;
type Codec = 'gzip' | 'snappy' | 'lz4';
const ATTRIBUTES_AT = 17;
const BASE_OFFSETS = [0, 1, 2, 9];

/** A message with any value, whose attributes say what is wanted and whose checksum is right. */
function message(magic: Magic, offset: number, key: string | null, value: Buffer | null, attributes = 0): Buffer {
  const timestamp = magic === 0 ? -1 : BASE_TIME_MS + offset;
  const plain = { offset, timestamp, key: key === null ? null : Buffer.from(key), value, headers: [] };
  return patched(buildLegacyRecords([plain], { magic }), (copy) => {
    copy.writeInt8(attributes, ATTRIBUTES_AT);
    updateCrc(copy, 0);
  });
}

function wrapper(magic: Magic, codec: Codec, inner: readonly Buffer[], offset = inner.length - 1): Buffer {
  const value = compress(codec, Buffer.concat(inner), undefined, magic);
  return message(magic, offset, null, value, COMPRESSION_TYPES.indexOf(codec));
}

const text = (value: string): Buffer => Buffer.from(value);

/** Wrappers that are right outside and wrong inside, or the other way round. */
function crooked(magic: Magic, codec: Codec): [string, Buffer][] {
  const other = magic === 0 ? 1 : 0;
  const a = message(magic, 0, 'a', text('1'));
  const b = message(magic, 1, 'b', text('2'));
  const flags = COMPRESSION_TYPES.indexOf(codec);
  const wrong = (change: (copy: Buffer) => void) => wrapper(magic, codec, [a, patched(b, change)]);
  return [
    ['right', wrapper(magic, codec, [a, b])],
    ['messages of another format', wrapper(magic, codec, [message(other, 0, 'a', text('1'))])],
    ['a second message of another format', wrapper(magic, codec, [a, message(other, 1, 'b', text('2'))])],
    ['a batch of today', wrapper(magic, codec, [batch(1)])],
    ['compressed messages', wrapper(magic, codec, [wrapper(magic, codec, [a])])],
    ['a message that says it is compressed', wrapper(magic, codec, [message(magic, 0, 'a', text('1'), flags)])],
    ['a wrong checksum', wrong((copy) => copy.writeUInt32BE(7, 12))],
    ['a size below the smallest', wrong((copy) => copy.writeInt32BE(3, 8))],
    ['a size beyond the end', wrong((copy) => copy.writeInt32BE(1000, 8))],
    ['a negative size', wrong((copy) => copy.writeInt32BE(-1, 8))],
    ['no messages', wrapper(magic, codec, [], 0)],
    ['a cut message alone', wrapper(magic, codec, [a.subarray(0, 20)], 0)],
    ['no value', message(magic, 0, null, null, flags)],
    ['a value that is not compressed', message(magic, 0, null, text('plain'), flags)],
    ['codec 4', message(magic, 0, null, text('plain'), 4)],
    ['codec 5', message(magic, 0, null, text('plain'), 5)],
    ['messages without key', wrapper(magic, codec, [a, message(magic, 1, null, text('2'))])],
    ['a key of its own', patched(message(magic, 0, 'k', compress(codec, a, undefined, magic), flags), () => {})],
    ['inner offsets that fall', wrapper(magic, codec, [b, a])],
    ['the timestamp type of brokers', wrapper(magic, codec, [message(magic, 0, 'a', text('1'), 8)])],
    ...BASE_OFFSETS.map((offset): [string, Buffer] => [`offset ${offset}`, wrapper(magic, codec, [a, b], offset)]),
  ];
}

/** Messages that are not wrapped. */
function plain(magic: Magic): [string, Buffer][] {
  const good = message(magic, 0, 'a', text('1'));
  return [
    ['without key', message(magic, 0, null, text('v'))],
    ['one of two without key', Buffer.concat([good, message(magic, 1, null, text('v'))])],
    ['without value', message(magic, 0, 'a', null)],
    ['the timestamp type of brokers', message(magic, 0, 'a', text('1'), 8)],
    ['unknown attributes', message(magic, 0, 'a', text('1'), 0x70)],
    [
      'a key longer than the message',
      patched(good, (copy) => {
        copy.writeInt32BE(1000, magic === 0 ? 18 : 26);
        updateCrc(copy, 0);
      }),
    ],
    ['offsets that fall', Buffer.concat([message(magic, 5, 'a', text('1')), message(magic, 3, 'b', text('2'))])],
    ['a batch of today behind', Buffer.concat([legacyBatch(1, { magic }), batch(1)])],
  ];
}

async function wrappers(both: Both): Promise<void> {
  const topics = ['wrappers', 'wrappers-compact', 'wrappers-gzip'];
  await both.createTopic('wrappers');
  await both.createTopic('wrappers-compact', { configs: { 'cleanup.policy': 'compact' } });
  await both.createTopic('wrappers-gzip', { configs: { 'compression.type': 'gzip' } });
  for (const name of topics) {
    for (const magic of [0, 1] as const) {
      const cases: [string, Buffer][] = plain(magic);
      for (const codec of ['gzip', 'snappy', 'lz4'] as const) {
        for (const [what, records] of crooked(magic, codec)) cases.push([`${codec}: ${what}`, records]);
      }
      for (const [what, records] of cases) {
        const request = { acks: 1, timeoutMs: 5000, topicData: [{ name, partitionData: [{ index: 0, records }] }] };
        await both.send(Produce, 2, request, { note: `${name}, magic ${magic}, ${what}` });
      }
    }
  }
  for (const topic of topics) {
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 24 }];
    const request = {
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: 1 << 24,
      topics: [{ topic, partitions }],
      forgottenTopicsData: [],
    };
    await both.send(Fetch, 11, request, { note: `what ${topic} holds`, recompressed: true });
  }
}

export const legacyWrappers: readonly Scenario[] = [{ name: 'produce: wrappers of old formats', run: wrappers }];
