import { crc32c } from '@odradek/protocol/records/crc32c';
import { ToolError } from '../tool-error';

const SNAPSHOT_VERSION = 1;
/** The checksum covers what follows it. */
const CRC_END = 6;

const corrupt = (message: string): ToolError =>
  new ToolError('org.apache.kafka.storage.internals.log.CorruptSnapshotException', message);

const invalid = (why: string): ToolError => corrupt(`Snapshot failed schema validation: ${why}`);

const SIZES = { int16: 2, int32: 4, uint32: 4, int64: 8 };

/** The fields of an entry, in order (ProducerStateManager.PRODUCER_SNAPSHOT_ENTRY_SCHEMA). */
const ENTRY = [
  ['producer_id', 'int64'],
  ['epoch', 'int16'],
  ['last_sequence', 'int32'],
  ['last_offset', 'int64'],
  ['offset_delta', 'int32'],
  ['timestamp', 'int64'],
  ['coordinator_epoch', 'int32'],
  ['current_txn_first_offset', 'int64'],
] as const;

type Entry = { readonly [F in (typeof ENTRY)[number] as F[0]]: number };

/** Reads fields by name; one that the file is too short for is refused as Kafka's schema refuses it. */
class FieldReader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  field(name: string, type: keyof typeof SIZES, path = ''): number {
    const { at, bytes } = this;
    this.at += SIZES[type];
    if (this.at > bytes.length)
      throw invalid(`${path}Error reading field '${name}': java.nio.BufferUnderflowException`);
    switch (type) {
      case 'int16':
        return bytes.readInt16BE(at);
      case 'int32':
        return bytes.readInt32BE(at);
      case 'uint32':
        return bytes.readUInt32BE(at);
      default:
        return Number(bytes.readBigInt64BE(at));
    }
  }

  entries(): Entry[] {
    const path = "Error reading field 'producer_entries': ";
    if (this.at + SIZES.int32 > this.bytes.length) throw invalid(`${path}java.nio.BufferUnderflowException`);
    const count = this.field('producer_entries', 'int32');
    const left = this.bytes.length - this.at;
    if (count < 0) throw invalid(`${path}Array size ${count} cannot be negative`);
    if (count > left) throw invalid(`${path}Error reading array of size ${count}, only ${left} bytes available`);
    return Array.from(
      { length: count },
      () => Object.fromEntries(ENTRY.map(([name, type]) => [name, this.field(name, type, path)])) as Entry,
    );
  }
}

function entryLine(entry: Entry): string {
  const firstOffset = entry.current_txn_first_offset;
  const txn = firstOffset < 0 ? 'OptionalLong.empty' : `OptionalLong[${firstOffset}]`;
  const line =
    `producerId: ${entry.producer_id} producerEpoch: ${entry.epoch} coordinatorEpoch: ${entry.coordinator_epoch} ` +
    `currentTxnFirstOffset: ${txn} lastTimestamp: ${entry.timestamp} `;
  if (entry.last_offset < 0) return line;
  const firstSequence = (entry.last_sequence - entry.offset_delta + 2 ** 31) % 2 ** 31;
  return (
    `${line}firstSequence: ${firstSequence} lastSequence: ${entry.last_sequence} lastOffset: ${entry.last_offset} ` +
    `offsetDelta: ${entry.offset_delta} timestamp: ${entry.timestamp}`
  );
}

/**
 * Lines for a producer snapshot (ProducerStateManager.readSnapshot). The whole file is read before its version and its
 * checksum are looked at. Throws `ToolError` where it is corrupt.
 */
export function snapshotLines(bytes: Buffer): string[] {
  const reader = new FieldReader(bytes);
  const version = reader.field('version', 'int16');
  const stored = reader.field('crc', 'uint32');
  const entries = reader.entries();
  if (version !== SNAPSHOT_VERSION) throw corrupt(`Snapshot contained an unknown file version ${version}`);
  const computed = crc32c(bytes, CRC_END);
  if (stored !== computed) {
    throw corrupt(`Snapshot is corrupt (CRC is no longer valid). Stored crc: ${stored}. Computed crc: ${computed}`);
  }
  return entries.map(entryLine);
}
