import {
  addToSequence,
  baseOffsetAt,
  baseSequenceAt,
  baseTimestampAt,
  compressionAt,
  crcAt,
  hasDeleteHorizonAt,
  isCompressedAt,
  isControlAt,
  isCrcValidAt,
  isLogAppendTimeAt,
  isTransactionalAt,
  lastOffsetAt,
  lastSequenceAt,
  magicAt,
  maxTimestampAt,
  partitionLeaderEpochAt,
  producerEpochAt,
  producerIdAt,
  recordCountAt,
} from '@odradek/protocol/records/batch';
import { parseEndTxnMarker } from '@odradek/protocol/records/control';
import type { LegacyRecord } from '@odradek/protocol/records/legacy';
import { type KafkaRecord, readRecords } from '@odradek/protocol/records/record';
import { illegalArgument, ToolError } from '../tool-error';
import type { MessageParser } from './decoders';
import type { FileReader } from './files';

const LOG_OVERHEAD = 12;
const HEADER_BYTES = 17;
const MINIMUM_BYTES = 14;

export interface BatchInFile {
  /** The batch alone: it starts at 0. */
  readonly bytes: Buffer;
  readonly position: number;
}

/** The whole batches from a position on, up to `end`; what is cut off at the end is left out. */
export function* batchesOf(file: FileReader, path: string, from = 0, end = file.size): Generator<BatchInFile> {
  let position = from;
  while (position + HEADER_BYTES <= end) {
    const length = file.read(position, HEADER_BYTES).readInt32BE(8);
    if (length < MINIMUM_BYTES) {
      throw new ToolError(
        'org.apache.kafka.common.errors.CorruptRecordException',
        `Found record size ${length} smaller than minimum record overhead (${MINIMUM_BYTES}) in file ${path}.`,
      );
    }
    if (position + LOG_OVERHEAD + length > end) return;
    const bytes = file.read(position, LOG_OVERHEAD + length);
    yield { bytes, position };
    position += bytes.length;
  }
}

/** What FileRecords.slice refuses; what is beyond the file's end is cut off instead. */
export function checkSlice(file: FileReader, path: string, position: number, size: number): void {
  const records = `FileRecords(size=${file.size}, file=${path}, start=0, end=2147483647)`;
  if (position < 0) throw illegalArgument(`Invalid position: ${position} in read from ${records}`);
  if (position > file.size) {
    throw illegalArgument(`Slice from position ${position} exceeds end position of ${records}`);
  }
  if (size < 0) throw illegalArgument(`Invalid size: ${size} in read from ${records}`);
}

function timestampType(bytes: Buffer): string {
  if (magicAt(bytes, 0) === 0) return 'NoTimestampType';
  return isLogAppendTimeAt(bytes, 0) ? 'LogAppendTime' : 'CreateTime';
}

/** The line for a batch. */
export function batchLine({ bytes, position }: BatchInFile): string {
  const magic = magicAt(bytes, 0);
  const horizon =
    magic >= 2 && hasDeleteHorizonAt(bytes, 0) ? `OptionalLong[${baseTimestampAt(bytes, 0)}]` : 'OptionalLong.empty';
  const head =
    magic >= 2
      ? `baseOffset: ${baseOffsetAt(bytes, 0)} lastOffset: ${lastOffsetAt(bytes, 0)} count: ${recordCountAt(bytes, 0)} ` +
        `baseSequence: ${baseSequenceAt(bytes, 0)} lastSequence: ${lastSequenceAt(bytes, 0)} ` +
        `producerId: ${producerIdAt(bytes, 0)} producerEpoch: ${producerEpochAt(bytes, 0)} ` +
        `partitionLeaderEpoch: ${partitionLeaderEpochAt(bytes, 0)} isTransactional: ${isTransactionalAt(bytes, 0)} ` +
        `isControl: ${isControlAt(bytes, 0)} deleteHorizonMs: ${horizon}`
      : `offset: ${lastOffsetAt(bytes, 0)}`;
  const timestamp = magic === 0 ? -1 : maxTimestampAt(bytes, 0);
  return (
    `${head} position: ${position} ${timestampType(bytes)}: ${timestamp} size: ${bytes.length} magic: ${magic} ` +
    `compresscodec: ${compressionAt(bytes, 0)} crc: ${crcAt(bytes, 0)} isvalid: ${isCrcValidAt(bytes, 0)}`
  );
}

export interface RecordFormat {
  readonly printsContents: boolean;
  readonly skipsMetadata: boolean;
  readonly parser: MessageParser;
}

function metadataText(bytes: Buffer, record: KafkaRecord): string {
  const { offset, timestamp, key, value, headers } = record;
  let text = `offset: ${offset} ${timestampType(bytes)}: ${timestamp} keySize: ${key?.length ?? -1} valueSize: ${value?.length ?? -1}`;
  if (magicAt(bytes, 0) >= 2) {
    const base = baseSequenceAt(bytes, 0);
    const sequence = base < 0 ? -1 : addToSequence(base, offset - baseOffsetAt(bytes, 0));
    text += ` sequence: ${sequence} headerKeys: [${headers.map((header) => header.key).join(',')}]`;
  } else {
    // The closing brace is a slip of DumpLogSegments' that parsers of its output know.
    // What a wrapper holds has been checked when it was unwrapped.
    const isValid = isCompressedAt(bytes, 0) || isCrcValidAt(bytes, 0);
    text += ` isValid: ${isValid} crc: ${(record as LegacyRecord).crc}}`;
  }
  if (magicAt(bytes, 0) >= 2 && isControlAt(bytes, 0)) {
    const marker = parseEndTxnMarker(record);
    if (marker) text += ` endTxnMarker: ${marker.type} coordinatorEpoch: ${marker.coordinatorEpoch}`;
    else text += ` controlType: UNKNOWN(${key?.readInt16BE(2)})`;
  }
  return text;
}

function parsed({ parser }: RecordFormat, record: KafkaRecord, onFailure: () => void): ReturnType<MessageParser> {
  try {
    return parser(record);
  } catch (thrown) {
    onFailure();
    throw thrown;
  }
}

/** The lines for a batch's records; `onOffset` gets each record's offset. */
export function* recordLines(
  bytes: Buffer,
  format: RecordFormat,
  onOffset: (offset: number) => void,
  /** Gets the line of a record that cannot be decoded, as far as it goes. */
  onBroken: (line: string) => void,
): Generator<string> {
  const isControl = magicAt(bytes, 0) >= 2 && isControlAt(bytes, 0);
  for (const record of readRecords(bytes, 0)) {
    onOffset(record.offset);
    let line = format.skipsMetadata ? '' : `| ${metadataText(bytes, record)}`;
    if (format.printsContents && !isControl) {
      const { key, payload } = parsed(format, record, () => onBroken(line));
      if (key !== undefined) line += `${line === '' ? '|' : ''} key: ${key}`;
      if (payload !== undefined) line += ` payload: ${payload}`;
    }
    yield line;
  }
}
