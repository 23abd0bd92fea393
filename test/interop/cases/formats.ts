import fs from 'node:fs';
import path from 'node:path';
import { Fetch } from '@odradek/protocol/messages/fetch';
import { IncrementalAlterConfigs } from '@odradek/protocol/messages/incremental-alter-configs';
import { ListOffsets } from '@odradek/protocol/messages/list-offsets';
import { Produce } from '@odradek/protocol/messages/produce';
import { WriteTxnMarkers } from '@odradek/protocol/messages/write-txn-markers';
import { COMPRESSION_TYPES } from '@odradek/protocol/records/batch';
import { type BatchInit, buildBatch, type RecordInit } from '@odradek/protocol/records/builder';
import { buildLegacyRecords, type LegacyFormat } from '@odradek/protocol/records/legacy';
import type { Both } from '../both';
import { differences } from '../diff';
import type { Scenario } from '../main';
import { BASE_TIME_MS, someRecords } from '../records';
import { type RecordsView, viewRecords } from '../view';
import { SIDES, type SideName } from '../world';

const LARGE = 1 << 24;
const BROKER = 4;
const LEGACY_CODECS = ['none', 'gzip', 'snappy', 'lz4'] as const;
const STORED = { recompressed: true };

const text = (value: string): Buffer => Buffer.from(value);

/** Records that take every turn of the conversions: no key, no value, empty ones, times that fall or are not there. */
const ODD: readonly RecordInit[] = [
  { timestamp: BASE_TIME_MS + 5000, key: text('later'), value: text('1') },
  { timestamp: BASE_TIME_MS, key: null, value: text('no key') },
  { timestamp: BASE_TIME_MS + 9000, key: text('no value'), value: null },
  { timestamp: BASE_TIME_MS + 9000, key: text(''), value: text('') },
  { timestamp: BASE_TIME_MS + 1000, key: null, value: null },
];

const HEADERS = [
  { key: 'a', value: text('1') },
  { key: '', value: null },
];

const today = (records: readonly RecordInit[], init: BatchInit = {}): Buffer => buildBatch({ ...init, records });

function old(records: readonly RecordInit[], format: LegacyFormat, firstOffset = 0): Buffer {
  const plain = records.map(({ timestamp, key = null, value = null }, index) => ({
    offset: firstOffset + index,
    timestamp: format.magic === 0 ? -1 : timestamp,
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    headers: [],
  }));
  return buildLegacyRecords(plain, format);
}

async function append(both: Both, name: string, version: number, records: Buffer, note: string): Promise<void> {
  const topicData = [{ name, partitionData: [{ index: 0, records }] }];
  await both.send(Produce, version, { acks: -1, timeoutMs: 5000, topicData }, { note: `${name}: ${note}` });
}

/** What every version of Fetch makes of the log, from every offset and within narrow limits. */
async function readEverywhere(
  both: Both,
  topic: string,
  offsets: readonly number[],
  limits: readonly number[] = [LARGE],
): Promise<void> {
  for (const fetchOffset of offsets) {
    for (const partitionMaxBytes of limits) {
      const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes }];
      const request = { maxWaitMs: 0, minBytes: 0, maxBytes: LARGE, topics: [{ topic, partitions }] };
      for (const version of [0, 1, 2, 3, 4, 10, 12]) {
        const note = `${topic} from ${fetchOffset}, ${partitionMaxBytes} bytes`;
        await both.send(Fetch, version, { ...request, forgottenTopicsData: [] }, { note, ...STORED });
      }
    }
  }
}

async function lookUp(both: Both, name: string): Promise<void> {
  for (const timestamp of [-3, -1, -2, 0, BASE_TIME_MS + 1500, BASE_TIME_MS + 9000, BASE_TIME_MS + 60_000]) {
    const request = { replicaId: -1, topics: [{ name, partitions: [{ partitionIndex: 0, timestamp }] }] };
    for (const version of timestamp === -3 ? [7, 8] : [1, 4, 7]) {
      await both.send(ListOffsets, version, request, { note: `${name} at ${timestamp}` });
    }
  }
}

/** Compares files of a partition's folder as they are on the two disks. */
async function compareFiles(
  both: Both,
  topic: string,
  pattern: RegExp,
  view: (bytes: Buffer) => unknown,
): Promise<void> {
  const read = (side: SideName): Record<string, unknown> => {
    const folder = path.join(both.world.sides[side].logDir, `${topic}-0`);
    const names = fs.readdirSync(folder).filter((name) => pattern.test(name));
    return Object.fromEntries(names.sort().map((name) => [name, view(fs.readFileSync(path.join(folder, name)))]));
  };
  both.compared++;
  both.report(`files of ${topic}`, differences('files', read('ours'), read('apache')));
}

const viewLog =
  (options: RecordsView) =>
  (bytes: Buffer): unknown =>
    viewRecords(bytes, options);

/** Every format and codec that is sent, to every codec of topics and both kinds of timestamps. */
async function everyWay(both: Both, timestampType: string): Promise<void> {
  for (const compressionType of ['producer', 'uncompressed', 'gzip', 'snappy', 'lz4', 'zstd']) {
    const topic = `formats-${timestampType}-${compressionType}`;
    const configs = { 'compression.type': compressionType, 'message.timestamp.type': timestampType };
    await both.createTopic(topic, { configs });
    const send = (version: number, records: Buffer, note: string) => append(both, topic, version, records, note);
    for (const compression of LEGACY_CODECS) {
      for (const magic of [0, 1] as const) {
        for (const version of [0, 1, 2]) {
          await send(version, old(ODD, { magic, compression }), `magic ${magic}, ${compression}`);
        }
        // As some clients write them: offsets that begin anywhere.
        const shifted = old(ODD, { magic, compression }, 70);
        await send(2, shifted, `magic ${magic}, ${compression}, offsets from 70`);
      }
    }
    for (const compression of COMPRESSION_TYPES) {
      await send(compression === 'zstd' ? 7 : 3, today(ODD, { compression }), `magic 2, ${compression}`);
      const headed = ODD.map((record) => ({ ...record, headers: HEADERS }));
      await send(9, today(headed, { compression }), `headers, ${compression}`);
      const none = someRecords(3, { timestamp: -1 });
      await send(9, today(none, { compression }), `no timestamps, ${compression}`);
      const half = [...someRecords(1, { timestamp: -1 }), ...someRecords(2)];
      await send(9, today(half, { compression }), `the first without a timestamp, ${compression}`);
      const first = { producerId: 10 + COMPRESSION_TYPES.indexOf(compression), producerEpoch: 2, baseSequence: 0 };
      await send(11, today(someRecords(4), { compression, ...first }), `idempotent, ${compression}`);
      await send(11, today(someRecords(4), { compression, ...first }), `idempotent, ${compression}, again`);
    }
    await compareFiles(both, topic, /\.log$/, viewLog(STORED));
    // Where limits cut depends on how well a codec's library compresses, and what is cut has no time to be masked.
    const isPlain = compressionType === 'uncompressed' && timestampType === 'CreateTime';
    const limits = isPlain ? [150, 300, 2000, LARGE] : [LARGE];
    await readEverywhere(both, topic, [0, 1, 7, 60, 121, 163, 170, 177, 190, 250], limits);
    if (timestampType === 'CreateTime') await lookUp(both, topic);
  }
}

/** Segments that are done, with their indexes and snapshots: byte by byte. */
async function files(both: Both): Promise<void> {
  const topics: readonly [string, Record<string, string>][] = [
    ['formats-files', {}],
    ['formats-files-plain', { 'compression.type': 'uncompressed' }],
    ['formats-files-preallocated', { preallocate: 'true' }],
  ];
  for (const [topic, configs] of topics) {
    await both.createTopic(topic, { configs: { ...configs, 'segment.bytes': '600', 'index.interval.bytes': '0' } });
    for (let round = 0; round < 6; round++) {
      const of = (count: number): RecordInit[] =>
        someRecords(count).map((record) => ({ ...record, timestamp: BASE_TIME_MS + ((round * 37) % 5) * 1000 }));
      const producer = { producerId: 5 + (round % 2), producerEpoch: 0, baseSequence: (round >> 1) * 3 };
      await append(both, topic, 9, today(of(2)), 'plain');
      await append(both, topic, 9, today(of(3), producer), 'idempotent');
      await append(both, topic, 2, old(of(2), { magic: 1 }), 'magic 1');
      await append(both, topic, 1, old(of(2), { magic: 0 }), 'magic 0');
      if (topic === 'formats-files-plain') {
        await append(both, topic, 9, today(of(4), { compression: 'gzip' }), 'gzip');
        await append(both, topic, 2, old(of(4), { magic: 1, compression: 'lz4' }), 'magic 1, lz4');
      }
    }
    await compareFiles(both, topic, /\.(log|snapshot|txnindex)$/, (bytes) => bytes.toString('hex'));
    const active = (side: SideName): string =>
      fs
        .readdirSync(path.join(both.world.sides[side].logDir, `${topic}-0`))
        .filter((name) => name.endsWith('.log'))
        .sort()
        .at(-1)!
        .replace('.log', '');
    // Indexes of the segment that is written to have room for more, and ours are written later.
    const done = new RegExp(`^(?!${active('ours')}).*index$`);
    await compareFiles(both, topic, done, (bytes) => bytes.toString('hex'));
    await lookUp(both, topic);
  }
}

async function windows(both: Both): Promise<void> {
  const nowMs = Date.now();
  const hour = 3_600_000;
  const topics: readonly [string, Record<string, string>][] = [
    ['before', { 'message.timestamp.before.max.ms': `${hour}` }],
    ['after', { 'message.timestamp.after.max.ms': `${hour}` }],
    ['difference', { 'message.timestamp.difference.max.ms': `${hour}` }],
    [
      'both',
      { 'message.timestamp.difference.max.ms': `${hour}`, 'message.timestamp.before.max.ms': `${1_000_000 * hour}` },
    ],
    ['zero', { 'message.timestamp.before.max.ms': '0', 'message.timestamp.after.max.ms': '0' }],
    ['append-time', { 'message.timestamp.before.max.ms': '0', 'message.timestamp.type': 'LogAppendTime' }],
    ['compact', { 'message.timestamp.before.max.ms': `${hour}`, 'cleanup.policy': 'compact' }],
    ['recompressed', { 'message.timestamp.before.max.ms': `${hour}`, 'compression.type': 'gzip' }],
  ];
  const times: readonly [string, number][] = [
    ['no time', -1],
    ['1970', 0],
    ['two hours ago', nowMs - 2 * hour],
    ['a minute ago', nowMs - 60_000],
    ['in a minute', nowMs + 60_000],
    ['in two hours', nowMs + 2 * hour],
  ];
  // The records' own offset, which the text names, is another in the old formats.
  for (const [name, configs] of topics) {
    const topic = `formats-window-${name}`;
    await both.createTopic(topic, { configs });
    for (const [when, timestamp] of times) {
      const mixed = [...someRecords(1, { timestamp: nowMs }), ...someRecords(2, { timestamp })];
      const keyless = someRecords(2, { timestamp, key: null });
      for (const version of [8, 11]) {
        await append(both, topic, version, today(mixed), when);
        await append(both, topic, version, today(mixed, { compression: 'lz4' }), `${when}, lz4`);
        await append(both, topic, version, today([...mixed, ...keyless]), `${when}, also without keys`);
        const claimed = { timestampType: 'LogAppendTime', logAppendTimeMs: timestamp } as const;
        await append(both, topic, version, today(mixed, claimed), `${when}, said to be the broker's`);
      }
      for (const compression of ['none', 'snappy'] as const) {
        await append(both, topic, 2, old(mixed, { magic: 1, compression }), `${when}, magic 1, ${compression}`);
        await append(both, topic, 1, old(mixed, { magic: 0, compression }), `${when}, magic 0, ${compression}`);
      }
    }
  }
}

async function alterBroker(both: Both, resourceName: string, settings: Record<string, string | null>): Promise<void> {
  const configs = Object.entries(settings).map(([name, value]) => ({
    name,
    configOperation: value === null ? 1 : 0,
    value,
  }));
  const resources = [{ resourceType: BROKER, resourceName, configs }];
  await both.send(IncrementalAlterConfigs, 1, { resources, validateOnly: false }, { note: JSON.stringify(settings) });
  // Until the change has come back from ZooKeeper there is no telling by which setting a record is stored.
  await new Promise((resolve) => setTimeout(resolve, 1000));
}

/** Settings of the broker count for topics without their own; old formats that are asked for are not. */
async function brokerSettings(both: Both): Promise<void> {
  const alter = (configs: Record<string, string | null>) => alterBroker(both, '0', configs);
  const topics: readonly [string, Record<string, string>][] = [
    ['formats-broker', {}],
    ['formats-broker-own', { 'compression.type': 'snappy', 'message.timestamp.type': 'CreateTime' }],
    ['formats-broker-0.9', { 'message.format.version': '0.9.0' }],
    ['formats-broker-0.10', { 'message.format.version': '0.10.2', 'compression.type': 'gzip' }],
  ];
  for (const [name, configs] of topics) await both.createTopic(name, { configs });
  const rounds: readonly Record<string, string | null>[] = [
    { 'compression.type': 'zstd', 'compression.zstd.level': '1' },
    { 'compression.type': 'zstd', 'compression.zstd.level': '19' },
    { 'compression.type': 'gzip', 'compression.gzip.level': '1' },
    { 'compression.type': 'gzip', 'compression.gzip.level': '9' },
    { 'compression.type': 'lz4', 'compression.lz4.level': '17' },
    { 'compression.type': 'uncompressed', 'log.message.timestamp.type': 'LogAppendTime' },
    { 'log.message.timestamp.type': null, 'log.message.timestamp.before.max.ms': '3600000' },
    { 'log.message.timestamp.before.max.ms': null, 'log.message.timestamp.difference.max.ms': '3600000' },
    { 'log.message.timestamp.difference.max.ms': null, 'log.message.timestamp.after.max.ms': '3600000' },
    { 'log.message.timestamp.after.max.ms': null, 'log.message.downconversion.enable': 'false' },
    {
      'log.message.downconversion.enable': null,
      'compression.type': null,
      'compression.gzip.level': null,
      'compression.lz4.level': null,
      'compression.zstd.level': null,
    },
  ];
  for (const round of rounds) {
    await alter(round);
    for (const [name] of topics) {
      await append(both, name, 9, today(someRecords(3), { compression: 'lz4' }), JSON.stringify(round));
      await append(both, name, 2, old(someRecords(3), { magic: 1 }), JSON.stringify(round));
      await append(both, name, 9, today(someRecords(1, { timestamp: 4102444800000 })), 'in 2100');
      await readEverywhere(both, name, [0]);
    }
  }
  for (const [name] of topics) await compareFiles(both, name, /\.log$/, viewLog(STORED));
}

/** Text of few words in an order without pattern: what codecs are made for. */
function prose(bytes: number): Buffer {
  const words = ['offset', 'leader', 'epoch', 'replica', 'batch', 'segment', 'index', 'follower', 'broker', 'record'];
  let state = 1;
  let written = '';
  while (written.length < bytes) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    written += `${words[(state >>> 16) % words.length]}${(state >>> 8) % 100} `;
  }
  return Buffer.from(written);
}

/** How much larger the work of one compressor may be than that of another. */
const SIMILAR = 1.1;

/** No two libraries write the same bytes, but what a level saves it saves with ours, too. */
async function levels(both: Both): Promise<void> {
  const all: readonly [codec: string, level: number][] = [
    ...[-1, 1, 4, 6, 9].map((level) => ['gzip', level] as [string, number]),
    ...[-7, 1, 3, 9, 19].map((level) => ['zstd', level] as [string, number]),
    ['snappy', 0],
    ['lz4', 9],
  ];
  const records = today([1, 2, 3].map(() => ({ timestamp: BASE_TIME_MS, value: prose(120_000) })));
  const zeros = (bytes: number): Buffer =>
    today([{ timestamp: BASE_TIME_MS, value: Buffer.alloc(bytes) }], { compression: 'gzip' });
  const [large, larger] = [zeros(6_000_000), zeros(40_000_000)];
  for (const [codec, level] of all) {
    const topic = `formats-${codec}-${level}`;
    const configs: Record<string, string> = { 'compression.type': codec };
    if (codec !== 'snappy') configs[`compression.${codec}.level`] = `${level}`;
    for (const name of [topic, `${topic}-large`]) await both.createTopic(name, { configs });
    await append(both, topic, 9, records, 'prose');
    // What takes long is done aside.
    await append(both, `${topic}-large`, 9, large, 'much from little');
    await append(both, `${topic}-large`, 9, larger, 'too much');
    const [ours, apache] = SIDES.map((side) => {
      const folder = path.join(both.world.sides[side].logDir, `${topic}-0`);
      return fs.statSync(path.join(folder, '00000000000000000000.log')).size;
    });
    both.compared++;
    if (ours! > apache! * SIMILAR) both.report(`size at ${codec} ${level}`, [`ours ${ours} bytes, Apache ${apache}`]);
  }
}

/** Where markers lie in what `transactions` writes. */
const MARKERS = [3, 10, 11];
/** LazyDownConversionRecords goes on behind the first entry, not behind the first that there is something left of. */
const REPEATED = {
  paths: ['responses[0].partitions[0].records'],
  why: 'Apache gives old readers the records that follow leading markers twice',
};

/** Transactions, for readers who know of none: markers are left out, and aborted records are there. */
async function transactions(both: Both): Promise<void> {
  const verify = (value: string | null) =>
    alterBroker(both, '', { 'transaction.partition.verification.enable': value });
  await verify('false');
  for (const compression of ['none', 'gzip', 'lz4'] as const) {
    const topic = `formats-transactions-${compression}`;
    await both.createTopic(topic);
    const sequences = new Map<number, number>();
    const write = async (producerId: number, count: number): Promise<void> => {
      const baseSequence = sequences.get(producerId) ?? 0;
      sequences.set(producerId, baseSequence + count);
      const init = { compression, producerId, producerEpoch: 0, baseSequence, isTransactional: true };
      const topicData = [{ name: topic, partitionData: [{ index: 0, records: today(someRecords(count), init) }] }];
      const request = { transactionalId: `of ${producerId}`, acks: -1, timeoutMs: 5000, topicData };
      await both.send(Produce, 11, request, { note: `${topic}: producer ${producerId}` });
    };
    const end = async (producerId: number, transactionResult: boolean): Promise<void> => {
      const topics = [{ name: topic, partitionIndexes: [0] }];
      const marker = { producerId, producerEpoch: 0, transactionResult, topics, coordinatorEpoch: 0 };
      await both.send(WriteTxnMarkers, 1, { markers: [marker] }, { note: `${topic}: end of ${producerId}` });
    };
    await write(1, 3);
    await end(1, false);
    await write(1, 2);
    await write(2, 2);
    await append(both, topic, 9, today(someRecords(2), { compression }), 'without a transaction');
    await end(2, true);
    await end(1, true);
    await write(1, 1);
    for (const fetchOffset of [0, 1, 3, 4, 7, 10, 11, 12, 13]) {
      for (const partitionMaxBytes of compression === 'none' ? [70, 200, LARGE] : [LARGE]) {
        const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes }];
        const request = { maxWaitMs: 0, minBytes: 0, maxBytes: LARGE, topics: [{ topic, partitions }] };
        for (const version of [0, 1, 2, 3]) {
          const note = `${topic} from ${fetchOffset}, ${partitionMaxBytes} bytes`;
          const options = { note, ...STORED, except: MARKERS.includes(fetchOffset) ? REPEATED : undefined };
          await both.send(Fetch, version, { ...request, forgottenTopicsData: [] }, options);
        }
      }
    }
  }
  await verify(null);
}

export const formats: readonly Scenario[] = [
  { name: 'formats: CreateTime', run: (both) => everyWay(both, 'CreateTime') },
  { name: 'formats: LogAppendTime', run: (both) => everyWay(both, 'LogAppendTime') },
  { name: 'formats: files', run: files },
  { name: 'formats: levels of codecs', run: levels },
  { name: 'formats: windows of timestamps', run: windows },
  { name: 'formats: transactions', run: transactions },
  { name: 'formats: settings of the broker', run: brokerSettings },
];
