import { setLastOffset } from '@odradek/protocol/records/batch';
import { ManualClock } from '../env/testing/clock';
import { MemoryDisk } from '../env/testing/memory-disk';
import { findBatch } from './batch-search';
import { FilePool } from './file-pool';
import { Segment } from './segment';
import { batch } from './testing/fixture';

const certain = (position: number) => ({ position, isCertain: true });
const told = (position: number) => ({ position, isCertain: false });

/** A segment of batches of three records each, and where they lie. */
function segmentOf(recordBytes: number) {
  const options = { folder: '', baseOffset: 0, segmentIndexBytes: 4096, rollJitterMs: 0 };
  const segment = Segment.create(new FilePool(new MemoryDisk()), new ManualClock(0), options);
  const places = Array.from({ length: 20 }, (_, n) => {
    const place = { baseOffset: n * 3, position: segment.size };
    const records = batch(3, { bytes: recordBytes });
    setLastOffset(records, 0, n * 3 + 2);
    segment.append(records, n * 3, n * 3 + 2, 4096);
    return { ...place, size: records.length };
  });
  return { segment, places };
}

test.each([10, 5000])('a batch is found from wherever a search begins before it (records of %d bytes)', (bytes) => {
  const { segment, places } = segmentOf(bytes);
  for (const from of [places[0]!, places[7]!]) {
    for (const place of places.filter(({ position }) => position >= from.position)) {
      for (const offset of [place.baseOffset, place.baseOffset + 2]) {
        expect(findBatch(segment, offset, told(from.position))).toEqual(place);
        expect(findBatch(segment, offset, certain(from.position))).toEqual(place);
      }
    }
  }
  expect(findBatch(segment, 60, told(0))).toBeNull();
});

test('an index that leads behind the offset, into a batch, or beyond the end leads nobody astray', () => {
  const { segment, places } = segmentOf(5000);
  const place = places[4]!;
  for (const wrong of [places[9]!.position, places[2]!.position + 1000, segment.size - 10, segment.size + 1000]) {
    expect(findBatch(segment, 12, told(wrong))).toEqual(place);
  }
});

test('of large batches no more is read than it takes to find one', () => {
  const { segment, places } = segmentOf(5000);
  const read = jest.spyOn(segment.file, 'read');
  findBatch(segment, places[6]!.baseOffset, told(places[5]!.position));
  expect(read.mock.calls.map(([target]) => target.length)).toEqual([8192, 61]);
});
