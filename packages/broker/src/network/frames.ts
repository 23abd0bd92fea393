import type { BufferPool, PooledBuffer } from './buffer-pool';

const SIZE_BYTES = 4;
/** Memory for an incomplete frame grows with what has arrived, since its length may lie: so much at once, */
const EAGER_BYTES = 64 * 1024;
/** and then so many times what is there. A frame of 1 MB from a fast sender gets its memory in one piece. */
const GROWTH = 8;

/** Memory that all connections receive into. `staging` is used by one callback at a time and free between them. */
export interface ReceiveMemory {
  readonly staging: Buffer;
  readonly pool: BufferPool;
}

/** A length that no frame may have. The connection cannot be read any further. */
export class InvalidFrameSizeError extends Error {
  override readonly name = 'InvalidFrameSizeError';

  constructor(
    readonly size: number,
    readonly maxBytes: number,
  ) {
    super(
      size > maxBytes ? `Invalid receive (size = ${size} larger than ${maxBytes})` : `Invalid receive (size = ${size})`,
    );
  }
}

/** A frame's bytes without its length, in memory that the next call of `next` or the end of the callback takes back. */
export interface Frame {
  readonly buffer: Buffer;
  readonly start: number;
  readonly end: number;
}

/** A frame's bytes in memory of their own. */
export interface KeptFrame extends Frame {
  release(): void;
}

/**
 * Splits one connection's bytes into size-prefixed frames without copying those that need no copy. A frame that is
 * complete in the shared staging buffer is handed out in place; an incomplete one moves to a buffer of its own, and
 * later reads land directly in that (docs/network.md).
 *
 * In one read callback: `received`, then `next` until null (or until the owner wants no more), then `settle`.
 */
export class FrameReader {
  /** The unread bytes are `buffer[start, end)`: in `owned` where there is one, else in staging. */
  private buffer: Buffer;
  private start = 0;
  private end = 0;
  private owned: PooledBuffer | null = null;
  /** Bytes that were read into staging while `owned` still held earlier ones: they come after those. */
  private stagedStart = 0;
  private stagedEnd = 0;
  private targetIsOwned = false;
  private readonly frame: { buffer: Buffer; start: number; end: number };

  /** @param maxBytes the largest frame, without its length field (`socket.request.max.bytes`) */
  constructor(
    private readonly memory: ReceiveMemory,
    private readonly maxBytes: number,
  ) {
    this.buffer = memory.staging;
    this.frame = { buffer: this.buffer, start: 0, end: 0 };
  }

  /** Unread bytes. */
  get backlogBytes(): number {
    return this.end - this.start + this.stagedEnd - this.stagedStart;
  }

  /** Bytes that the first frame takes with its length field; 0 where that is complete, unknown or absent. */
  get incompleteBytes(): number {
    const have = this.end - this.start;
    if (have < SIZE_BYTES) return 0;
    const total = SIZE_BYTES + this.buffer.readInt32BE(this.start);
    return total > have ? total : 0;
  }

  /** See `Receiver.target`. */
  target(): Buffer {
    const total = this.owned && this.stagedStart === this.stagedEnd ? this.incompleteBytes : 0;
    const limit = Math.min(this.start + total, this.buffer.length);
    this.targetIsOwned = total > 0 && limit > this.end;
    return this.targetIsOwned ? this.buffer.subarray(this.end, limit) : this.memory.staging;
  }

  /** Takes over `bytes` at the start of the last target. */
  received(bytes: number): void {
    if (this.targetIsOwned) {
      this.targetIsOwned = false;
      this.end += bytes;
    } else if (this.owned) {
      this.stagedStart = 0;
      this.stagedEnd = bytes;
    } else {
      this.start = 0;
      this.end = bytes;
    }
  }

  /**
   * The next complete frame, or null. Throws `InvalidFrameSizeError`. While the last target is a frame's own buffer
   * there is none.
   */
  next(): Frame | null {
    if (this.targetIsOwned) return null;
    if (this.owned && this.stagedStart < this.stagedEnd) this.topUp();
    const have = this.end - this.start;
    if (have < SIZE_BYTES) return null;
    const size = this.sizeAt(this.start);
    if (have < SIZE_BYTES + size) return null;
    const { frame } = this;
    frame.buffer = this.buffer;
    frame.start = this.start + SIZE_BYTES;
    frame.end = frame.start + size;
    this.start = frame.end;
    return frame;
  }

  /** The frame that `next` returned last, and that has not been looked into, comes again. */
  putBack(): void {
    this.start = this.frame.start - SIZE_BYTES;
  }

  /** Gives the frame that `next` returned last memory of its own: by handing over the buffer, or by a copy. */
  keep(): KeptFrame {
    const { buffer, start, end } = this.frame;
    if (this.owned && this.start === this.end && (end - start) * 2 >= buffer.length) {
      const { owned } = this;
      this.leaveOwned();
      return { buffer, start, end, release: () => owned.release() };
    }
    const copy = this.memory.pool.take(end - start);
    buffer.copy(copy.bytes, 0, start, end);
    return { buffer: copy.bytes, start: 0, end: end - start, release: () => copy.release() };
  }

  /**
   * Ends a callback: moves what is unread out of staging. `admit` is asked before memory for an incomplete frame of so
   * many bytes is taken; where it refuses, no more than what has arrived is held, and the owner stops reading.
   */
  settle(admit: (frameBytes: number) => boolean): void {
    if (this.targetIsOwned) return;
    if (this.backlogBytes === 0) {
      if (this.owned) this.dropOwned();
      return;
    }
    const staged = this.stagedEnd - this.stagedStart;
    if (staged > 0) {
      this.reserve(this.end - this.start + staged);
      this.appendStaged(staged);
    }
    const total = this.incompleteBytes;
    if (total > 0 && total - SIZE_BYTES <= this.maxBytes && admit(total)) this.reserve(this.capacityFor(total));
    else this.reserve(this.end - this.start);
  }

  /** Gives all memory back. */
  close(): void {
    this.dropOwned();
    this.start = this.end;
    this.targetIsOwned = false;
  }

  private sizeAt(position: number): number {
    const size = this.buffer.readInt32BE(position);
    if (size <= 0 || size > this.maxBytes) throw new InvalidFrameSizeError(size, this.maxBytes);
    return size;
  }

  private capacityFor(total: number): number {
    return Math.min(total, Math.max(EAGER_BYTES, (this.end - this.start) * GROWTH));
  }

  /** Completes the frame in `owned` from staging; once `owned` is read out, staging takes its place. */
  private topUp(): void {
    if (this.start < this.end) {
      this.fill(SIZE_BYTES);
      if (this.end - this.start >= SIZE_BYTES) this.fill(SIZE_BYTES + this.sizeAt(this.start));
    }
    if (this.start === this.end) this.dropOwned();
  }

  /** Appends staged bytes until `total` bytes are unread in `owned`, as far as they go. */
  private fill(total: number): void {
    const have = this.end - this.start;
    const bytes = Math.min(total - have, this.stagedEnd - this.stagedStart);
    if (bytes <= 0) return;
    this.reserve(have + bytes);
    this.appendStaged(bytes);
  }

  private appendStaged(bytes: number): void {
    this.memory.staging.copy(this.buffer, this.end, this.stagedStart, this.stagedStart + bytes);
    this.end += bytes;
    this.stagedStart += bytes;
  }

  /** Sees to it that the unread bytes are in `owned`, with room for `bytes` from their start on. */
  private reserve(bytes: number): void {
    if (this.owned && this.start + bytes <= this.buffer.length) return;
    const have = this.end - this.start;
    if (this.owned && bytes <= this.buffer.length) {
      this.buffer.copyWithin(0, this.start, this.end);
    } else {
      const larger = this.memory.pool.take(bytes);
      this.buffer.copy(larger.bytes, 0, this.start, this.end);
      this.owned?.release();
      this.owned = larger;
      this.buffer = larger.bytes;
    }
    this.start = 0;
    this.end = have;
  }

  private dropOwned(): void {
    this.owned?.release();
    this.leaveOwned();
  }

  /** What was staged behind `owned` comes next. */
  private leaveOwned(): void {
    this.owned = null;
    this.buffer = this.memory.staging;
    this.start = this.stagedStart;
    this.end = this.stagedEnd;
    this.stagedStart = this.stagedEnd = 0;
  }
}
