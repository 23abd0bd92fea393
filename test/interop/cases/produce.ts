import { DeleteTopics } from '@odradek/protocol/messages/delete-topics';
import { Produce } from '@odradek/protocol/messages/produce';
import { buildBatch } from '@odradek/protocol/records/builder';
import type { Both } from '../both';
import type { Scenario } from '../main';
import { batch, legacyBatch, someRecords } from '../records';
import { readBack, TIMEOUT_MS, toPartition } from './appends';

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
  { name: 'produce: idempotent', run: idempotent },
  { name: 'produce: settings of topics', run: settings },
];
