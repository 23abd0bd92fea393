import fc from 'fast-check';
import { BufferPool } from './buffer-pool';
import { FrameReader, InvalidFrameSizeError, type ReceiveMemory } from './frames';

const framed = (body: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
};

const patterned = (length: number, seed: number): Buffer =>
  Buffer.from(Uint8Array.from({ length }, (_, i) => i * 7 + seed));

const makeMemory = (stagingBytes: number): ReceiveMemory => ({
  staging: Buffer.alloc(stagingBytes),
  pool: new BufferPool(),
});

/** Feeds `stream` in reads of at most `readBytes` each, as a socket would; `take` says how many frames each read may handle. */
function feed(reader: FrameReader, stream: Buffer, readBytes: () => number, mayTake = (): boolean => true): Buffer[] {
  const frames: Buffer[] = [];
  const drain = (): void => {
    while (mayTake()) {
      const frame = reader.next();
      if (!frame) break;
      frames.push(Buffer.from(frame.buffer.subarray(frame.start, frame.end)));
    }
    reader.settle(() => true);
  };
  let target = reader.target();
  for (let at = 0; at < stream.length; ) {
    const bytes = Math.min(readBytes(), target.length, stream.length - at);
    stream.copy(target, 0, at, at + bytes);
    at += bytes;
    reader.received(bytes);
    drain();
    target = reader.target();
  }
  for (let before = -1; before !== reader.backlogBytes; ) {
    before = reader.backlogBytes;
    drain();
  }
  return frames;
}

describe('frame reader', () => {
  const bodies = [patterned(1, 1), patterned(10, 2), patterned(100, 3), patterned(3, 4)];
  const stream = Buffer.concat(bodies.map(framed));

  test('finds the frames at every split into two reads', () => {
    for (let split = 1; split < stream.length; split++) {
      const reads = [split, stream.length - split];
      const memory = makeMemory(256);
      const frames = feed(new FrameReader(memory, 1000), stream, () => reads.shift() ?? stream.length);
      expect(frames).toEqual(bodies);
    }
  });

  test('finds the frames byte by byte', () => {
    expect(feed(new FrameReader(makeMemory(256), 1000), stream, () => 1)).toEqual(bodies);
  });

  test('any frames in any reads, with any held up in between, come out as they went in, and no memory stays', () => {
    const bodyBytes = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 60_000, max: 700_000 }));
    fc.assert(
      fc.property(
        fc.array(bodyBytes, { minLength: 1, maxLength: 12 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 100_000 })),
        fc.infiniteStream(fc.boolean()),
        (sizes, reads, held) => {
          const expected = sizes.map((size, index) => patterned(size, index));
          const memory = makeMemory(4096);
          const reader = new FrameReader(memory, 1_000_000);
          let last = false;
          // Whoever is held up twice in a row is let through, or the test would never end.
          const mayTake = (): boolean => {
            last = !(last && held.next().value === false) || !last;
            return last;
          };
          const frames = feed(reader, Buffer.concat(expected.map(framed)), () => reads.next().value!, mayTake);
          for (;;) {
            const frame = reader.next();
            if (!frame) break;
            frames.push(Buffer.from(frame.buffer.subarray(frame.start, frame.end)));
            reader.settle(() => true);
          }
          expect(frames.length).toBe(expected.length);
          for (const [index, frame] of frames.entries()) expect(frame.equals(expected[index]!)).toBe(true);
          reader.settle(() => true);
          expect(memory.pool.takenBytes).toBe(0);
        },
      ),
      { numRuns: 60, seed: 7 },
    );
  });

  test.each([0, -1, -2147483648, 1001, 2147483647])(
    'a frame of %d bytes is refused before anything is taken for it',
    (size) => {
      const memory = makeMemory(256);
      const reader = new FrameReader(memory, 1000);
      const stream = Buffer.alloc(8);
      stream.writeInt32BE(size);
      expect(() => feed(reader, stream, () => 8)).toThrow(InvalidFrameSizeError);
      expect(memory.pool.takenBytes).toBe(0);
    },
  );

  test('a claimed length takes memory only as its bytes arrive', () => {
    const memory = makeMemory(256);
    const reader = new FrameReader(memory, 100_000_000);
    const stream = Buffer.alloc(20);
    stream.writeInt32BE(99_000_000);
    feed(reader, stream, () => 20);
    expect(memory.pool.takenBytes).toBe(64 * 1024);
    reader.close();
    expect(memory.pool.takenBytes).toBe(0);
  });

  test('where memory is refused, only what has come is held', () => {
    const memory = makeMemory(64 * 1024);
    const reader = new FrameReader(memory, 1_000_000);
    const stream = framed(patterned(500_000, 0));
    stream.copy(reader.target(), 0, 0, 10_000);
    reader.received(10_000);
    expect(reader.next()).toBeNull();
    const asked: number[] = [];
    reader.settle((bytes) => {
      asked.push(bytes);
      return false;
    });
    expect(asked).toEqual([500_004]);
    expect(memory.pool.takenBytes).toBe(64 * 1024);
    reader.close();
    expect(memory.pool.takenBytes).toBe(0);
  });

  test('a kept frame outlives what is read after it, in staging and in a buffer of its own', () => {
    for (const bodyBytes of [50, 50_000]) {
      const memory = makeMemory(8192);
      const reader = new FrameReader(memory, 1_000_000);
      const body = patterned(bodyBytes, 3);
      const stream = framed(body);
      let kept: ReturnType<FrameReader['keep']> | null = null;
      for (let at = 0; at < stream.length; ) {
        const target = reader.target();
        const bytes = stream.copy(target, 0, at);
        at += bytes;
        reader.received(bytes);
        if (reader.next()) kept = reader.keep();
        reader.settle(() => true);
      }
      feed(reader, framed(patterned(60_000, 9)), () => 8192);
      expect(kept!.buffer.subarray(kept!.start, kept!.end).equals(body)).toBe(true);
      kept!.release();
      expect(memory.pool.takenBytes).toBe(0);
    }
  });
});
