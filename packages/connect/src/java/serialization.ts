import { ToolError } from '@odradek/tools/tool-error';

/**
 * The one object that Connect's offset file holds: a java.util.HashMap of byte arrays, as java.io.ObjectOutputStream writes
 * it. Only such a map is read; whatever else a file holds is refused before any of it is taken.
 */

const MAGIC = 0xaced;
const VERSION = 5;
const TC_NULL = 0x70;
const TC_REFERENCE = 0x71;
const TC_CLASSDESC = 0x72;
const TC_OBJECT = 0x73;
const TC_ARRAY = 0x75;
const TC_BLOCKDATA = 0x77;
const TC_ENDBLOCKDATA = 0x78;
const BASE_HANDLE = 0x7e0000;
const ARRAY_CLASS_HANDLE = BASE_HANDLE + 2;
const LEAST_BUCKETS = 16;
const LOAD_FACTOR = 0.75;

const HASH_MAP_DESC = Buffer.from(
  '7200116a6176612e7574696c2e486173684d61700507dac1c31660d103000246000a6c6f6164466163746f724900097468726573686f6c647870',
  'hex',
);
const BYTES_DESC = Buffer.from('7200025b42acf317f8060854e00200007870', 'hex');

export type ByteEntries = readonly (readonly [key: Buffer | null, value: Buffer | null])[];

const int = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};

/** A HashMap<byte[], byte[]> with these entries. */
export function writeByteMap(entries: ByteEntries): Buffer {
  let buckets = LEAST_BUCKETS;
  while (entries.length > buckets * LOAD_FACTOR) buckets *= 2;
  const loadFactor = Buffer.alloc(4);
  loadFactor.writeFloatBE(LOAD_FACTOR);
  const chunks: Buffer[] = [
    Buffer.of(MAGIC >> 8, MAGIC & 0xff, 0, VERSION, TC_OBJECT),
    HASH_MAP_DESC,
    loadFactor,
    // A map that holds nothing has no table, and so no threshold.
    int(entries.length === 0 ? 0 : buckets * LOAD_FACTOR),
    Buffer.of(TC_BLOCKDATA, 8),
    int(buckets),
    int(entries.length),
  ];
  let isFirst = true;
  for (const bytes of entries.flat()) {
    if (bytes === null) {
      chunks.push(Buffer.of(TC_NULL));
      continue;
    }
    chunks.push(
      Buffer.of(TC_ARRAY),
      isFirst ? BYTES_DESC : Buffer.concat([Buffer.of(TC_REFERENCE), int(ARRAY_CLASS_HANDLE)]),
    );
    chunks.push(int(bytes.length), bytes);
    isFirst = false;
  }
  chunks.push(Buffer.of(TC_ENDBLOCKDATA));
  return Buffer.concat(chunks);
}

const corrupted = (what: string): ToolError => new ToolError('java.io.StreamCorruptedException', what);

/** Reads objects of a stream with lengths checked against what is left. */
class Reader {
  private at = 0;
  /** What references point to: classes by name, arrays by their bytes. */
  private readonly handles: (string | Buffer)[] = [];

  constructor(private readonly bytes: Buffer) {}

  private take(count: number): Buffer {
    if (count < 0 || this.at + count > this.bytes.length) throw new ToolError('java.io.EOFException', null);
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  byte(): number {
    return this.take(1)[0]!;
  }

  short(): number {
    return this.take(2).readUInt16BE();
  }

  int(): number {
    return this.take(4).readInt32BE();
  }

  private text(): string {
    return this.take(this.short()).toString();
  }

  expect(tag: number): void {
    const found = this.byte();
    if (found !== tag) throw corrupted(`invalid type code: ${found.toString(16).padStart(2, '0').toUpperCase()}`);
  }

  reference(): string | Buffer {
    const handle = this.int() - BASE_HANDLE;
    const value = this.handles[handle];
    if (value === undefined)
      throw corrupted(`invalid handle value: ${(handle + BASE_HANDLE).toString(16).padStart(8, '0')}`);
    return value;
  }

  /** The name of a class that is described, or was before. */
  className(): string {
    const tag = this.byte();
    if (tag === TC_REFERENCE) return this.reference() as string;
    if (tag !== TC_CLASSDESC) throw corrupted(`invalid type code: ${tag.toString(16).padStart(2, '0').toUpperCase()}`);
    const name = this.text();
    this.take(8);
    this.handles.push(name);
    this.byte();
    for (let fields = this.short(); fields > 0; fields--) {
      this.byte();
      this.text();
    }
    this.expect(TC_ENDBLOCKDATA);
    this.expect(TC_NULL);
    return name;
  }

  /** The map's own handle, which nothing in it refers to. */
  registerMap(): void {
    this.handles.push('');
  }

  byteArray(): Buffer | null {
    const tag = this.byte();
    if (tag === TC_NULL) return null;
    if (tag === TC_REFERENCE) return this.reference() as Buffer;
    if (tag !== TC_ARRAY) throw corrupted(`invalid type code: ${tag.toString(16).padStart(2, '0').toUpperCase()}`);
    const name = this.className();
    if (name !== '[B') throw new ToolError('java.lang.ClassCastException', `class ${name} cannot be cast to class [B`);
    const handle = this.handles.length;
    this.handles.push('');
    const bytes = Buffer.from(this.take(this.int()));
    this.handles[handle] = bytes;
    return bytes;
  }
}

/** The entries of a map that Java, or `writeByteMap`, wrote. Throws `ToolError` where the bytes are no such map. */
export function readByteMap(bytes: Buffer): [Buffer | null, Buffer | null][] {
  const reader = new Reader(bytes);
  const [magic, version] = [reader.short(), reader.short()];
  if (magic !== MAGIC || version !== VERSION) {
    const hex = (value: number): string => value.toString(16).padStart(4, '0').toUpperCase();
    throw corrupted(`invalid stream header: ${hex(magic)}${hex(version)}`);
  }
  reader.expect(TC_OBJECT);
  const name = reader.className();
  if (name !== 'java.util.HashMap') {
    throw new ToolError('org.apache.kafka.connect.errors.ConnectException', `Expected HashMap but found class ${name}`);
  }
  reader.registerMap();
  reader.int();
  reader.int();
  reader.expect(TC_BLOCKDATA);
  reader.byte();
  reader.int();
  const entries: [Buffer | null, Buffer | null][] = [];
  for (let count = reader.int(); count > 0; count--) entries.push([reader.byteArray(), reader.byteArray()]);
  return entries;
}
