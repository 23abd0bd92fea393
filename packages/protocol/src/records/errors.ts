import { KafkaError } from '../errors';

/** Bytes that are no well-formed record batch: CORRUPT_MESSAGE (org.apache.kafka.common.errors.CorruptRecordException). */
export class CorruptRecordError extends KafkaError {
  override readonly name = 'CorruptRecordError';

  constructor(message: string) {
    super('CORRUPT_MESSAGE', message);
  }
}

/**
 * Bytes behind a right checksum that Kafka trips over instead of judging them: data that does not decompress, a field
 * longer than its message.
 */
export class UndecodableRecordError extends CorruptRecordError {}

/** Records that contradict their batch or its rules: INVALID_RECORD (org.apache.kafka.common.InvalidRecordException). */
export class InvalidRecordError extends KafkaError {
  override readonly name = 'InvalidRecordError';

  constructor(message: string) {
    super('INVALID_RECORD', message);
  }
}

/** Compressed bytes that hold more than they may: what keeps a few bytes from filling the memory. */
export class DecompressionLimitError extends KafkaError {
  override readonly name = 'DecompressionLimitError';

  constructor(readonly maxBytes: number) {
    super(
      'MESSAGE_TOO_LARGE',
      `The compressed records hold more than ${maxBytes} bytes, the most that is decompressed`,
    );
  }
}
