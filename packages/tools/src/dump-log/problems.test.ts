import { testIo } from '../test-io';
import { checkOffsetIndex, checkTimeIndex } from './files';
import { Problems } from './problems';

it('problems are told by file, in the order of a Scala map, gaps from the last to the first', () => {
  const { io, stderr } = testIo();
  const problems = new Problems();
  problems.gaps.add('/d/txc-0/00000000000000000000.log', '  2 is followed by 4');
  problems.gaps.add('/d/txc-0/00000000000000000000.log', '  4 is followed by 7');
  problems.notFound.add('/d/a.timeindex', 'Indexed offset: 0, found log offset: 1');
  problems.notFound.add('/d/a.timeindex', 'Indexed offset: 5, found log offset: 6');
  problems.timestampMismatches.add('/d/b.timeindex', '  Index timestamp: 0, log timestamp: 1');
  problems.print(io);
  expect(stderr().split('\n')).toEqual([
    'Found timestamp mismatch in :/d/b.timeindex',
    '  Index timestamp: 0, log timestamp: 1',
    'The following indexed offsets are not found in the log.',
    'Indexed offset: 0, found log offset: 1',
    'Indexed offset: 5, found log offset: 6',
    'Non-consecutive offsets in /d/txc-0/00000000000000000000.log',
    '  4 is followed by 7',
    '  2 is followed by 4',
    '',
  ]);
});

describe('a sanity check', () => {
  const timeEntry = (timestamp: number, offset: number): Buffer => {
    const entry = Buffer.alloc(12);
    entry.writeBigInt64BE(BigInt(timestamp));
    entry.writeInt32BE(offset, 8);
    return entry;
  };

  it('of a time index refuses room that was set aside', () => {
    const bytes = Buffer.concat([timeEntry(1_700_000_000_000, 3), timeEntry(0, 0)]);
    expect(() => checkTimeIndex('/x', bytes, 0)).toThrow(
      'Corrupt time index found, time index file (/x) has non-zero size but the last timestamp is 0 which is less than ' +
        'the first timestamp 1700000000000',
    );
    expect(() => checkTimeIndex('/x', timeEntry(5, 3), 0)).not.toThrow();
  });

  it('of either refuses a part of an entry', () => {
    const rest = Buffer.alloc(1);
    expect(() => checkTimeIndex('/x', Buffer.concat([timeEntry(5, 3), rest]), 0)).toThrow(
      'Time index file /x is corrupt, found 13 bytes which is neither positive nor a multiple of 12',
    );
    expect(() => checkOffsetIndex('/x', Buffer.alloc(9), 0)).toThrow(
      'Index file /x is corrupt, found 9 bytes which is neither positive nor a multiple of 8',
    );
  });
});
