import { ERRORS, KafkaError } from '@odradek/protocol/errors';
import type { Fetch } from '@odradek/protocol/messages/fetch';
import { magicAt, wholeBatchSizeAt } from '@odradek/protocol/records/batch';
import { downConvert } from '@odradek/protocol/records/conversion';
import type { ResponseInit } from '@odradek/protocol/schema/api';
import type { TopicConfig } from '../config/topic-config';

type PartitionEntry = NonNullable<ResponseInit<typeof Fetch>['responses']>[number]['partitions'][number];

const FIRST_ZSTD_VERSION = 10;
const FIRST_STORAGE_ERROR_VERSION = 6;
const EMPTY = Buffer.alloc(0);

/** The newest message format that a fetch version may carry, or null for the current one. */
function oldMagic(version: number): 0 | 1 | null {
  if (version <= 1) return 0;
  return version <= 3 ? 1 : null;
}

function hasNewerMagic(records: Buffer, magic: number): boolean {
  let at = 0;
  for (let size = wholeBatchSizeAt(records, at, records.length); size > 0; ) {
    if (magicAt(records, at) > magic) return true;
    at += size;
    size = wholeBatchSizeAt(records, at, records.length);
  }
  return false;
}

function refused(entry: PartitionEntry, code: number): PartitionEntry {
  return { partitionIndex: entry.partitionIndex, errorCode: code, highWatermark: -1, records: EMPTY };
}

/**
 * A partition's answer in what an old fetch version understands (KafkaApis.maybeConvertFetchedData): older message
 * formats, no zstd before version 10 (KIP-110), no storage error before version 6.
 */
export function convertedForVersion(
  entry: PartitionEntry,
  version: number,
  config: TopicConfig,
  fetchOffset: number,
): PartitionEntry {
  if (version < FIRST_ZSTD_VERSION && config.compressionType === 'zstd') {
    return refused(entry, ERRORS.UNSUPPORTED_COMPRESSION_TYPE.code);
  }
  if (version < FIRST_STORAGE_ERROR_VERSION && entry.errorCode === ERRORS.KAFKA_STORAGE_ERROR.code) {
    return { ...entry, errorCode: ERRORS.NOT_LEADER_OR_FOLLOWER.code };
  }
  const magic = oldMagic(version);
  const { records } = entry;
  if (magic === null || !records || records.length === 0 || !hasNewerMagic(records as Buffer, magic)) return entry;
  if (!config.values.messageDownconversionEnable) return refused(entry, ERRORS.UNSUPPORTED_VERSION.code);
  try {
    return { ...entry, records: Buffer.concat(downConvert(records as Buffer, magic, fetchOffset)) };
  } catch (error) {
    if (error instanceof KafkaError) return refused(entry, error.code);
    throw error;
  }
}
