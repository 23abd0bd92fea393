import { buildBatch } from '@odradek/protocol/records/builder';
import { TransactionLogKey, TransactionLogValue } from '@odradek/protocol/stored/transaction-log';
import { MalformedMessageError } from '@odradek/protocol/wire/errors';
import { Reader } from '@odradek/protocol/wire/reader';
import { Writer } from '@odradek/protocol/wire/writer';
import { NO_PARTITIONS, type PartitionSet } from './partition-set';
import {
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  NO_TIMESTAMP,
  type TransactionMetadata,
  type TransactionState,
} from './transaction-types';

/** What `__transaction_state` holds, byte for byte as Kafka's broker writes it (TransactionLog). */

export { TRANSACTION_STATE_TOPIC } from '../cluster/topic-names';

const KEY_VERSION = 0;
/** Version 1 comes with the feature transaction.version, which clusters on ZooKeeper have not. */
const VALUE_VERSION = 0;

/** As records number them. */
const STATES: readonly TransactionState[] = [
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
];

const keyCodec = TransactionLogKey.codec(KEY_VERSION);
const valueCodec = TransactionLogValue.codec(VALUE_VERSION);

export function transactionKey(transactionalId: string): Buffer {
  const writer = new Writer();
  writer.int16(KEY_VERSION);
  keyCodec.encode(writer, { transactionalId });
  return writer.toBuffer();
}

export function transactionValue(metadata: TransactionMetadata): Buffer {
  const writer = new Writer();
  writer.int16(VALUE_VERSION);
  valueCodec.encode(writer, {
    producerId: metadata.producerId,
    producerEpoch: metadata.producerEpoch,
    transactionTimeoutMs: metadata.timeoutMs,
    transactionStatus: STATES.indexOf(metadata.state),
    transactionPartitions: metadata.state === 'Empty' ? null : topicsOf(metadata.partitions),
    transactionLastUpdateTimestampMs: metadata.lastUpdateTimestamp,
    // Whoever asks is still told of the transaction before; records have nothing of it.
    transactionStartTimestampMs: metadata.state === 'Empty' ? NO_TIMESTAMP : metadata.startTimestamp,
  });
  return writer.toBuffer();
}

const topicsOf = (set: PartitionSet) =>
  Array.from(set, ([topic, partitions]) => ({ topic, partitionIds: [...partitions] }));

/** The batch of one transactional id's record. */
export function transactionBatch(transactionalId: string, metadata: TransactionMetadata, timestamp: number): Buffer {
  return buildBatch({
    records: [{ timestamp, key: transactionKey(transactionalId), value: transactionValue(metadata) }],
  });
}

/** The batch that says of transactional ids, given by their keys, that they are no more. */
export function tombstonesBatch(keys: readonly Buffer[], timestamp: number): Buffer {
  return buildBatch({ records: keys.map((key) => ({ timestamp, key, value: null })) });
}

/** The version where it is not known. Throws `MalformedMessageError`. */
export function parseTransactionKey(key: Buffer): { readonly transactionalId: string } | { readonly version: number } {
  const reader = new Reader(key);
  const version = reader.int16();
  return version === KEY_VERSION ? keyCodec.decode(reader) : { version };
}

/** Throws `MalformedMessageError`, also for a version or a state that no record has. */
export function parseTransactionValue(bytes: Buffer): TransactionMetadata {
  const reader = new Reader(bytes);
  const version = reader.int16();
  const { from, to } = TransactionLogValue.range;
  if (version < from || version > to) {
    throw new MalformedMessageError(`Unknown version ${version} of ${TransactionLogValue.name}`);
  }
  const value = TransactionLogValue.codec(version).decode(reader);
  const state = STATES[value.transactionStatus];
  if (state === undefined) {
    throw new MalformedMessageError(`Unknown transaction state id ${value.transactionStatus}`);
  }
  const partitions = value.transactionPartitions?.map(
    ({ topic, partitionIds }) => [topic, new Set(partitionIds)] as const,
  );
  return {
    producerId: value.producerId,
    lastProducerId: NO_PRODUCER_ID,
    producerEpoch: value.producerEpoch,
    lastProducerEpoch: NO_PRODUCER_EPOCH,
    timeoutMs: value.transactionTimeoutMs,
    state,
    partitions: state === 'Empty' || partitions === undefined ? NO_PARTITIONS : new Map(partitions),
    startTimestamp: value.transactionStartTimestampMs,
    lastUpdateTimestamp: value.transactionLastUpdateTimestampMs,
  };
}
