const CAPACITY = 32;

/**
 * Where the last appends to a segment lie. Consumers and followers read at the end of the log: their offsets are found
 * here, without the index and exactly.
 */
export class RecentAppends {
  private offsets: Float64Array | null = null;
  private positions: Float64Array | null = null;
  private count = 0;

  add(firstOffset: number, position: number): void {
    if (this.offsets === null || this.positions === null) {
      this.offsets = new Float64Array(CAPACITY);
      this.positions = new Float64Array(CAPACITY);
    }
    const slot = this.count++ % CAPACITY;
    this.offsets[slot] = firstOffset;
    this.positions[slot] = position;
  }

  /** The position of the last append that begins at `offset` or before, or null where it is not remembered. */
  positionBefore(offset: number): number | null {
    const { offsets, positions } = this;
    if (offsets === null || positions === null) return null;
    const oldest = Math.max(0, this.count - CAPACITY);
    for (let i = this.count - 1; i >= oldest; i--) {
      if (offsets[i % CAPACITY]! <= offset) return positions[i % CAPACITY]!;
    }
    return null;
  }

  /** The position of the append that begins at exactly `offset`, or null. */
  positionOf(offset: number): number | null {
    const { offsets, positions } = this;
    if (offsets === null || positions === null) return null;
    const oldest = Math.max(0, this.count - CAPACITY);
    for (let i = this.count - 1; i >= oldest && offsets[i % CAPACITY]! >= offset; i--) {
      if (offsets[i % CAPACITY] === offset) return positions[i % CAPACITY]!;
    }
    return null;
  }

  clear(): void {
    this.offsets = null;
    this.positions = null;
    this.count = 0;
  }
}
