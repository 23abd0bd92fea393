import { GroupMetadataKey, GroupMetadataValue } from '@odradek/protocol/stored/group-metadata';
import { OffsetCommitKey, OffsetCommitValue } from '@odradek/protocol/stored/offset-commit';
import { TransactionLogKey, TransactionLogValue } from '@odradek/protocol/stored/transaction-log';
import { scalaHashOrder, stringHash, topicPartitionHash } from '../java-order';
import { coordinatorsValue, decodeStored, transactionOf, versionOf } from '../stored-json';
import { TRANSACTION_STATES } from '../transaction-states';
import type { MessageFormatter } from './formatter';

/** A line `key::value` a record, as the formatters in Kafka's Scala classes print it; undefined: not theirs. */
const lineFormatter = (
  keyText: (key: Buffer) => string | undefined,
  valueText: (value: Buffer, key: Buffer) => string,
  otherText: (key: Buffer) => string = () => '',
): MessageFormatter => ({
  write: ({ key, value }, out) => {
    if (key === null) return;
    // Whatever is too short for a version is refused before it is looked at.
    versionOf(key);
    const text = keyText(key);
    if (text === undefined) {
      out.write(otherText(key));
      return;
    }
    out.write(`${text}::${value === null ? 'NULL' : valueText(value, key)}\n`);
  },
});

const some = (value: string | null): string => (value === null ? 'None' : `Some(${value})`);

/** GroupMetadataManager.OffsetsMessageFormatter, the form that tutorials before 3.8 show. */
const offsets = lineFormatter(
  (key) => {
    const data = decodeStored(OffsetCommitKey, key)?.data;
    return data && `[${data.group},${data.topic},${data.partition}]`;
  },
  (value) => {
    const { data } = coordinatorsValue(
      OffsetCommitValue,
      value,
      (version) => `Unknown offset message version: ${version}`,
    );
    const { offset, leaderEpoch, metadata, commitTimestamp, expireTimestamp } = data;
    const epoch = leaderEpoch < 0 ? 'Optional.empty' : `Optional[${leaderEpoch}]`;
    const expire = some(expireTimestamp < 0 ? null : String(expireTimestamp));
    return (
      `OffsetAndMetadata(offset=${offset}, leaderEpoch=${epoch}, metadata=${metadata}, ` +
      `commitTimestamp=${commitTimestamp}, expireTimestamp=${expire})`
    );
  },
);

type Member = NonNullable<ReturnType<typeof decodeStored<typeof GroupMetadataValue.fields>>>['data']['members'][number];

function memberText(member: Member, protocol: string | null, version: number): string {
  // Version 0 had no time-out of its own for a rebalance.
  const rebalanceTimeoutMs = version === 0 ? member.sessionTimeout : member.rebalanceTimeout;
  return (
    `${member.memberId} -> MemberMetadata(memberId=${member.memberId}, groupInstanceId=${some(member.groupInstanceId)}, ` +
    `clientId=${member.clientId}, clientHost=${member.clientHost}, sessionTimeoutMs=${member.sessionTimeout}, ` +
    `rebalanceTimeoutMs=${rebalanceTimeoutMs}, supportedProtocols=List(${protocol}))`
  );
}

const unknownGroup = (version: number): string => `Unknown group metadata message version: ${version}`;

/** GroupMetadataManager.GroupMetadataMessageFormatter (GroupMetadata.toString). */
const groups = lineFormatter(
  (key) => decodeStored(GroupMetadataKey, key)?.data.group,
  (value, key) => {
    const stored = coordinatorsValue(GroupMetadataValue, value, unknownGroup);
    const { protocolType, generation, protocol, members } = stored.data;
    const ordered = scalaHashOrder(members, ({ memberId }) => stringHash(memberId));
    const texts = ordered.map((member) => memberText(member, protocol, stored.version));
    return (
      `GroupMetadata(groupId=${decodeStored(GroupMetadataKey, key)!.data.group}, generation=${generation}, ` +
      `protocolType=${some(protocolType || null)}, currentState=${members.length === 0 ? 'Empty' : 'Stable'}, ` +
      `members=HashMap(${texts.join(', ')}))`
    );
  },
);

/** TransactionLog.TransactionLogMessageFormatter (TransactionMetadata.toString). */
const transactions = lineFormatter(
  (key) => decodeStored(TransactionLogKey, key)?.data.transactionalId,
  (value, key) => {
    const { data } = transactionOf(TransactionLogValue, value);
    const partitions = (data.transactionPartitions ?? []).flatMap(({ topic, partitionIds }) =>
      partitionIds.map((partition) => ({ topic, partition })),
    );
    const ordered = scalaHashOrder(partitions, ({ topic, partition }) => topicPartitionHash(topic, partition));
    return (
      `TransactionMetadata(transactionalId=${decodeStored(TransactionLogKey, key)!.data.transactionalId}, ` +
      `producerId=${data.producerId}, producerEpoch=${data.producerEpoch}, txnTimeoutMs=${data.transactionTimeoutMs}, ` +
      `state=${TRANSACTION_STATES[data.transactionStatus]}, pendingState=None, ` +
      `topicPartitions=HashSet(${ordered.map(({ topic, partition }) => `${topic}-${partition}`).join(', ')}), ` +
      `txnStartTimestamp=${data.transactionStartTimestampMs}, txnLastUpdateTimestamp=${data.transactionLastUpdateTimestampMs})`
    );
  },
  (key) => `unknown::version=${versionOf(key)}\n`,
);

/** The formatters that were replaced in 3.8 and still go by their Scala names. */
export const LEGACY_FORMATTERS: readonly (readonly [string, MessageFormatter])[] = [
  ['kafka.coordinator.group.GroupMetadataManager$OffsetsMessageFormatter', offsets],
  ['kafka.coordinator.group.GroupMetadataManager$GroupMetadataMessageFormatter', groups],
  ['kafka.coordinator.transaction.TransactionLog$TransactionLogMessageFormatter', transactions],
];
