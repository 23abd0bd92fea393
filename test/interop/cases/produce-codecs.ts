import { Produce } from '@odradek/protocol/messages/produce';
import { COMPRESSION_TYPES, updateCrc } from '@odradek/protocol/records/batch';
import type { Both } from '../both';
import type { Scenario } from '../main';
import { batch, legacyBatch, patched } from '../records';
import { readBack, toPartition } from './appends';

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

export const produceCodecs: readonly Scenario[] = [
  { name: 'produce: codecs', run: codecs },
  { name: 'produce: codecs of topics', run: topicCodecs },
];
