import { ProducerEntry } from './producer-entry';
import { CorruptSnapshotError, decodeSnapshot, encodeSnapshot, inHashOrder } from './producer-snapshot';

const ids = Array.from({ length: 20 }, (_, i) => [7000 + ((i * 37) % 20), 65_536 * i + 3, 2 ** 32 * i + 5][i % 3]!);

test('entries have the order of a HashMap in Java', () => {
  const entries = ids.map((id) => new ProducerEntry(id));
  const order = (some: ProducerEntry[], tableSize: number) =>
    inHashOrder(some, tableSize).map(({ producerId }) => producerId);
  // HashMap.keySet() of the same ids, put in the same order.
  expect(order(entries, 32)).toEqual([
    21474836485, 65539, 7011, 458755, 7013, 8589934597, 262147, 7015, 655363, 60129542149, 34359738373, 47244640261,
    851971, 1245187, 1048579, 73014444037, 7000, 7002, 7004, 7006,
  ]);
  const others = entries.filter(({ producerId }) => producerId <= 7000 || producerId >= 8000);
  // A map keeps its table when entries go.
  expect(order(others, 32)).toEqual([
    21474836485, 65539, 458755, 8589934597, 262147, 655363, 60129542149, 34359738373, 47244640261, 851971, 1245187,
    1048579, 73014444037, 7000,
  ]);
});

test('what is written is read, and damage is found', () => {
  const entry = new ProducerEntry(2 ** 40);
  entry.setEpoch(3);
  entry.add({ firstSequence: 2147483647, lastSequence: 1, firstOffset: 100, lastOffset: 102, timestamp: 5 });
  entry.lastTimestamp = 5;
  const bytes = encodeSnapshot([entry]);
  expect(decodeSnapshot(bytes)).toEqual([entry]);
  for (let at = 0; at < bytes.length; at++) {
    const damaged = Buffer.from(bytes);
    damaged[at]! ^= 0x10;
    expect(() => decodeSnapshot(damaged)).toThrow(CorruptSnapshotError);
    expect(() => decodeSnapshot(bytes.subarray(0, at))).toThrow(CorruptSnapshotError);
  }
});
