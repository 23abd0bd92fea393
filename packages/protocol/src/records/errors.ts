import { KafkaError } from '../errors';

/** Bytes that are no well-formed record batch; CORRUPT_MESSAGE on the wire (org.apache.kafka.common.errors.CorruptRecordException). */
export class CorruptRecordError extends KafkaError {
  override readonly name = 'CorruptRecordError';

  constructor(message: string) {
    super('CORRUPT_MESSAGE', message);
  }
}
