import type { Segment } from './segment';

/** The segments of a log by rising base offset (org.apache.kafka.storage.internals.log.LogSegments). */
export class Segments {
  private list: Segment[] = [];

  get all(): readonly Segment[] {
    return this.list;
  }

  get isEmpty(): boolean {
    return this.list.length === 0;
  }

  get first(): Segment {
    return this.list[0]!;
  }

  /** The one that is appended to. */
  get active(): Segment {
    return this.list[this.list.length - 1]!;
  }

  get bytes(): number {
    let bytes = 0;
    for (const { size } of this.list) bytes += size;
    return bytes;
  }

  add(segment: Segment): void {
    this.list.push(segment);
    const previous = this.list.at(-2);
    if (previous !== undefined && previous.baseOffset > segment.baseOffset) {
      this.list.sort((a, b) => a.baseOffset - b.baseOffset);
    }
  }

  /** Puts others in the place of neighbours. */
  replace(neighbours: readonly Segment[], by: readonly Segment[]): void {
    this.list = this.list.flatMap((segment) => {
      if (segment === neighbours[0]) return by;
      return neighbours.includes(segment) ? [] : [segment];
    });
  }

  remove(segments: readonly Segment[]): void {
    this.list = this.list.filter((segment) => !segments.includes(segment));
  }

  /** The last segment whose base is not above `offset`, or null. */
  floor(offset: number): Segment | null {
    return this.list[this.indexOf(offset)] ?? null;
  }

  /** The one after `segment`, or null. */
  after(segment: Segment): Segment | null {
    return this.list[this.indexOf(segment.baseOffset) + 1] ?? null;
  }

  /** The one before `segment`, or null. */
  before(segment: Segment): Segment | null {
    return this.list[this.indexOf(segment.baseOffset) - 1] ?? null;
  }

  /** The segments that may hold offsets of `[from, to)`. */
  between(from: number, to: number): Segment[] {
    const first = Math.max(0, this.indexOf(from));
    return this.list.slice(first).filter((segment) => segment.baseOffset < to);
  }

  private indexOf(offset: number): number {
    // Most look-ups are at the end of the log.
    let low = -1;
    let high = this.list.length - 1;
    if (high >= 0 && this.list[high]!.baseOffset <= offset) return high;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.list[middle]!.baseOffset <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
