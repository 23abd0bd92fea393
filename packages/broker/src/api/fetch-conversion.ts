import { ERRORS, KafkaError } from '@odradek/protocol/errors';
import type { Fetch } from '@odradek/protocol/messages/fetch';
import type { LegacyMagic } from '@odradek/protocol/records/legacy';
import type { ResponseInit } from '@odradek/protocol/schema/api';
import type { TopicConfig } from '../config/topic-config';
import type { RecordsThread } from '../log/records-thread';

type PartitionEntry = NonNullable<ResponseInit<typeof Fetch>['responses']>[number]['partitions'][number];

const FIRST_ZSTD_VERSION = 10;
const FIRST_STORAGE_ERROR_VERSION = 6;
const FIRST_CURRENT_FORMAT_VERSION = 4;

/** What is to be told of records that were asked for in an older format: they are converted, or why not. */
export type Records = Buffer | KafkaError;

/** Whether a fetch version may carry older message formats only. */
export const needsOldFormat = (version: number): boolean => version < FIRST_CURRENT_FORMAT_VERSION;

/**
 * Records in the format of an old fetch version (KafkaApis.maybeConvertFetchedData). Done aside: whoever still asks so
 * must not hold the others up, and a small batch may hold a lot.
 */
export async function convertedRecords(
  thread: RecordsThread,
  records: Buffer,
  version: number,
  config: TopicConfig,
  fetchOffset: number,
): Promise<Records> {
  if (!config.values.messageDownconversionEnable) return new KafkaError('UNSUPPORTED_VERSION');
  if (records.length === 0 || config.compressionType === 'zstd') return records;
  const magic: LegacyMagic = version <= 1 ? 0 : 1;
  try {
    return await thread.downConvert(records, magic, fetchOffset);
  } catch (error) {
    if (error instanceof KafkaError) return error;
    throw error;
  }
}

/**
 * A partition's answer in what an old fetch version understands: converted records, no zstd before version 10
 * (KIP-110), no storage error before version 6.
 */
export function entryForVersion(
  entry: PartitionEntry,
  version: number,
  config: TopicConfig,
  records: Records,
): PartitionEntry {
  if (version < FIRST_ZSTD_VERSION && config.compressionType === 'zstd') {
    return refused(entry, ERRORS.UNSUPPORTED_COMPRESSION_TYPE.code);
  }
  if (version < FIRST_STORAGE_ERROR_VERSION && entry.errorCode === ERRORS.KAFKA_STORAGE_ERROR.code) {
    return { ...entry, errorCode: ERRORS.NOT_LEADER_OR_FOLLOWER.code };
  }
  return records instanceof KafkaError ? refused(entry, records.code) : entry;
}

function refused(entry: PartitionEntry, code: number): PartitionEntry {
  return { partitionIndex: entry.partitionIndex, errorCode: code, highWatermark: -1, records: null };
}
