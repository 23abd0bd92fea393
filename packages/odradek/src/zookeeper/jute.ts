/** Bytes that are no message of ZooKeeper's. */
export class MalformedRequestError extends Error {
  override readonly name = 'MalformedRequestError';
}

const NULL = -1;

/** Reads jute, ZooKeeper's encoding: big-endian, lengths as int32, -1 for null. Throws `MalformedRequestError`. */
export class JuteReader {
  constructor(
    private readonly bytes: Buffer,
    private at = 0,
  ) {}

  get isAtEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  private take(length: number): number {
    const from = this.at;
    if (length < 0 || from + length > this.bytes.length) throw new MalformedRequestError('a request that is too short');
    this.at += length;
    return from;
  }

  int(): number {
    return this.bytes.readInt32BE(this.take(4));
  }

  long(): bigint {
    return this.bytes.readBigInt64BE(this.take(8));
  }

  bool(): boolean {
    return this.bytes[this.take(1)] !== 0;
  }

  buffer(): Buffer | null {
    const length = this.int();
    if (length === NULL) return null;
    const from = this.take(length);
    return Buffer.from(this.bytes.subarray(from, from + length));
  }

  string(): string {
    return this.buffer()?.toString() ?? '';
  }

  list<T>(element: () => T): T[] {
    const elements: T[] = [];
    // One by one: a length alone is no reason to allocate anything.
    for (let left = this.int(); left > 0; left--) elements.push(element());
    return elements;
  }
}

/** Writes jute. */
export class JuteWriter {
  private readonly parts: Buffer[] = [];

  int(value: number): this {
    const part = Buffer.allocUnsafe(4);
    part.writeInt32BE(value);
    this.parts.push(part);
    return this;
  }

  long(value: bigint | number): this {
    const part = Buffer.allocUnsafe(8);
    part.writeBigInt64BE(BigInt(value));
    this.parts.push(part);
    return this;
  }

  bool(value: boolean): this {
    this.parts.push(Buffer.from([value ? 1 : 0]));
    return this;
  }

  buffer(value: Buffer | null): this {
    this.int(value?.length ?? NULL);
    if (value !== null) this.parts.push(value);
    return this;
  }

  string(value: string): this {
    return this.buffer(Buffer.from(value));
  }

  /** What was written as a frame: its length comes first. */
  frame(): Buffer {
    const length = this.parts.reduce((sum, part) => sum + part.length, 0);
    const head = Buffer.allocUnsafe(4);
    head.writeInt32BE(length);
    return Buffer.concat([head, ...this.parts]);
  }
}
