/**
 * Kafka prints a Uuid as 22 characters of URL-safe base64 without padding (org.apache.kafka.common.Uuid); that text is
 * our value for it everywhere, because topic ids are map keys far more often than bytes.
 */
export const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA';

/** The text of the 16 bytes at `offset`. */
export function uuidFromBytes(bytes: Buffer, offset = 0): string {
  return bytes.toString('base64url', offset, offset + 16);
}

/** The 16 bytes of a uuid's text. Throws `TypeError` where the text is not 16 bytes of base64url. */
export function uuidToBytes(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length !== 16) throw new TypeError(`not a uuid: '${text}'`);
  return bytes;
}
