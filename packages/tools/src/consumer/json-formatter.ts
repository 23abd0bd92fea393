import { isUtf8 } from 'node:buffer';
import type { ConsumerRecord } from '../client/consumed';
import type { Properties } from '../client/properties';
import type { Json } from '../json-output';
import type { Log } from '../print';
import { type Deserializer, namedDeserializer } from './deserializers';
import type { MessageFormatter } from './formatter';

/** Bytes as text, or, where they are none, as `{"base64": …}`. */
function bytesJson(bytes: Uint8Array | null, deserializer: Deserializer | undefined): Json {
  if (bytes === null) return null;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (deserializer) return deserializer(buffer);
  return isUtf8(buffer) ? buffer.toString('utf8') : { base64: buffer.toString('base64') };
}

/** `--json`: everything that is known of a record, on one line. Deserializers that are named make text of bytes. */
export function jsonFormatter(properties: Properties, log: Log): MessageFormatter {
  const [forKeys, forValues, forHeaders] = (['key', 'value', 'headers'] as const).map((field) =>
    namedDeserializer(properties, field, log),
  );
  const documentOf = (record: ConsumerRecord): Json => ({
    topic: record.topic,
    partition: record.partition,
    offset: record.offset,
    timestampMs: record.timestampType === undefined ? null : record.timestamp,
    timestampType: record.timestampType ?? null,
    key: bytesJson(record.key, forKeys),
    value: bytesJson(record.value, forValues),
    headers: record.headers.map(({ key, value }) => ({ key, value: bytesJson(value, forHeaders) })),
  });
  return { write: (record, out) => out.write(`${JSON.stringify(documentOf(record))}\n`) };
}
