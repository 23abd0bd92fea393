import { describeBatches } from '../testing/record-vectors';
import * as batch from './batch';

// kafkajs ships its encoders unbundled: another foreign encoder, of all that its producer sends.
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0');
const Record = require('kafkajs/src/protocol/recordBatch/record/v0');
const MessageSet = require('kafkajs/src/protocol/messageSet');
const { Types } = require('kafkajs/src/protocol/message/compression');
const Long = require('kafkajs/src/utils/long');

const FIRST_MS = 1700000000000;

describe('batches made by kafkajs', () => {
  test.each([Types.None, Types.GZIP])('magic 2, codec %d', async (compression) => {
    const records = [
      Record({ offsetDelta: 0, timestampDelta: 0, key: Buffer.from('a'), value: Buffer.from('b') }),
      Record({
        offsetDelta: 1,
        timestampDelta: 70_000_000_000,
        key: null,
        value: null,
        headers: { h: ['1', '2'], n: '' },
      }),
    ];
    const encoder = await RecordBatch({
      compression,
      firstOffset: Long.fromInt(0),
      firstTimestamp: FIRST_MS,
      maxTimestamp: FIRST_MS + 70_000_000_000,
      lastOffsetDelta: 1,
      transactional: true,
      producerId: Long.fromValue(1234567890123),
      producerEpoch: 7,
      firstSequence: 2147483647,
      records,
    });
    expect(describeBatches(encoder.buffer)).toMatchObject([
      {
        compression: compression === Types.None ? 'none' : 'gzip',
        lastOffset: 1,
        maxTimestamp: FIRST_MS + 70_000_000_000,
        producerId: 1234567890123,
        producerEpoch: 7,
        baseSequence: 2147483647,
        lastSequence: 0,
        isTransactional: true,
        recordCount: 2,
        records: [
          { offset: 0, timestamp: FIRST_MS, key: 'YQ==', value: 'Yg==', headers: [] },
          {
            offset: 1,
            timestamp: FIRST_MS + 70_000_000_000,
            key: null,
            value: null,
            headers: [
              ['h', 'MQ=='],
              ['h', 'Mg=='],
              ['n', ''],
            ],
          },
        ],
      },
    ]);
  });

  test.each([0, 1])('magic %d', (magic) => {
    const entries = [
      { key: 'k', value: 'v', timestamp: FIRST_MS },
      { key: null, value: 'w', timestamp: FIRST_MS + 1 },
    ];
    const { buffer } = MessageSet({ messageVersion: magic, compression: Types.None, entries });
    const values: (string | undefined)[] = [];
    batch.forEachBatch(buffer, (at) => {
      expect(batch.isCrcValidAt(buffer, at)).toBe(true);
      expect(batch.magicAt(buffer, at)).toBe(magic);
    });
    for (const { records } of describeBatches(buffer)) for (const { value } of records) values.push(value ?? undefined);
    expect(values).toEqual(['dg==', 'dw==']);
  });
});
