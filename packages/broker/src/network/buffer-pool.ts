const MIN_CLASS_BITS = 16;
const MAX_CLASS_BITS = 24;
/** Below this, memory comes from the allocator: it needs no page faults there. */
const MIN_POOLED_BYTES = 8 * 1024;
const DEFAULT_MAX_FREE_BYTES = 32 * 1024 * 1024;

/** Memory taken from a pool. It belongs to the taker until `release`, which must be called exactly once. */
export interface PooledBuffer {
  /** At least as large as was asked for; its content is whatever was there. */
  readonly bytes: Buffer;
  release(): void;
}

class Plain implements PooledBuffer {
  constructor(readonly bytes: Buffer) {}
  release(): void {}
}

/** Too large to be kept, but counted while it is out. */
class Large implements PooledBuffer {
  constructor(
    readonly bytes: Buffer,
    private readonly released: (bytes: number) => void,
  ) {}

  release(): void {
    this.released(this.bytes.length);
  }
}

class Pooled implements PooledBuffer {
  taken = true;

  constructor(
    readonly bytes: Buffer,
    private readonly giveBack: (buffer: Pooled) => void,
  ) {}

  release(): void {
    if (!this.taken) throw new Error('pooled buffer released twice');
    this.taken = false;
    this.giveBack(this);
  }
}

/**
 * Recycles buffers of 64 KB to 16 MB in classes of powers of two. A fresh buffer of 1 MB costs 700 µs of page faults, a
 * recycled one none (docs/network.md). Larger ones are plain allocations; what lies free is bounded.
 */
export class BufferPool {
  private readonly free: Pooled[][] = Array.from({ length: MAX_CLASS_BITS - MIN_CLASS_BITS + 1 }, () => []);
  private free_ = 0;
  private taken_ = 0;
  private readonly released = (bytes: number): void => {
    this.taken_ -= bytes;
  };
  private readonly giveBack = (buffer: Pooled): void => this.put(buffer);

  constructor(private readonly maxFreeBytes = DEFAULT_MAX_FREE_BYTES) {}

  /** Bytes that lie ready to be taken. */
  get freeBytes(): number {
    return this.free_;
  }

  /** Bytes that are out, but for small ones: what a leak would show in. */
  get takenBytes(): number {
    return this.taken_;
  }

  /** A buffer of at least `minimumBytes`. */
  take(minimumBytes: number): PooledBuffer {
    if (minimumBytes < MIN_POOLED_BYTES) return new Plain(Buffer.allocUnsafe(minimumBytes));
    if (minimumBytes > 1 << MAX_CLASS_BITS) {
      this.taken_ += minimumBytes;
      return new Large(Buffer.allocUnsafeSlow(minimumBytes), this.released);
    }
    const bits = Math.max(MIN_CLASS_BITS, 32 - Math.clz32(minimumBytes - 1));
    const bytes = 1 << bits;
    this.taken_ += bytes;
    const known = this.free[bits - MIN_CLASS_BITS]!.pop();
    if (!known) return new Pooled(Buffer.allocUnsafeSlow(bytes), this.giveBack);
    this.free_ -= bytes;
    known.taken = true;
    return known;
  }

  private put(buffer: Pooled): void {
    const bytes = buffer.bytes.length;
    this.taken_ -= bytes;
    if (this.free_ + bytes > this.maxFreeBytes) return;
    this.free_ += bytes;
    this.free[31 - Math.clz32(bytes) - MIN_CLASS_BITS]!.push(buffer);
  }
}
