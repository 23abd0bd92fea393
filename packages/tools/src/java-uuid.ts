import { checkBase64 } from './java-base64';
import { illegalArgument } from './tool-error';

const TEXT_LIMIT = 24;
const UUID_BYTES = 16;

/** A uuid's text as Kafka prints it again (org.apache.kafka.common.Uuid.fromString). Throws `ToolError` as it does. */
export function parseUuid(text: string): string {
  if (text.length > TEXT_LIMIT) {
    const prefix = text.slice(0, TEXT_LIMIT);
    throw illegalArgument(`Input string with prefix \`${prefix}\` is too long to be decoded as a base64 UUID`);
  }
  checkBase64(text, 'url');
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length === UUID_BYTES) return bytes.toString('base64url');
  throw illegalArgument(
    `Input string \`${text}\` decoded as ${bytes.length} bytes, which is not equal to the expected 16 bytes of a base64-encoded UUID`,
  );
}
