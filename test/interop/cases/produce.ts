import { DeleteTopics } from '@odradek/protocol/messages/delete-topics';
import { Fetch } from '@odradek/protocol/messages/fetch';
import { Produce } from '@odradek/protocol/messages/produce';
import { COMPRESSION_TYPES, updateCrc } from '@odradek/protocol/records/batch';
import { buildBatch } from '@odradek/protocol/records/builder';
import { buildEndTxnBatch } from '@odradek/protocol/records/control';
import type { Both, SendOptions } from '../both';
import type { Scenario } from '../main';
import { BASE_TIME_MS, batch, legacyBatch, patched, someRecords } from '../records';

const TIMEOUT_MS = 5000;

function toPartition(
  name: string,
  records: Buffer | null,
  {
    acks = 1,
    index = 0,
    transactionalId = null,
  }: { acks?: number; index?: number; transactionalId?: string | null } = {},
) {
  return {
    ...(transactionalId !== null && { transactionalId }),
    acks,
    timeoutMs: TIMEOUT_MS,
    topicData: [{ name, partitionData: [{ index, records }] }],
  };
}

/** What is stored, from the log's start on. */
async function readBack(both: Both, topic: string, options: SendOptions = {}, partition = 0): Promise<void> {
  const wish = { partition, fetchOffset: 0, partitionMaxBytes: 1 << 24 };
  const request = {
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 1 << 24,
    topics: [{ topic, partitions: [wish] }],
    forgottenTopicsData: [],
  };
  await both.send(Fetch, 11, request, { note: `what ${topic} holds`, ...options });
}

async function versions(both: Both): Promise<void> {
  await both.createTopic('produce-versions', { partitions: 2 });
  for (const acks of [1, -1]) {
    await both.sendEvery(
      Produce,
      (version) =>
        toPartition('produce-versions', version < 3 ? legacyBatch(2, { magic: version < 2 ? 0 : 1 }) : batch(3), {
          acks,
        }),
      { note: `acks ${acks}` },
    );
  }
  await both.sendEvery(Produce, () => toPartition('produce-versions', batch(1), { acks: 2 }), { note: 'acks 2' });
  await both.sendEvery(Produce, () => toPartition('produce-versions', batch(1), { acks: -2 }), { note: 'acks -2' });
  // Null records are left out: Apache's broker never answers them, and the connection hangs.
  await both.sendEvery(Produce, () => toPartition('produce-versions', Buffer.alloc(0)), { note: 'empty records' });
  await both.sendEvery(Produce, () => toPartition('produce-versions', Buffer.alloc(10)), { note: 'ten zeros' });
  await both.sendEvery(Produce, () => toPartition('produce-versions', batch(2).subarray(0, 70)), {
    note: 'half a batch',
  });
  await both.sendEvery(
    Produce,
    () => toPartition('produce-versions', Buffer.concat([batch(1), batch(1).subarray(0, 30)])),
    { note: 'a batch and a part' },
  );
  await both.sendEvery(Produce, () => toPartition('produce-versions', Buffer.concat([batch(1), batch(2)])), {
    note: 'two batches',
  });
  await both.sendEvery(Produce, () => toPartition('produce-nowhere', batch(1)), { note: 'unknown topic' });
  await both.sendEvery(Produce, () => toPartition('produce-versions', batch(1), { index: 2 }), {
    note: 'unknown partition',
  });
  await both.sendEvery(Produce, () => toPartition('produce-versions', batch(1), { index: -1 }), {
    note: 'partition -1',
  });
  await both.sendEvery(Produce, () => ({ acks: 1, timeoutMs: TIMEOUT_MS, topicData: [] }), { note: 'nothing' });
  await both.sendEvery(
    Produce,
    () => ({ acks: 1, timeoutMs: TIMEOUT_MS, topicData: [{ name: 'produce-versions', partitionData: [] }] }),
    { note: 'no partitions' },
  );
  await both.sendEvery(
    Produce,
    (version) => toPartition('produce-versions', version < 3 ? batch(1) : legacyBatch(1, { magic: 1 })),
    { note: 'format of another time' },
  );
  await both.sendEvery(Produce, () => toPartition('produce-versions', legacyBatch(2, { magic: 0 })), {
    note: 'magic 0',
  });
  const several = (good: Buffer) => ({
    acks: -1,
    timeoutMs: TIMEOUT_MS,
    topicData: [
      {
        name: 'produce-versions',
        partitionData: [
          { index: 0, records: good },
          { index: 7, records: good },
          { index: 1, records: good },
        ],
      },
      { name: 'produce-none', partitionData: [{ index: 0, records: good }] },
    ],
  });
  await both.sendEvery(Produce, (version) => several(version < 3 ? legacyBatch(1, { magic: 1 }) : batch(1)), {
    note: 'several',
  });
  await both.send(
    Produce,
    9,
    {
      acks: 1,
      timeoutMs: TIMEOUT_MS,
      topicData: [
        {
          name: 'produce-versions',
          partitionData: [
            { index: 0, records: batch(1) },
            { index: 0, records: batch(2) },
          ],
        },
      ],
    },
    { note: 'one partition twice' },
  );
  await readBack(both, 'produce-versions');
  await readBack(both, 'produce-versions', {}, 1);
}

async function silent(both: Both): Promise<void> {
  await both.createTopic('produce-silent');
  for (let version = 0; version <= 11; version++) {
    const good = version < 3 ? legacyBatch(1, { magic: 1 }) : batch(1);
    await both.sendUnanswered(Produce, version, toPartition('produce-silent', good, { acks: 0 }), 'good');
    await both.sendUnanswered(Produce, version, toPartition('produce-nowhere', good, { acks: 0 }), 'unknown topic');
  }
  const forged = buildBatch({
    records: someRecords(1),
    isTransactional: true,
    producerId: 4,
    producerEpoch: 0,
    baseSequence: 0,
  });
  await both.sendUnanswered(
    Produce,
    8,
    toPartition('produce-silent', forged, { acks: 0 }),
    'transactional without an id',
  );
  await readBack(both, 'produce-silent');
}

async function codecs(both: Both): Promise<void> {
  await both.createTopic('produce-codecs');
  for (const compression of COMPRESSION_TYPES) {
    await both.sendEvery(
      Produce,
      () => toPartition('produce-codecs', batch(5, { compression })),
      { note: compression },
      { from: 3, to: 11 },
    );
    if (compression === 'zstd') continue;
    for (const magic of [0, 1] as const) {
      await both.sendEvery(
        Produce,
        () => toPartition('produce-codecs', legacyBatch(3, { magic, compression })),
        { note: `${compression}, magic ${magic}` },
        { from: 0, to: 3 },
      );
    }
  }
  await readBack(both, 'produce-codecs', { recompressed: true });
  for (const compression of COMPRESSION_TYPES) {
    const good = batch(5, { compression });
    const cut = patched(good.subarray(0, good.length - 4), (copy) => {
      copy.writeInt32BE(copy.length - 12, 8);
      updateCrc(copy, 0);
    });
    await both.send(Produce, 9, toPartition('produce-codecs', cut), { note: `${compression}, cut` });
    const broken = patched(good, (copy) => {
      copy.fill(0xee, 61);
      updateCrc(copy, 0);
    });
    await both.send(Produce, 9, toPartition('produce-codecs', broken), { note: `${compression}, broken` });
  }
  for (const codec of [5, 6, 7]) {
    const unknown = patched(batch(2), (copy) => {
      copy.writeInt16BE(codec, 21);
      updateCrc(copy, 0);
    });
    await both.send(Produce, 9, toPartition('produce-codecs', unknown), { note: `codec ${codec}` });
  }
}

/** Topics that store in a codec of their own: what is stored is read back. */
async function topicCodecs(both: Both): Promise<void> {
  for (const codec of ['uncompressed', 'gzip', 'snappy', 'lz4', 'zstd']) {
    const topic = `produce-to-${codec}`;
    await both.createTopic(topic, { configs: { 'compression.type': codec } });
    for (const compression of COMPRESSION_TYPES) {
      await both.send(Produce, 9, toPartition(topic, batch(4, { compression })), {
        note: `${compression} to ${codec}`,
      });
    }
    await both.send(Produce, 2, toPartition(topic, legacyBatch(3, { magic: 1, compression: 'gzip' })), {
      note: `magic 1 to ${codec}`,
    });
    await both.send(Produce, 1, toPartition(topic, legacyBatch(3, { magic: 0 })), { note: `magic 0 to ${codec}` });
    await both.send(
      Produce,
      9,
      toPartition(topic, batch(2, { producerId: 77, producerEpoch: 1, baseSequence: 0, compression: 'lz4' })),
      { note: `idempotent to ${codec}` },
    );
    await readBack(both, topic, { recompressed: true });
  }
}

async function crooked(both: Both): Promise<void> {
  await both.createTopic('produce-crooked');
  const withCrc = (change: (copy: Buffer) => void, records = batch(3)) =>
    patched(records, (copy) => {
      change(copy);
      updateCrc(copy, 0);
    });
  const bad: readonly [string, Buffer][] = [
    ['wrong CRC', patched(batch(3), (copy) => copy.writeUInt32BE(7, 17))],
    ['count too large', withCrc((copy) => copy.writeInt32BE(4, 57))],
    ['count too small', withCrc((copy) => copy.writeInt32BE(2, 57))],
    ['count 0', withCrc((copy) => copy.writeInt32BE(0, 57))],
    ['count -1', withCrc((copy) => copy.writeInt32BE(-1, 57))],
    ['last offset delta too large', withCrc((copy) => copy.writeInt32BE(5, 23))],
    ['last offset delta too small', withCrc((copy) => copy.writeInt32BE(1, 23))],
    ['last offset delta -1', withCrc((copy) => copy.writeInt32BE(-1, 23))],
    ['length too small', withCrc((copy) => copy.writeInt32BE(40, 8))],
    ['length 0', patched(batch(3), (copy) => copy.writeInt32BE(0, 8))],
    ['length -1', patched(batch(3), (copy) => copy.writeInt32BE(-1, 8))],
    ['length beyond', patched(batch(3), (copy) => copy.writeInt32BE(5000, 8))],
    ['magic 3', withCrc((copy) => copy.writeInt8(3, 16))],
    ['magic -1', withCrc((copy) => copy.writeInt8(-1, 16))],
    ['base offset 100', withCrc((copy) => copy.writeBigInt64BE(100n, 0))],
    ['base offset -1', withCrc((copy) => copy.writeBigInt64BE(-1n, 0))],
    ['LogAppendTime', withCrc((copy) => copy.writeInt16BE(8, 21))],
    ['control batch', withCrc((copy) => copy.writeInt16BE(0x20, 21))],
    ['delete horizon', withCrc((copy) => copy.writeInt16BE(0x40, 21))],
    ['unknown attributes', withCrc((copy) => copy.writeInt16BE(0x700, 21))],
    ['max timestamp too small', withCrc((copy) => copy.writeBigInt64BE(BigInt(BASE_TIME_MS), 35))],
    ['max timestamp too large', withCrc((copy) => copy.writeBigInt64BE(BigInt(BASE_TIME_MS + 99999), 35))],
    ['record attributes', withCrc((copy) => copy.writeInt8(1, 62))],
    ['record length too large', withCrc((copy) => copy.writeInt8(100, 61))],
    ['record length too small', withCrc((copy) => copy.writeInt8(6, 61))],
    ['record length -1', withCrc((copy) => copy.writeInt8(1, 61))],
    [
      'bytes behind the records',
      withCrc((copy) => copy.writeInt32BE(copy.length - 12, 8), Buffer.concat([batch(3), Buffer.alloc(3)])),
    ],
    ['partition leader epoch 9', patched(batch(3), (copy) => copy.writeInt32BE(9, 12))],
    [
      'offset deltas not in order',
      buildBatch({ records: someRecords(3).map((record, index) => ({ ...record, offset: index * 2 })) }),
    ],
    ['producer id without epoch', batch(3, { producerId: 9 })],
    ['producer id without sequence', batch(3, { producerId: 9, producerEpoch: 0 })],
    ['epoch without id', batch(3, { producerEpoch: 3, baseSequence: 2 })],
    [
      'end of a transaction',
      buildEndTxnBatch({
        type: 'COMMIT',
        coordinatorEpoch: 0,
        producerId: 9,
        producerEpoch: 0,
        timestamp: BASE_TIME_MS,
      }),
    ],
    ['null key and value', buildBatch({ records: [{ timestamp: BASE_TIME_MS, key: null, value: null }] })],
    [
      'headers',
      buildBatch({
        records: [
          {
            timestamp: BASE_TIME_MS,
            value: Buffer.from('v'),
            headers: [
              { key: 'a', value: Buffer.from('1') },
              { key: 'b', value: null },
            ],
          },
        ],
      }),
    ],
    ['timestamp -1', buildBatch({ records: [{ timestamp: -1, value: Buffer.from('v') }] })],
    ['timestamp -5', buildBatch({ records: [{ timestamp: -5, value: Buffer.from('v') }] })],
    ['timestamp 0', buildBatch({ records: [{ timestamp: 0, value: Buffer.from('v') }] })],
    ['timestamp of the year 2100', buildBatch({ records: [{ timestamp: 4102444800000, value: Buffer.from('v') }] })],
  ];
  for (const [note, records] of bad) {
    // Ours says what is wrong with a batch too short for its header; Kafka says it for shorter ones only.
    const except =
      note === 'length too small'
        ? { paths: ['responses[0].partitionResponses[0].errorMessage'], why: 'a text where Kafka has none' }
        : undefined;
    for (const version of [3, 7, 9, 11])
      await both.send(Produce, version, toPartition('produce-crooked', records), { note, except });
    await both.send(Produce, 2, toPartition('produce-crooked', records), { note });
  }
  const legacy: readonly [string, Buffer][] = [
    ['wrong CRC', patched(legacyBatch(1, { magic: 1 }), (copy) => copy.writeUInt32BE(7, 12))],
    ['magic 0, wrong CRC', patched(legacyBatch(1, { magic: 0 }), (copy) => copy.writeUInt32BE(7, 12))],
    ['second of two cut', legacyBatch(2, { magic: 1 }).subarray(0, 50)],
    ['mixed formats', Buffer.concat([legacyBatch(1, { magic: 0 }), legacyBatch(1, { magic: 1 })])],
    [
      'mixed codecs',
      Buffer.concat([
        legacyBatch(2, { magic: 1, compression: 'gzip' }),
        legacyBatch(1, { magic: 1 }),
        legacyBatch(2, { magic: 1, compression: 'snappy' }),
      ]),
    ],
  ];
  for (const [note, records] of legacy) {
    for (const version of [0, 1, 2])
      await both.send(Produce, version, toPartition('produce-crooked', records), { note: `legacy: ${note}` });
  }
  await readBack(both, 'produce-crooked');
}

async function idempotent(both: Both): Promise<void> {
  await both.createTopic('produce-idempotent');
  const from = (producerId: number, producerEpoch: number, baseSequence: number, count = 2) =>
    toPartition('produce-idempotent', batch(count, { producerId, producerEpoch, baseSequence }), { acks: -1 });
  const steps: readonly [string, ReturnType<typeof from>][] = [
    ['first', from(1000, 0, 0)],
    ['duplicate', from(1000, 0, 0)],
    ['next', from(1000, 0, 2, 3)],
    ['duplicate of the last', from(1000, 0, 2, 3)],
    ['duplicate of the one before', from(1000, 0, 0)],
    ['gap', from(1000, 0, 7)],
    ['overlap', from(1000, 0, 4)],
    ['shorter duplicate', from(1000, 0, 2, 2)],
    ['new epoch not from 0', from(1000, 1, 5)],
    ['new epoch', from(1000, 1, 0)],
    ['old epoch', from(1000, 0, 5)],
    ['far epoch', from(1000, 30000, 0)],
    ['new producer not from 0', from(1001, 0, 5)],
    ['goes on', from(1001, 0, 7)],
    ['goes back', from(1001, 0, 0)],
    ['up to the last sequence', from(1002, 0, 2147483646)],
    ['wraps', from(1002, 0, 0)],
    ['over the end', from(1003, 0, 2147483647, 3)],
    ['after the wrap', from(1003, 0, 2)],
    ['negative epoch', from(1004, -2, 0)],
    ['negative sequence', from(1004, 0, -2)],
  ];
  for (const [note, request] of steps) {
    await both.send(Produce, 9, request, { note });
  }
  for (let sequence = 0; sequence < 7; sequence++)
    await both.send(Produce, 8, from(1005, 0, sequence, 1), { note: `sequence ${sequence}` });
  for (let sequence = 0; sequence < 7; sequence++)
    await both.send(Produce, 8, from(1005, 0, sequence, 1), { note: `again ${sequence}` });
  for (const version of [3, 4, 5, 6, 7, 8, 9, 10, 11]) {
    await both.send(Produce, version, from(1006, 0, 5), { note: 'first not from 0' });
    await both.send(Produce, version, from(1006, 0, 90), { note: 'gap' });
  }
  const transactional = batch(1, { producerId: 2000, producerEpoch: 0, baseSequence: 0, isTransactional: true });
  await both.sendEvery(
    Produce,
    () => toPartition('produce-idempotent', transactional),
    { note: 'transactional without an id' },
    { from: 3, to: 11 },
  );
  await both.sendEvery(
    Produce,
    () => toPartition('produce-idempotent', batch(1), { transactionalId: 'tx' }),
    { note: 'an id without a transaction' },
    { from: 3, to: 11 },
  );
  await readBack(both, 'produce-idempotent');
}

async function settings(both: Both): Promise<void> {
  const make = (name: string, configs: Record<string, string>) => both.createTopic(`produce-${name}`, { configs });
  await make('small', { 'max.message.bytes': '200' });
  await make('compact', { 'cleanup.policy': 'compact' });
  await make('append-time', { 'message.timestamp.type': 'LogAppendTime' });
  await make('window', { 'message.timestamp.before.max.ms': '1000', 'message.timestamp.after.max.ms': '1000' });
  await make('segments', { 'segment.bytes': '300' });
  await make('difference', { 'message.timestamp.difference.max.ms': '60000' });
  const keyless = { key: null };
  for (const version of [2, 3, 5, 8, 9, 11]) {
    const old = version < 3;
    const send = (note: string, topic: string, records: Buffer) =>
      both.send(Produce, version, toPartition(`produce-${topic}`, records), { note: `${topic}: ${note}` });
    await send('fits', 'small', old ? legacyBatch(1, { magic: 1 }) : batch(1));
    await send('too large', 'small', old ? legacyBatch(1, { magic: 1 }) : batch(30));
    await send('too large, compressed', 'small', batch(200, { compression: 'gzip' }));
    await send('with key', 'compact', old ? legacyBatch(1, { magic: 1 }) : batch(2));
    await send('without key', 'compact', batch(3, {}, keyless));
    await send('without key, compressed', 'compact', batch(3, { compression: 'lz4' }, keyless));
    await send(
      'second without key',
      'compact',
      buildBatch({ records: [...someRecords(1), ...someRecords(1, keyless)] }),
    );
    await send('any', 'append-time', old ? legacyBatch(2, { magic: 1 }) : batch(3));
    await send('compressed', 'append-time', batch(3, { compression: 'snappy' }));
    await send('long ago', 'window', old ? legacyBatch(1, { magic: 1 }) : batch(2));
    await send('long ago, compressed', 'window', batch(2, { compression: 'gzip' }));
    await send('in 2100', 'window', batch(1, {}, { timestamp: 4102444800000 }));
    await send('none', 'window', batch(1, {}, { timestamp: -1 }));
    await send('long ago', 'difference', batch(1));
    await send('fits', 'segments', batch(2));
    await send('larger than a segment', 'segments', batch(20));
  }
  for (const name of ['small', 'compact', 'window', 'segments', 'difference']) await readBack(both, `produce-${name}`);
  await readBack(both, 'produce-append-time', { recompressed: true });
  for (const clientId of ['interop', '__admin_client']) {
    await both.createTopic('__transaction_state');
    await both.send(Produce, 9, toPartition('__transaction_state', batch(1, {}, keyless)), {
      note: `internal topic from ${clientId}`,
      clientId,
    });
  }
  // Whoever coordinates transactions counts on more partitions than this one.
  const topics = [{ name: '__transaction_state' }];
  await both.send(DeleteTopics, 6, { topics, timeoutMs: TIMEOUT_MS }, { note: 'internal topic' });
}

export const produce: readonly Scenario[] = [
  { name: 'produce: versions', run: versions },
  { name: 'produce: acks 0', run: silent },
  { name: 'produce: codecs', run: codecs },
  { name: 'produce: codecs of topics', run: topicCodecs },
  { name: 'produce: crooked records', run: crooked },
  { name: 'produce: idempotent', run: idempotent },
  { name: 'produce: settings of topics', run: settings },
];
