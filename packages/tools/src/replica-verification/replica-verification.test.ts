import { buildBatch } from '@odradek/protocol/records/builder';
import { exitCodeOf } from '../run-tool';
import { testIo } from '../test-io';
import { replicaVerification } from './command';
import { type FetchedReplica, greatestLag, OffsetMismatch, verifyPartition } from './verification';

const batch = (baseOffset: number, ...values: string[]): Buffer =>
  buildBatch({ baseOffset, records: values.map((value) => ({ value: Buffer.from(value), timestamp: 1 })) });

const replica = (broker: number, highWatermark: number, ...batches: Buffer[]): FetchedReplica => ({
  broker,
  highWatermark,
  records: Buffer.concat(batches),
});

/** Where the partition's offset is afterwards, and what was told. */
function verified(...replicas: FetchedReplica[]): [number, ...string[]] {
  const partition = { topic: 't', partition: 0, offset: 5 };
  const told: string[] = [];
  verifyPartition(partition, replicas, (difference) => told.push(difference));
  return [partition.offset, ...told];
}

const first = batch(5, 'a', 'b');
const second = batch(7, 'c');

describe('the comparison of a partition', () => {
  it('goes on behind what all replicas hold', () => {
    expect(verified(replica(0, 8, first, second), replica(1, 8, first, second))).toEqual([8]);
    expect(verified(replica(0, 8, first, second), replica(1, 8, first))).toEqual([7]);
    expect(verified(replica(0, 8, first, second), replica(1, -1))).toEqual([5]);
  });

  it('leaves out what is beyond the high watermark, and batches that are cut', () => {
    expect(verified(replica(0, 7, first, second), replica(1, 7, first, batch(7, 'x')))).toEqual([7]);
    expect(verified(replica(0, 8, first, second), replica(1, 8, first, second.subarray(0, -1)))).toEqual([7]);
  });

  it('tells of other checksums and goes on', () => {
    const other = batch(5, 'a', 'B');
    const [a, b] = [first.readUInt32BE(17), other.readUInt32BE(17)];
    expect(verified(replica(0, 8, first, second), replica(2, 8, other, second))).toEqual([
      8,
      `partition t-0 has unmatched checksum at offset 6; replica 0's checksum ${a}; replica 2's checksum ${b}`,
    ]);
  });

  it('ends where the offsets are others', () => {
    const compare = () => verified(replica(0, 8, first, second), replica(2, 8, batch(5, 'a'), second));
    expect(compare).toThrow(OffsetMismatch);
    expect(compare).toThrow("partition t-0: replica 0's offset 6 doesn't match replica 2's offset 5");
  });

  it('names the replica whose bytes are no records', () => {
    const broken = Buffer.from(first);
    broken.writeInt32BE(3, 8);
    expect(() => verified(replica(0, 8, first), replica(1, 8, broken))).toThrow(
      'Error in processing replica 1 in partition t-0 at offset 5',
    );
  });
});

it('reports the first of the partitions that are most behind', () => {
  const partitions = [3, 1, 1].map((offset, partition) => ({ topic: 't', partition, offset }));
  const replicas = [replica(0, 4), replica(1, 6)];
  expect(greatestLag(partitions, () => replicas)).toEqual({ lag: 5, partition: 't-1', offset: 1 });
  expect(greatestLag(partitions, () => [replica(0, -1)])).toEqual({ lag: -1, partition: 'null', offset: -1 });
});

it.each([
  [[], 'Validate that all replicas for a set of topics have the same data.'],
  [['--topics-include', 'x'], 'Missing required argument "[broker-list]"'],
  [
    ['--broker-list', 'x', '--topic-white-list', 'a', '--topics-include', 'b'],
    `Option "[topics-include]" can't be used with option "[topic-white-list]"`,
  ],
  [['--broker-list', 'x'], 'Please provide valid host:port like host1:9091,host2:9092'],
  [['--broker-list', ' '], 'Error while validating the bootstrap address'],
])('%j is refused, below a warning', async (argv, line) => {
  const { io, stderr } = testIo();
  expect(await exitCodeOf(replicaVerification, argv, io)).toBe(1);
  expect(stderr().split('\n').slice(0, 2)).toEqual([
    expect.stringMatching(/WARN This tool is deprecated and may be removed in a future major release\./),
    line,
  ]);
});
