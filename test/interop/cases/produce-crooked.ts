import { Produce } from '@odradek/protocol/messages/produce';
import { updateCrc } from '@odradek/protocol/records/batch';
import { buildBatch } from '@odradek/protocol/records/builder';
import { buildEndTxnBatch } from '@odradek/protocol/records/control';
import type { Both } from '../both';
import type { Scenario } from '../main';
import { BASE_TIME_MS, batch, legacyBatch, patched, someRecords } from '../records';
import { readBack, toPartition } from './appends';

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

export const produceCrooked: readonly Scenario[] = [{ name: 'produce: crooked records', run: crooked }];
