const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** Cuts bytes into lines, ended by \n, \r or \r\n. What has no end yet stays. */
export class LineSplitter {
  private pending: Buffer = Buffer.alloc(0);
  private searched = 0;

  /** @param position where the bytes begin */
  constructor(public position: number) {}

  /** Takes more bytes, copying them. */
  add(bytes: Buffer): void {
    this.pending = this.pending.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.pending, bytes]);
  }

  /** The next whole line without its end; `position` is then behind it. */
  next(): string | undefined {
    for (let at = this.searched; at < this.pending.length; at++) {
      const byte = this.pending[at];
      if (byte !== NEWLINE && byte !== RETURN) continue;
      // A \r may be the first half of \r\n, whose other half is still to come.
      if (byte === RETURN && at + 1 === this.pending.length) {
        this.searched = at;
        return undefined;
      }
      const end = byte === RETURN && this.pending[at + 1] === NEWLINE ? at + 2 : at + 1;
      const line = this.pending.toString('utf8', 0, at);
      this.pending = this.pending.subarray(end);
      this.searched = 0;
      this.position += end;
      return line;
    }
    this.searched = this.pending.length;
    return undefined;
  }
}
