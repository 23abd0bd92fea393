import type { ConnectHeader } from '../data/record';
import { NOTHING, OPTIONAL_BYTES_SCHEMA } from '../data/schema';
import { parseValue } from '../data/values';
import { valueText } from '../data/values-text';
import type { HeaderConverter, SchemaAndValue } from '../plugins/api';

/** Text that is read back by its looks (org.apache.kafka.connect.storage.SimpleHeaderConverter). */
export class SimpleHeaderConverter implements HeaderConverter {
  configure(): void {
    // It takes no settings.
  }

  fromConnectHeader(_topic: string, { schema, value }: ConnectHeader): Buffer | null {
    return value === null || value === undefined ? null : Buffer.from(valueText(schema, value));
  }

  toConnectHeader(_topic: string, _key: string, bytes: Buffer | null): SchemaAndValue {
    if (bytes === null) return NOTHING;
    try {
      return parseValue(bytes.toString()) ?? NOTHING;
    } catch {
      return { schema: OPTIONAL_BYTES_SCHEMA, value: bytes };
    }
  }
}
