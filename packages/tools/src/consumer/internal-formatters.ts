import { GroupMetadataKey, GroupMetadataValue } from '@odradek/protocol/stored/group-metadata';
import { OffsetCommitKey, OffsetCommitValue } from '@odradek/protocol/stored/offset-commit';
import { TransactionLogKey, TransactionLogValue } from '@odradek/protocol/stored/transaction-log';
import type { ConsumerRecord } from '../client/consumed';
import type { Out } from '../print';
import { storedJson, versionOf } from '../stored-json';
import type { MessageFormatter } from './formatter';
import { LEGACY_FORMATTERS } from './legacy-formatters';

const PACKAGE = 'org.apache.kafka.tools.consumer.';
const UNKNOWN = 'unknown';

type ToJson = (bytes: Buffer) => unknown;

/** One JSON object a record, without a newline after it (org.apache.kafka.tools.consumer.ApiMessageFormatter). */
function jsonFormatter(keyJson: ToJson, valueJson: ToJson): MessageFormatter {
  const part = (bytes: Buffer | null, toJson: ToJson) =>
    bytes === null ? null : { version: versionOf(bytes), data: toJson(bytes) };
  return {
    write: ({ key, value }: ConsumerRecord, out: Out) => {
      const shownKey = part(key, keyJson);
      // Keys of another kind share the topic: they belong to another formatter.
      if (shownKey?.data === null) return;
      out.write(JSON.stringify({ key: shownKey, value: part(value, valueJson) }));
    },
  };
}

const offsets = jsonFormatter(
  (key) => storedJson(OffsetCommitKey, key) ?? (storedJson(GroupMetadataKey, key) ? null : UNKNOWN),
  (value) => storedJson(OffsetCommitValue, value) ?? UNKNOWN,
);

const groups = jsonFormatter(
  (key) => storedJson(GroupMetadataKey, key) ?? (storedJson(OffsetCommitKey, key) ? null : UNKNOWN),
  (value) => storedJson(GroupMetadataValue, value) ?? UNKNOWN,
);

const transactions = jsonFormatter(
  (key) => storedJson(TransactionLogKey, key) ?? UNKNOWN,
  (value) => storedJson(TransactionLogValue, value) ?? UNKNOWN,
);

const FORMATTERS: ReadonlyMap<string, MessageFormatter> = new Map([
  [`${PACKAGE}OffsetsMessageFormatter`, offsets],
  [`${PACKAGE}GroupMetadataMessageFormatter`, groups],
  [`${PACKAGE}TransactionLogMessageFormatter`, transactions],
  ...LEGACY_FORMATTERS,
]);

/** The formatters of Kafka's internal topics, by class name. */
export const internalFormatterOf = (className: string): MessageFormatter | undefined => FORMATTERS.get(className);
